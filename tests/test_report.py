"""What a terminal gets to see of names and values that others chose."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.__main__ import main
from ckenum.drift import find_drift
from ckenum.inspection.audit import audit
from ckenum.inspection.differences import Comparison
from ckenum.inspection.differences import Skipped
from ckenum.inspection.drift import configured
from ckenum.inspection.report import plain
from ckenum.inspection.report import sections
from ckenum.inspection.report import show

from .roundtrip import Database

EVIL = {
    "a newline": "\n     7 'FORGED'",
    "a carriage return": "\rFORGED",
    "an escape sequence": "\x1b[31mFORGED",
    "C1": "\x9b31mFORGED",
    "backspaces": "\b\b\b\x7fFORGED",
    "an embedding": "\u202eDEGROF\u202c",
    "an isolate": "\u2066DEGROF\u2069",
    "a line separator": "\u2028FORGED",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def of(evil: str, *values: str) -> sa.MetaData:
    """A model in which everything has that name."""
    metadata = sa.MetaData()
    name = sa.schema.conv(f"ck{evil}")
    sa.Table(
        f"orders{evil}",
        metadata,
        sa.Column("id", sa.Integer),
        sa.Column(f"status{evil}", CheckEnum(*values, name=name)),
    )
    return metadata


def assert_harmless(text: str, lines: int | None = None) -> None:
    assert all(c.isprintable() for c in text.replace("\n", ""))
    assert lines is None or len(text.splitlines()) == lines


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_audit(db: Database, evil: str) -> None:
    """Names and values stay on their lines."""
    db.create(of(evil, "NEW", f"OLD{evil}"))
    table = sa.table(
        f"orders{evil}", sa.column("id"), sa.column(f"status{evil}")
    )
    with db.engine.begin() as connection:
        connection.execute(sa.insert(table).values((1, f"OLD{evil}")))
    with db.engine.connect() as connection:
        found = audit(configured(connection, of(evil, "NEW"), {}))
    assert_harmless(plain(sections(found)), lines=5)


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_check(db: Database, evil: str) -> None:
    """Likewise where models differ from the database."""
    db.create(of(evil, "NEW", f"OLD{evil}"))
    with db.engine.connect() as connection:
        found = find_drift(connection, of(evil, "NEW"))
    assert_harmless(plain(sections(found)), lines=7)


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_what_was_skipped(evil: str) -> None:
    """Likewise the database's name, and the reason for a doubt."""
    skipped = Skipped(f"orders{evil}", f"it is not a list but {evil}")
    found = Comparison(f"sqlite:///{evil}", 1, (), (skipped,))
    assert_harmless(plain(sections(found)), lines=7)


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_colours(evil: str) -> None:
    """On a terminal the only sequences are those of the colours."""
    skipped = Skipped(f"orders{evil}", f"it is not a list but {evil}")
    terminal = Terminal()
    show(sections(Comparison(f"x{evil}", 1, (), (skipped,))), terminal)
    assert_harmless(re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue()))


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_errors(capsys: pytest.CaptureFixture[str], evil: str) -> None:
    """Likewise what an error names."""
    nowhere = ["--url", "sqlite://", "--metadata", f"nowhere{evil}:metadata"]
    assert main(["check", *nowhere]) == 2
    assert_harmless(capsys.readouterr().err)
