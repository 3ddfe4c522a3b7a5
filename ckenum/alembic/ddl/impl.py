"""How a backend runs the operations: the interface.

``ckenum.backend`` knows what a backend's SQL looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any
from typing import Literal
from typing import Tuple
from typing import TYPE_CHECKING
from typing import Union

from alembic.autogenerate.compare.util import _InspectorConv
import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint
from sqlalchemy.schema import DropConstraint

from . import rows
from ...backend import backend_of
from ...reflection import Check
from .column import column_changes
from .emit import emit

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint
    from sqlalchemy import Column
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy import Inspector
    from sqlalchemy.types import TypeEngine

    from ...recognition import Expected
    from ..ops import CheckEnumOp
    from ..ops import DropCheckEnumTriggerOp
    from ..ops import ValidateCheckEnumOp
    from ..ops.codes_base import CodesOp
    from ..ops.native import ReplaceNativeEnumOp
    from ..ops.native_base import NativeEnumOp
    from .mention import Mentions


Place = Tuple[Union[str, None], str, str]
"""Schema (``None`` for the default one), table and column."""


class DefaultImpl:
    """A backend without specialities: drop, change the rows, add.

    ``registry.register()`` registers subclasses. Methods that read the
    database are not called for a script (``--sql``).

    :cvar drops_nameless: whether a constraint without a name can be dropped.
    :cvar reflects_phantoms: whether SQLAlchemy may mistake a literal for a
        CHECK when it reflects.
    :cvar leaves_triggers: whether an online rename may leave a trigger.
    :cvar online: what ``online=True`` does: ``"runs"``, ``"refused"``, or
        ``"ignored"`` where no change holds up anybody for long.
    :cvar joins_copies: whether directives are part of the copy that a batch
        with ``recreate="always"`` makes; else they run before it.
    :cvar moves_codes: whether columns of codes can become a CheckEnum.
    :cvar is_inexact_unseen: whether a script (``--sql``), which sees no
        column, has to compare exactly by itself.
    :cvar repeat_advice: what to do about a directive that cannot run twice,
        where its statements are committed one by one.
    :cvar move_costs: what to say above a move from or to a native ENUM.
    :cvar online_move_costs: the same, if it is online.
    """

    drops_nameless = False
    reflects_phantoms = False
    leaves_triggers = False
    online: Literal["runs", "refused", "ignored"] = "refused"
    joins_copies = False
    moves_codes = False
    is_inexact_unseen = False
    move_costs: Sequence[str] = (
        "# On PostgreSQL a new type rewrites the table and rebuilds the",
        "# column's indexes, once for all columns of a batch.",
        "# Nobody can read or write the table meanwhile: the lock is",
        "# ACCESS EXCLUSIVE.",
    )
    online_move_costs: Sequence[str] = (
        "# On PostgreSQL the column becomes the table's last one.",
    )
    repeat_advice = (
        "this connection commits before Alembic records the revision: run "
        "it in Alembic's transaction, outside of autocommit_block() and "
        "without AUTOCOMMIT"
    )

    @property
    def may_be_online(self) -> bool:
        """Whether a directive may say ``online=True``."""
        return self.online != "refused"

    # -- what is there ---------------------------------------------------

    def checks(
        self,
        inspector: Inspector,
        schema: str | None,
        table_name: str,
        expected: Expected | None = None,
    ) -> list[Check]:
        """The CHECK constraints of a table.

        If Alembic has reflected those of all tables at once, its result is
        used.

        :param expected: what the models declare for the table; if it is as
            declared, the backend need not read all of it.
        """
        reflected = _InspectorConv(inspector)
        return [
            Check(
                check["name"],
                check["sqltext"],
                bool(check.get("dialect_options", {}).get("not_valid")),
            )
            for check in reflected.get_check_constraints(
                table_name, schema=schema
            )
        ]

    def inherited_checks(
        self, inspector: Inspector
    ) -> Collection[tuple[str, str, str]]:
        """Schema, table and name of the constraints that a table inherits
        from its parent.
        """
        return ()

    def followers(
        self, inspector: Inspector, schema: str | None, table: str, column: str
    ) -> list[Place]:
        """The columns that get a column's values by ON UPDATE CASCADE."""
        fold = backend_of(inspector.dialect).fold_name
        given = [fold(table), fold(column)]
        found = inspector.get_multi_foreign_keys(schema=schema)
        return [
            (schema, other, mine)
            for (_, other), keys in found.items()
            for key in keys
            if key.get("options", {}).get("onupdate") == "CASCADE"
            for mine, theirs in zip(
                key["constrained_columns"], key["referred_columns"]
            )
            if given == [fold(key["referred_table"]), fold(theirs)]
        ]

    def is_in_column(
        self,
        inspector: Inspector,
        schema: str | None,
        table: str,
        column: str,
    ) -> bool:
        """Whether the column has a CHECK in its definition, which
        ``op.alter_column()`` would drop.
        """
        return False

    def default_meant(
        self, dialect: Dialect, default: Any, values: Sequence[str]
    ) -> Any:
        """A column's reflected default, or the one of ``values`` that it
        stands for.
        """
        return default

    def exact_type(
        self,
        inspector: Inspector,
        schema: str | None,
        table: str,
        column: Column[Any],
    ) -> TypeEngine[Any] | None:
        """The type by which a column takes no two strings for equal, if that
        differs from the one it has.

        :param column: as reflected.
        """
        return None

    def label_meant(self, label: str, values: Sequence[str]) -> str:
        """A reflected label of a native ENUM, or the one of ``values`` that
        it stands for.
        """
        return label

    def why_no_way_back(self, op: ReplaceNativeEnumOp) -> str | None:
        """Why the labels of the native ENUM of ``op`` are not known, if they
        are not.
        """
        return None

    def why_no_check(self, column: Column[Any]) -> str | None:
        """Why the server allows no CHECK of a column of the models, if it
        does not.
        """
        return None

    def kept_triggers(self, connection: Connection) -> list[tuple[str, str]]:
        """Table and column, each in the default schema, that have a trigger
        which an online rename has left, where :attr:`leaves_triggers` is not
        set.
        """
        return []

    # -- before anything changes -----------------------------------------

    def is_inexact(
        self, connection: Connection, op: CheckEnumOp, collation: str | None
    ) -> bool:
        """Whether the column takes strings for equal that are not the same.

        :param collation: the one that it gets in an open batch.
        """
        return False

    def columns(
        self, connection: Connection, op: CheckEnumOp
    ) -> Collection[str] | None:
        """The columns of the table; ``None`` if there is no such table."""
        inspector = sa.inspect(connection)
        if not inspector.has_table(op.table_name, op.schema):
            return None
        found = inspector.get_columns(op.table_name, op.schema)
        return [column["name"] for column in found]

    def locate(self, operations: Operations, op: CheckEnumOp) -> None:
        """Make ``op`` name its table and column as the database does."""

    def require_possible(
        self, operations: Operations, op: CheckEnumOp
    ) -> None:
        """Raise if something would stop ``op`` halfway, or hide rows."""

    def require_names(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        """Raise :class:`~ckenum.exc.DirectiveError` if ``old`` is not the
        column's, or if the name of ``new`` is taken.
        """

    def mentions_of(
        self,
        connection: Connection,
        op: CheckEnumOp,
        values: tuple[str, ...],
        constraints: frozenset[str],
    ) -> Mentions | None:
        """What else names ``values`` of the column; ``None`` if the backend
        cannot tell.

        :param constraints: the names of those that ``op`` drops and adds.
        """
        return None

    def commits_by_itself(self, connection: Connection) -> bool:
        """Whether each statement is committed as it runs."""
        return False

    def interim(
        self, connection: Connection, op: CheckEnumOp
    ) -> Collection[str]:
        """What else rows may hold where an earlier run of ``op`` was stopped
        halfway.
        """
        return ()

    @contextmanager
    def whole(
        self,
        operations: Operations,
        op: CheckEnumOp,
        check: Callable[[], None],
        count: Callable[[], None],
    ) -> Iterator[None]:
        """Call ``check``, then run the block: all or nothing, as far as the
        backend can.

        :param count: raises if a row violates the new constraint.
        """
        check()
        yield

    # -- what is run -----------------------------------------------------

    def change(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint | None,
        new: CheckConstraint | None,
    ) -> None:
        """Change constraint, column and rows.

        A VARCHAR is widened before longer values are stored, and narrowed
        after they are gone.

        :param old: the constraint to drop; ``None`` to create one.
        :param new: the constraint to add; ``None`` to drop one.
        """
        others = op.changes_rows or op.changes_length or op.changes_default
        if old is not None and new is not None and not others:
            self.swap(operations, op, old, new)
            return
        dialect = operations.migration_context.dialect
        if old is not None:
            emit(operations, DropConstraint(old))
        if op.widens:
            self.change_column(operations, op)
        for statement in rows.statements(op, dialect):
            emit(operations, statement)
        if not op.widens:
            self.change_column(operations, op)
        if new is not None:
            emit(operations, AddConstraint(new))

    def swap(
        self,
        operations: Operations,
        op: CheckEnumOp,
        old: CheckConstraint,
        new: CheckConstraint,
    ) -> None:
        """Replace ``old`` by ``new``; no row changes."""
        emit(operations, DropConstraint(old))
        emit(operations, AddConstraint(new))

    def change_column(self, operations: Operations, op: CheckEnumOp) -> None:
        """Change the column's length and default."""
        for change in column_changes(op):
            emit(operations, change)

    def validate(
        self,
        operations: Operations,
        op: ValidateCheckEnumOp,
        existing: CheckConstraint,
    ) -> None:
        """Check the rows not checked yet; here every row always is."""

    def drop_trigger(
        self, operations: Operations, op: DropCheckEnumTriggerOp
    ) -> None:
        """Drop what an online rename has left; here that is nothing."""

    def move_native(self, operations: Operations, op: NativeEnumOp) -> None:
        """Turn a native ENUM into a check enum, or the other way round.

        Called only if the backend's SQL has ``moves_enum_types``.
        """
        raise NotImplementedError

    def move_codes(self, operations: Operations, op: CodesOp) -> None:
        """Turn a column of codes into a check enum, or back.

        Raises :class:`~ckenum.exc.DirectiveError` unless a subclass can.
        """
        dialect = operations.migration_context.dialect
        raise op.error(
            f"ckenum does not move columns of codes on {dialect.name!r}. "
            f"Write the steps with op.alter_column() and op.execute(). This "
            f"directive changed nothing"
        )
