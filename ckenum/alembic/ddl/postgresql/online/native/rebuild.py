"""Build on the second column what the first one has."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ......constraint_names import final_name
from ...native_ddl import Verbatim
from ..migrator import has_own_session
from ..session import log
from .copies import checks
from .copies import on_beside
from .copies import renamed
from .copies import statistics
from .ddl import ValidateBoth
from .indexes import Index
from .indexes import indexes
from .pair import beside

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Executable

    from ..session import Session
    from .pair import Pair

_CONSTRAINTS = sa.text("""
    SELECT c.conname, c.convalidated
    FROM pg_catalog.pg_constraint c
    WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:table)
      AND c.contype OPERATOR(pg_catalog.=) 'c'
    """)

_NOT = ("NOT VALID", "NOT ENFORCED")


def missing_checks(connection: Connection, pair: Pair) -> Iterator[Executable]:
    """The statements that add copies of the CHECKs, NOT VALID."""
    there = {
        name
        for name, _ in connection.execute(
            _CONSTRAINTS, {"table": pair.move.table_name}
        )
    }
    quote = pair.move.dialect.identifier_preparer.quote
    for check in checks(pair):
        name = beside(str(check.name))
        if name in there:
            continue
        text = on_beside(pair, check)
        if not text.endswith(_NOT):
            text += " NOT VALID"
        yield Verbatim(
            f"ALTER TABLE {pair.move.table_name} "
            f"ADD CONSTRAINT {quote(name)} {text}"
        )


def validate(session: Session, pair: Pair) -> None:
    """Have PostgreSQL check all rows once, by all new constraints.

    Readers and writers go on.
    """
    connection = session.connection
    wanted = [pair.guard_name]
    if pair.check is not None:
        wanted.append(final_name(pair.check, connection.dialect))
    for check in checks(pair):
        if not check.definition.endswith(_NOT):
            wanted.append(beside(str(check.name)))
    rows = connection.execute(_CONSTRAINTS, {"table": pair.move.table_name})
    left = {name for name, validated in rows if not validated}
    names = [name for name in wanted if name in left]
    if names:
        log.info("Validating %s on %s", names, pair.move.table_name)
        with session.waiting():
            connection.execute(ValidateBoth(pair.move.table, names))


def build(session: Session, pair: Pair) -> bool:
    """Build the missing indexes and statistics; return whether there were
    such.

    Each index is built while readers and writers go on ("Building Indexes
    Concurrently", in "CREATE INDEX" of PostgreSQL's manual). One that a
    stopped run left is invalid, and is built again.
    """
    connection = session.connection
    built = False
    there = {
        index.name: index for index in indexes(connection, pair, pair.beside)
    }
    for index in indexes(connection, pair, pair.op.column_name):
        copy = there.get(beside(index.name))
        if copy is not None and copy.is_valid:
            continue
        if copy is not None:
            _run(
                session,
                f"DROP INDEX CONCURRENTLY {copy.sql_name(pair.move.dialect)}",
            )
        text = on_beside(pair, index.as_dependent)
        log.info("Building index %s", beside(index.name))
        _run(session, index.build(pair.move.dialect, text))
        built = True
    return _statistics(session, pair) or built


def drop_replaced(session: Session, pair: Pair) -> None:
    """Drop the indexes that gave way at a swap, while readers and writers go
    on.
    """
    connection = session.connection
    found = [
        *indexes(connection, pair, pair.op.column_name),
        *indexes(connection, pair, pair.beside),
    ]
    gone = {index.replaced for index in found}
    for index in found:
        if index.constraint is None and index.name in gone:
            name = index.sql_name(pair.move.dialect)
            _run(session, f"DROP INDEX CONCURRENTLY {name}")


def _statistics(session: Session, pair: Pair) -> bool:
    connection = session.connection
    there = {each.name for each in statistics(connection, pair, pair.beside)}
    built = False
    for each in statistics(connection, pair, pair.op.column_name):
        if beside(each.name) in there:
            continue
        quote = pair.move.dialect.identifier_preparer.quote
        old = f"{quote(each.schema)}.{quote(each.name)}"
        new = f"{quote(each.schema)}.{quote(beside(each.name))}"
        text = renamed(pair, each.definition).replace(old, new, 1)
        with session.waiting():
            connection.execute(Verbatim(text))
        built = True
    return built


def analyze(session: Session, pair: Pair) -> None:
    """Have the planner know the second column before it is used."""
    with session.waiting():
        session.connection.execute(Verbatim(f"ANALYZE {pair.move.table_name}"))


def _run(session: Session, text: str) -> None:
    """Outside of a transaction, and for as long as it takes."""
    with _settings(session.connection):
        session.connection.execute(Verbatim(text))


_SETTINGS = {
    "statement_timeout": "0",
    # leave the other CPUs to the application
    "max_parallel_maintenance_workers": "0",
}


@contextmanager
def _settings(connection: Connection) -> Iterator[None]:
    """Set parameters for the session: what runs in no transaction has no
    other place for them. Behind a pooler they are left alone, for the session
    is the application's, too.
    """
    if not has_own_session(connection):
        yield
        return
    functions = sa.func.pg_catalog
    before = connection.execute(
        sa.select(*map(functions.current_setting, _SETTINGS))
    ).one()

    def set_to(values: Iterable[str]) -> None:
        settings = zip(_SETTINGS, values, strict=True)
        connection.execute(
            sa.select(
                *(functions.set_config(*each, sa.false()) for each in settings)
            )
        )

    set_to(_SETTINGS.values())
    try:
        yield
    finally:
        if not connection.invalidated:
            set_to(before)


def missing_indexes(connection: Connection, pair: Pair) -> list[Index]:
    """Those of the first column that have no valid copy yet."""
    there = {
        index.name
        for index in indexes(connection, pair, pair.beside)
        if index.is_valid
    }
    return [
        index
        for index in indexes(connection, pair, pair.op.column_name)
        if beside(index.name) not in there
    ]
