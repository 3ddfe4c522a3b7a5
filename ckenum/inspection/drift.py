"""Compares a database with the models, and returns data.

Alembic's autogenerate compares, with ckenum's comparators and those that
find tables and columns. The operations that it queues are read, never run.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import Tuple
from typing import Union
import warnings

from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops as alembic_ops
import sqlalchemy as sa

from . import differences
from ..alembic.autogenerate.compare.column import SKIPPED
from ..alembic.autogenerate.compare.declared import declared_on
from ..alembic.autogenerate.compare.declared import OPTION
from ..alembic.ops import CheckEnumOp
from ..exc import SettingsError
from .differences import ColumnDrift
from .differences import Comparison
from .differences import Difference
from .differences import Skipped

Metadata = Union[sa.MetaData, Sequence[sa.MetaData]]
Key = Tuple[str, str, str]
"""The schema (empty for the default one), the table and the column."""

_PLUGINS = [
    "alembic.autogenerate.schemas",
    "alembic.autogenerate.tables",
    "ckenum",
]


def find_drift(
    connection: sa.Connection,
    metadata: Metadata,
    *,
    accept_uncompared: Collection[str] = (),
    **options: Any,
) -> Comparison:
    """Compare the CheckEnum columns of models with a database.

    A difference is what autogenerate would write for these columns, and a
    table or column that is missing; nothing else of the schema counts.
    Nothing is written. If ``connection`` is in a transaction, it stays in it;
    otherwise none is left open.

    The result is true if they differ. It is also true if a column could not
    be compared, such as one whose CHECK is not a list of values.

    :param connection: to a database of any kind.
    :param metadata: of the models, one or several.
    :param accept_uncompared: the columns that need not be compared, each as
        ``[schema.]table.column``.
    :param options: options of Alembic's ``context.configure()``, such as
        ``include_name`` and ``include_object``; ``ckenum_enums=True`` for
        SQLAlchemy's own Enums too. Default: all schemas.

    Raises :class:`TypeError` if ``connection`` is anything else, such as an
    :class:`~sqlalchemy.Engine`, and :class:`~ckenum.exc.SettingsError` if
    ``accept_uncompared`` names a column that the models do not have.
    """
    if not isinstance(connection, sa.Connection):
        raise TypeError(
            f"This needs a sqlalchemy.Connection, not {connection!r}: of an "
            f"Engine engine.connect(), of a Session session.connection(), "
            f"and an AsyncConnection gives one by run_sync()."
        )
    was_in_transaction = connection.in_transaction()
    try:
        context = configured(connection, metadata, options)
        for where in accept_uncompared:
            if where not in columns_of(context):
                raise unknown_column(where)
        return compare(context, accept_uncompared)
    finally:
        if not was_in_transaction:
            connection.rollback()


def configured(
    connection: sa.Connection, metadata: Metadata, options: dict[str, Any]
) -> MigrationContext:
    """Configure Alembic as ``env.py`` would, for all schemas."""
    return MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            **options,
            "target_metadata": metadata,
        },
    )


def database_of(context: MigrationContext) -> str:
    """The database's URL without the parts that may be secret."""
    assert context.connection is not None
    url = context.connection.engine.url
    return sa.URL.create(
        url.drivername, host=url.host, port=url.port, database=url.database
    ).render_as_string()


def compare(
    context: MigrationContext, accept_uncompared: Collection[str] = ()
) -> Comparison:
    """Compare the database and the models that ``context`` is configured
    with.

    :param accept_uncompared: as of :func:`find_drift`.
    """
    models = _Models(context)
    skipped: list[tuple[str, str]] = []
    ours = MigrationContext.configure(
        context.connection,
        environment_context=context.environment_context,
        opts={
            **context.opts,
            "autogenerate_plugins": _plugins(context),
            "include_name": models.include_name,
            "ckenum_render": "ckenum",
            SKIPPED: skipped,
        },
    )
    queued = alembic_ops.UpgradeOps([])
    autogen = AutogenContext(ours)
    dispatch = autogen.comparators.dispatch
    with warnings.catch_warnings():
        # SQLAlchemy's reflection, of each constraint that is NOT VALID
        warnings.filterwarnings("ignore", "Can't validate argument 'dialect_o")
        dispatch("autogenerate", qualifier=context.dialect.name)(
            autogen, queued
        )
    return Comparison(
        database_of(context),
        len(models.declared),
        tuple(models.drift(queued.ops)),
        tuple(
            Skipped(where, reason, where in accept_uncompared)
            for where, reason in sorted(skipped)
        ),
    )


def columns_of(context: MigrationContext) -> set[str]:
    """The CheckEnum columns of the models, each as messages name it."""
    return {
        ".".join(part for part in key if part)
        for key in _Models(context).declared
    }


def unknown_column(where: str) -> SettingsError:
    """The error for a column to accept that the models do not have."""
    return SettingsError(
        "accept_uncompared",
        where,
        "a CheckEnum column of the models, as [SCHEMA.]TABLE.COLUMN",
    )


def _plugins(context: MigrationContext) -> list[str]:
    # Alembic itself compares the length of an Enum
    types = ["alembic.autogenerate.types"] * bool(context.opts.get(OPTION))
    return [*_PLUGINS, *types]


class _Models:
    """The CheckEnum columns that the models have on a database."""

    def __init__(self, context: MigrationContext) -> None:
        self.dialect = context.dialect
        self.theirs = context.opts.get("include_name")
        tables = [
            table
            for metadata in sa.util.to_list(context.opts["target_metadata"])
            for table in metadata.tables.values()
        ]
        self.tables = {(self._schema(t.schema), t.name) for t in tables}
        enums = bool(context.opts.get(OPTION))
        self.declared: dict[Key, str | None] = {
            self._key(table.schema, table.name, each.column.name): each.name
            for table in tables
            for each in declared_on(table, self.dialect, enums)
        }

    def _schema(self, schema: str | None) -> str | None:
        return None if schema == self.dialect.default_schema_name else schema

    def _key(self, schema: str | None, table: str, column: str) -> Key:
        return self._schema(schema) or "", table, column

    def include_name(self, name: str | None, type_: Any, parents: Any) -> bool:
        """The filter of ``env.py``, without objects that no model has."""
        if type_ == "schema" and name not in {s for s, _ in self.tables}:
            return False
        if type_ == "table":
            if (parents["schema_name"], name) not in self.tables:
                return False
        return self.theirs is None or self.theirs(name, type_, parents)

    def drift(
        self, queued: Sequence[alembic_ops.MigrateOperation]
    ) -> Iterator[ColumnDrift]:
        """The queued operations, by the columns that they are about."""
        found: dict[Key, list[Difference]] = {}
        for op in _flat(queued):
            for key in self._about(op):
                of_column = found.setdefault(key, [])
                of_column += differences.of_op(op, self.dialect)
        for key in sorted(key for key in found if found[key]):
            schema, table, column = key
            yield ColumnDrift(
                schema or None,
                table,
                column,
                self.declared.get(key),
                tuple(found[key]),
            )

    def _about(self, op: Any) -> list[Key]:
        """The columns that ``op`` is about, if it is one of ckenum's."""
        if isinstance(op, alembic_ops.CreateTableOp):
            table = self._key(op.schema, op.table_name, "")[:2]
            return [key for key in self.declared if key[:2] == table]
        if isinstance(op, alembic_ops.AddColumnOp):
            key = self._key(op.schema, op.table_name, op.column.name)
        elif isinstance(op, (alembic_ops.AlterColumnOp, CheckEnumOp)):
            key = self._key(op.schema, op.table_name, op.column_name)
        else:
            return []
        ours = isinstance(op, CheckEnumOp) or key in self.declared
        return [key] if ours else []


def _flat(
    queued: Sequence[alembic_ops.MigrateOperation],
) -> Iterator[alembic_ops.MigrateOperation]:
    for op in queued:
        if isinstance(op, alembic_ops.ModifyTableOps):
            yield from _flat(op.ops)
        else:
            yield op
