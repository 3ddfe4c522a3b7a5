"""How a warning names an object."""

from __future__ import annotations

from ckenum.alembic.ddl.mention import Mention


def test_object_without_an_owner() -> None:
    """Kind, name, text, and what to do."""
    mention = Mention("rule", "r", None, "a =\n  'A'", ("A",))
    assert str(mention) == "rule 'r': a = 'A' (CREATE OR REPLACE RULE)"


def test_object_of_a_table() -> None:
    """The table as well."""
    mention = Mention("policy", "p", "orders", "a = 'A'", ("A",))
    assert str(mention) == "policy 'p' of 'orders': a = 'A' (ALTER POLICY)"


def test_names_and_texts_forge_no_lines() -> None:
    """What a terminal would obey is escaped."""
    mention = Mention("policy", "p\n\x1b[2J", "o\r", "a = 'A\x1b[2J'", ("A",))
    assert str(mention) == (
        "policy 'p\\n\\x1b[2J' of 'o\\r': a = 'A\\x1b[2J' (ALTER POLICY)"
    )


def test_long_text() -> None:
    """It is cut around the value."""
    text = f"SELECT {'a, ' * 200} WHERE s = 'ACTIVE' AND {'b AND ' * 200} c"
    shown = str(Mention("view", "v", None, text, ("ACTIVE",)))
    assert len(shown) < 350
    assert "a, WHERE s = 'ACTIVE' AND b" in shown
    assert shown.count("...") == 2
