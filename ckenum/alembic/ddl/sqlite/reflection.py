"""SQLite: read a table's CHECK constraints from the text that it keeps."""

from __future__ import annotations

from itertools import accumulate
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from ....reflection import Check

if TYPE_CHECKING:
    from sqlalchemy import Inspector

    from ....recognition import Expected


def checks(
    inspector: Inspector,
    schema: str | None,
    table_name: str,
    expected: Expected | None = None,
) -> list[Check]:
    """The CHECK constraints of a table; if they are as expected, its text is
    not parsed.
    """
    text = _texts(inspector, schema).get(table_name, "")
    found = None if expected is None else expected_checks(expected, text)
    return sqlite_checks(text) if found is None else found


def _texts(inspector: Inspector, schema: str | None) -> dict[str, str]:
    """The text of each table of a schema, by one query for all."""
    cache: dict[Any, Any] = inspector.info_cache
    key = ("ckenum_sqlite_texts", schema)
    if key not in cache:
        master = sa.table(
            "sqlite_master",
            sa.column("name"),
            sa.column("type"),
            sa.column("sql"),
            schema=schema,
        )
        query = sa.select(master.c.name, master.c.sql).where(
            master.c.type == "table"
        )
        with inspector._operation_context() as connection:
            cache[key] = {
                row.name: row.sql for row in connection.execute(query)
            }
    texts: dict[str, str] = cache[key]
    return texts


def expected_checks(
    expected: Expected, create_table: str
) -> list[Check] | None:
    """The constraints in the text that SQLite keeps of a table.

    ``None`` if they are not exactly the expected ones, or if the text has
    anything that could look like a constraint.
    """
    checks = []
    if (
        create_table.upper().count("CHECK") != len(expected.readings)
        or "--" in create_table
        or "/*" in create_table
    ):
        return None
    quote = expected.dialect.identifier_preparer.quote
    for name in expected.readings:
        text = expected.likeliest(name)
        assert text is not None
        clause = f"CONSTRAINT {quote(name)} CHECK ({text})"
        before, found, _ = create_table.partition(clause)
        if not found or any(before.count(mark) % 2 for mark in "'\"`"):
            return None
        if before.count("[") != before.count("]"):
            return None
        checks.append(Check(name, text))
    return checks


def sqlite_checks(create_table: str) -> list[Check]:
    """The CHECK constraints in the text that SQLite keeps of a table.

    It reads tokens, not lines. So a literal, a comment or a name that
    contains ``CHECK (`` does not look like a constraint.

    :param create_table: ``sqlite_master.sql`` of the table.
    """
    try:
        tokens = sqlglot.tokenize(create_table, read="sqlite")
    except SqlglotError:
        return []
    checks = []
    for i, token in enumerate(tokens[:-1]):
        opening = tokens[i + 1]
        if (
            create_table[token.start : token.end + 1].upper() == "CHECK"
            and opening.token_type is TokenType.L_PAREN
        ):
            named = i >= 2 and tokens[i - 2].token_type is TokenType.CONSTRAINT
            closing = _closing(tokens[i + 1 :])
            checks.append(
                Check(
                    tokens[i - 1].text if named else None,
                    create_table[opening.end + 1 : closing.start],
                )
            )
    return checks


def _closing(tokens: list[sqlglot.tokens.Token]) -> sqlglot.tokens.Token:
    depths = accumulate(
        (token.token_type is TokenType.L_PAREN)
        - (token.token_type is TokenType.R_PAREN)
        for token in tokens
    )
    ends = (token for token, depth in zip(tokens, depths) if not depth)
    return next(ends, tokens[-1])
