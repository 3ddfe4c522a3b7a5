"""The name of a CHECK constraint, in a model and in the database."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv
from sqlalchemy.sql.naming import _constraint_name_for_table

from .backend import backend_of

if TYPE_CHECKING:
    from sqlalchemy import Dialect


def ck_convention(metadata: sa.MetaData) -> str | None:
    """The naming convention of ``metadata`` for CHECK constraints."""
    conventions: Any = metadata.naming_convention
    convention: str | None = conventions.get("ck") or conventions.get(
        sa.CheckConstraint
    )
    return convention


def default_name(table: sa.Table, column_name: str) -> str | None:
    """The name of a constraint whose type has no name.

    The column's name, which the metadata's ``ck`` convention completes. If
    that convention has no place for a name, ``None``: SQLAlchemy makes the
    whole name. If there is no convention, ``ck_<table>_<column>``.
    """
    convention = ck_convention(table.metadata)
    if convention is None:
        return conv(f"ck_{table.name}_{column_name}")
    return column_name if "constraint_name" in convention else None


class KeptNames:
    """The names of the constraints that a type has made.

    Alembic's batch mode copies a table and its types. The copy's constraints
    must have the names of the table's.
    """

    def __init__(self, source: KeptNames | None) -> None:
        self._made: dict[tuple[str | None, str, str], Any] = {}
        self._of_source: dict[tuple[str | None, str, str], Any] = (
            source._made or source._of_source if source else {}
        )

    def of(self, column: sa.Column[Any], table: sa.Table) -> Any:
        """The name that the column's constraint must have, if any."""
        here = (table.schema, table.name, column.key)
        return self._of_source.get(here) or self._made.get(here)

    def keep(self, name: Any, column: sa.Column[Any], table: sa.Table) -> None:
        """Keep the name for a copy of ``table``."""
        copied = f"_alembic_tmp_{table.name}"[:50]  # as batch mode names it
        self._made[table.schema, copied, column.key] = name


def final_name(constraint: sa.CheckConstraint, dialect: Dialect) -> str:
    """The name that the database has for ``constraint``.

    SQLAlchemy shortens the names that it made itself; the database may cut
    others.
    """
    name = dialect.identifier_preparer.format_constraint(
        constraint, _alembic_quote=False
    )
    assert name is not None
    return backend_of(dialect).stored_name(str(name))


def database_name(
    constraint: sa.CheckConstraint, table: sa.Table, dialect: Dialect
) -> str | None:
    """The same; ``None`` if the model leaves the choice to the database."""
    if not isinstance(constraint.name, str):  # a convention may name it
        convention = ck_convention(table.metadata)
        if convention is None or "constraint_name" in convention:
            return None
    return final_name(constraint, dialect)


def too_long(constraint: sa.CheckConstraint, dialect: Dialect) -> str | None:
    """What is wrong with the name of ``constraint``, if the database refuses
    it for its length.
    """
    longest = backend_of(dialect).longest_name
    if longest is None or not constraint.name:
        return None
    name = final_name(constraint, dialect)
    if len(name) <= longest:
        return None
    return (
        f"the name {name!r} has {len(name)} characters, and {dialect.name} "
        f"takes {longest}: shorten it, or wrap it in sqlalchemy.schema.conv() "
        f"(op.f() in a migration), with which SQLAlchemy shortens it"
    )


def name_on(name: conv, dialect: Dialect) -> str:
    """The name that the database has for a constraint called ``name``."""
    preparer = dialect.identifier_preparer
    whole = preparer.truncate_and_render_constraint_name(
        name, _alembic_quote=False
    )
    return backend_of(dialect).stored_name(str(whole))


def default_final_name(
    table: sa.Table, column_name: str, dialect: Dialect
) -> str:
    """The name in the database of a column's constraint, if the type gives
    no name.
    """
    name = default_name(table, column_name)
    if isinstance(name, conv):
        return name_on(name, dialect)
    return named_on(table, column_name, name, dialect)


def named_on(
    table: sa.Table, column_name: str, name: str | None, dialect: Dialect
) -> str:
    """The name that a CHECK of a column would have in the database."""
    column: Any = sa.column(column_name)
    constraint = sa.CheckConstraint(column, name=name, _autoattach=False)
    # without firing the application's event listeners
    constraint._set_parent(table)
    table.constraints.discard(constraint)
    found = _constraint_name_for_table(  # type: ignore[no-untyped-call]
        constraint, table
    )
    if found is not None:
        constraint.name = found
    return final_name(constraint, dialect)
