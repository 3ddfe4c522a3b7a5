"""Create model A, autogenerate against B, run the text up and down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import textwrap
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import _render_migration_diffs
from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa

PLUGINS = ["alembic.autogenerate.*", "ckenum"]


@dataclass(frozen=True)
class Migration:
    """What autogenerate wrote, as it stands in the file."""

    upgrade: str
    downgrade: str
    imports: str

    @property
    def source(self) -> str:
        return "\n".join(
            [
                "from alembic import op",
                "import sqlalchemy as sa",
                self.imports,
                "def upgrade():",
                textwrap.indent(self.upgrade, "    "),
                "def downgrade():",
                textwrap.indent(self.downgrade, "    "),
            ]
        )


def body(text: str) -> str:
    """The directives of an expected migration, without indentation."""
    return textwrap.dedent(text).strip()


def directives(rendered: str) -> str:
    """Without the two comments of Alembic."""
    lines = textwrap.dedent("    " + rendered).splitlines()
    return "\n".join(
        line for line in lines if not line.startswith("# ###")
    ).strip()


def refused(context: Any) -> None:
    """Raise the same for a row that a CHECK refuses as other drivers do:
    PyMySQL has no class for the error of MySQL (3819) and MariaDB (4025).
    """
    error = context.sqlalchemy_exception
    if context.original_exception.args[:1] in ((3819,), (4025,)):
        raise sa.exc.IntegrityError(
            error.statement, error.params, context.original_exception
        )


def take_zero(connection: Any, _: Any) -> None:
    """Have a key of 0 be one, and not the next number."""
    connection.cursor().execute(
        "SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"
    )


class Database:
    """A database that Alembic migrates with the ckenum plugin."""

    def __init__(self, url: sa.URL | sa.Engine, **engine_args: Any) -> None:
        if isinstance(url, sa.Engine):
            self.engine = url
        else:
            self.engine = sa.create_engine(url, **engine_args)
        self.name = self.engine.dialect.name
        if self.name in ("mysql", "mariadb"):
            sa.event.listen(self.engine, "handle_error", refused)
            sa.event.listen(self.engine, "connect", take_zero)
        self.options: dict[str, Any] = {}

    def dispose(self) -> None:
        self.engine.dispose()

    def create(self, metadata: sa.MetaData) -> None:
        metadata.create_all(self.engine)

    def insert(self, table: str, **columns: Any) -> None:
        """One row of plain strings, past all types."""
        target = sa.table(table, *map(sa.column, columns))
        with self.engine.begin() as connection:
            connection.execute(sa.insert(target).values(**columns))

    def column(self, table: str, column: str = "status") -> list[Any]:
        """What the rows hold, in the order of their ids."""
        target = sa.table(table, sa.column("id"), sa.column(column))
        with self.engine.connect() as connection:
            return list(
                connection.scalars(
                    sa.select(target.c[column]).order_by(target.c.id)
                )
            )

    @contextmanager
    def context(
        self, metadata: sa.MetaData, **options: Any
    ) -> Iterator[MigrationContext]:
        with self.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "target_metadata": metadata,
                    "autogenerate_plugins": PLUGINS,
                    "sqlalchemy_module_prefix": "sa.",
                    "alembic_module_prefix": "op.",
                    "user_module_prefix": None,
                    **self.options,
                    **options,
                },
            )
            with context.begin_transaction():
                yield context
            connection.commit()

    def autogenerate(self, metadata: sa.MetaData, **options: Any) -> Migration:
        args: dict[str, Any] = {}
        with self.context(metadata, **options) as context:
            _render_migration_diffs(context, args)
        return Migration(
            directives(args["upgrades"]),
            directives(args["downgrades"]),
            args["imports"],
        )

    def diff(self, metadata: sa.MetaData, **options: Any) -> list[Any]:
        """What ``alembic check`` would complain about."""
        with self.context(metadata, **options) as context:
            return list(compare_metadata(context, metadata))

    def upgrade(self, metadata: sa.MetaData, migration: Migration) -> None:
        self._run(metadata, migration, "upgrade")

    def downgrade(self, metadata: sa.MetaData, migration: Migration) -> None:
        self._run(metadata, migration, "downgrade")

    def _run(
        self, metadata: sa.MetaData, migration: Migration, function: str
    ) -> None:
        namespace: dict[str, Any] = {}
        exec(migration.source, namespace)
        with self.context(metadata) as context:
            with Operations.context(context):
                namespace[function]()

    @contextmanager
    def operations(
        self, metadata: sa.MetaData | None = None
    ) -> Iterator[Operations]:
        """``op``, in a transaction."""
        with self.context(metadata or sa.MetaData()) as context:
            yield Operations(context)

    def round_trip(
        self, before: sa.MetaData, after: sa.MetaData, **options: Any
    ) -> Migration:
        """Autogenerate, up, no diff, down, no diff, and up again."""
        migration = self.autogenerate(after, **options)
        self.upgrade(after, migration)
        assert self.diff(after, **options) == []
        self.downgrade(before, migration)
        assert self.diff(before, **options) == []
        self.upgrade(after, migration)
        assert self.diff(after, **options) == []
        return migration
