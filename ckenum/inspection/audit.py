"""What the rows of CheckEnum columns hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import Tuple
from typing import Union

from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
import sqlalchemy as sa

from . import counts as counting
from ..alembic.autogenerate.compare import owners
from ..alembic.autogenerate.compare import reflected
from ..alembic.autogenerate.compare.declared import Declared
from ..alembic.autogenerate.compare.declared import declared_on
from ..alembic.autogenerate.compare.declared import OPTION
from .drift import database_of

Place = Tuple[Union[str, None], str]
"""The schema (``None`` for the default one) and the table."""

Kind = Literal["member", "renamed", "stranger"]


@dataclass(frozen=True)
class Value:
    """A stored string, and how many rows hold it.

    :ivar value: ``None`` for a NULL among the items of an array.
    :ivar rows: how many rows hold it: 0 for a member that is unused.
    :ivar kind: what it is to the enum: ``"member"``; ``"renamed"`` if it
        means one by an alias or ``_missing_``; otherwise ``"stranger"``.
    :ivar means: the stored string of the member that it means.
    """

    value: str | None
    rows: int
    kind: Kind
    means: str | None


@dataclass(frozen=True)
class Constraint:
    """A CHECK constraint of the database that limits a column to values.

    :ivar name: empty if it has no name (SQLite).
    :ivar not_valid: whether PostgreSQL has not checked older rows by it.
    """

    name: str
    not_valid: bool


@dataclass(frozen=True)
class ColumnAudit:
    """What a column holds.

    :ivar missing: ``"table"`` or ``"column"`` if the database lacks it.
    :ivar constraints: the column's constraints in the database; ``None`` if
        the dialect reflects none.
    :ivar values: members in the order of the enum, then other values, the
        most frequent first.
    :ivar nulls: how many rows hold NULL.
    :ivar more: how many other different values there are. None of them is
        more frequent than those in ``values``.
    :ivar more_rows: how many rows hold those.
    """

    schema: str | None
    table: str
    column: str
    array: bool
    missing: Literal["table", "column"] | None
    constraints: tuple[Constraint, ...] | None = ()
    values: tuple[Value, ...] = ()
    nulls: int = 0
    more: int = 0
    more_rows: int = 0

    @property
    def place(self) -> tuple[str | None, str, str]:
        return self.schema, self.table, self.column


@dataclass(frozen=True)
class Audit:
    """What the CheckEnum columns of a database hold.

    :ivar database: its URL, without user, password and query.
    """

    database: str
    columns: tuple[ColumnAudit, ...]

    @property
    def missing(self) -> list[str]:
        """What the database lacks, a sentence for each column."""
        return [
            f"{where!r} cannot be audited: the database has no such "
            f"{column.missing}."
            for column in self.columns
            if column.missing
            for where in [".".join(filter(None, column.place))]
        ]


def audit(context: MigrationContext) -> Audit:
    """Count the rows of the columns that ``context`` is configured with.

    Each column takes one query, which reads the whole table.
    """
    autogen = AutogenContext(context)
    tables = sorted(
        (
            table
            for table in autogen.table_key_to_table.values()
            if _declared(autogen, table) and _includes_table(autogen, table)
        ),
        key=lambda table: (table.schema or "", table.name),
    )
    types = _column_types(autogen, tables)
    return Audit(
        database_of(context),
        tuple(
            column
            for table in tables
            for column in _of_table(autogen, table, types)
        ),
    )


def _declared(context: AutogenContext, table: sa.Table) -> list[Declared]:
    enums = bool(context.opts.get(OPTION))
    return declared_on(table, context.dialect, enums)


def _place(context: AutogenContext, table: sa.Table) -> Place:
    is_default = table.schema == context.dialect.default_schema_name
    return None if is_default else table.schema, table.name


def _column_types(
    context: AutogenContext, tables: list[sa.Table]
) -> dict[Place, dict[str, Any]]:
    """The columns of the tables that exist, by one query a schema."""
    names: dict[str | None, list[str]] = {}
    for table in tables:
        schema, name = _place(context, table)
        names.setdefault(schema, []).append(name)
    return {
        place: {column["name"]: column["type"] for column in columns}
        for schema, of_schema in names.items()
        for place, columns in context.inspector.get_multi_columns(
            schema=schema, filter_names=of_schema
        ).items()
    }


def _of_table(
    context: AutogenContext,
    table: sa.Table,
    types: dict[Place, dict[str, Any]],
) -> Iterator[ColumnAudit]:
    declared = _declared(context, table)
    place = _place(context, table)
    expected = owners.expected_on(declared, context.dialect)
    own = owners.own_checks(table, declared, context.dialect)
    side = reflected.TableSide(context, *place, expected, own)
    for each in declared:
        if _includes_column(side, each.column):
            yield _of_column(side, each, types.get(place))


def _includes_table(context: AutogenContext, table: sa.Table) -> bool:
    schema, _ = _place(context, table)
    return (
        context.run_name_filters(schema, "schema", {})
        and context.run_name_filters(
            table.name, "table", {"schema_name": schema}
        )
        and context.run_object_filters(table, table.name, "table", False, None)
    )


def _includes_column(
    side: reflected.TableSide, column: sa.Column[Any]
) -> bool:
    return side.context.run_name_filters(
        column.name,
        "column",
        {"table_name": side.table_name, "schema_name": side.schema},
    ) and side.context.run_object_filters(
        column, column.name, "column", False, None
    )


def _of_column(
    side: reflected.TableSide,
    declared: Declared,
    types: dict[str, Any] | None,
) -> ColumnAudit:
    name = declared.column.name
    if types is None or name not in types:
        return ColumnAudit(
            side.schema,
            side.table_name,
            name,
            declared.is_array,
            "table" if types is None else "column",
        )
    # the database's own type, so that any rows can be counted
    is_array = isinstance(types[name], sa.ARRAY)
    assert side.context.connection is not None
    counts = counting.counted(
        side.context.connection,
        side.schema,
        side.table_name,
        name,
        is_array,
        declared.values,
    )
    return ColumnAudit(
        side.schema,
        side.table_name,
        name,
        is_array,
        None,
        (
            None
            if side.is_unseen
            else tuple(
                Constraint(existing.name, existing.not_valid)
                for existing in side.readable(name)
            )
        ),
        tuple(_values(declared, {**counts.rows})),
        counts.nulls,
        counts.more,
        counts.more_rows,
    )


def _values(
    declared: Declared, counts: dict[str | None, int]
) -> Iterator[Value]:
    for member in declared.values:
        yield Value(member, counts.pop(member, 0), "member", member)
    strangers = []
    for value in sorted(counts, key=lambda v: (-counts[v], v or "")):
        means = None
        if value is not None:
            means = declared.meaning(value)
        if means is None:
            strangers.append(Value(value, counts[value], "stranger", None))
        else:
            yield Value(value, counts[value], "renamed", means)
    yield from strangers
