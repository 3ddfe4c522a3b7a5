"""What stands around a column whose type changes, and comes again."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from . import code_definitions
from ....exc import BlockedByObjectsError
from ...ops.codes_base import CodesOp
from ...ops.move import TypeMoveOp
from ...ops.native_base import NativeEnumOp
from ..emit import as_text
from .definitions import CannotRewriteError
from .definitions import require_no_items
from .definitions import require_plain_key
from .native_catalog import Dependent
from .rewriting import Rewriting

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .keys import ForeignKey


@dataclass(frozen=True)
class Around:
    """The indexes and CHECKs that have to be made again.

    Others, that say nothing of labels, PostgreSQL makes again itself.

    :ivar indexes: each with its new definition.
    :ivar checks: likewise.
    :ivar along: the columns that move in the same statement.
    """

    dialect: Dialect
    indexes: list[tuple[Dependent, str]] = field(default_factory=list)
    checks: list[tuple[Dependent, str]] = field(default_factory=list)
    along: frozenset[str] = frozenset()

    def add(
        self,
        op: TypeMoveOp,
        dependents: Sequence[Dependent],
        type_name: str,
        keys: Sequence[ForeignKey] = (),
    ) -> None:
        """What stands around one more column of the table.

        Raises :class:`~ckenum.exc.BlockedByObjectsError`, for all that
        stands against it.

        :param type_name: the native type, as definitions have it.
        :param keys: the foreign keys among ``dependents``.
        """
        blocking = []
        for found in dependents:
            try:
                self._add(found, self.rewritten(op, found, type_name))
            except CannotRewriteError as error:
                blocking.append(f"{found.description} ({error})")
            except _Blocks:
                blocking.append(found.description)
        if blocking:
            raise BlockedByObjectsError(
                op.table_name,
                op.column_name,
                op.schema,
                blocking,
                [
                    *(key.drop_call for key in keys),
                    *(key.create_call for key in keys),
                ],
            )

    def _current(self, found: Dependent) -> str:
        """Its definition after the columns that were added before."""
        for item, definition in (*self.indexes, *self.checks):
            if item.description == found.description:
                return definition
        return found.definition

    def rewritten(
        self, op: TypeMoveOp, found: Dependent, type_name: str
    ) -> str:
        """Its definition for the column's new type."""
        if found.kind in ("key", "other"):
            raise _Blocks
        definition = self._current(found)
        require_plain_key(definition, op.column_name)
        if isinstance(op, CodesOp):
            return code_definitions.rewritten(definition, op, self._quote)
        if op.array:
            require_no_items(definition)
            return definition
        assert isinstance(op, NativeEnumOp)
        rewriting = Rewriting(
            definition,
            op.column_name,
            type_name,
            op.rename,
            self._quote,
            op.existing_values,
            self.along,
        )
        if op.becomes_text:
            return rewriting.to_text()
        return rewriting.to_enum(op.labels, immutable=found.kind != "check")

    def _add(self, found: Dependent, definition: str) -> None:
        if definition == found.definition:
            return
        if found.kind == "fixed":
            raise _Blocks
        made = self.checks if found.kind == "check" else self.indexes
        # once, where it names several of the columns
        made[:] = [
            item for item in made if item[0].description != found.description
        ]
        made.append((found, definition))

    # -- what is run -----------------------------------------------------

    def before(self) -> Iterator[str]:
        for index, _ in self.indexes:
            yield f"DROP INDEX {self._index_name(index)}"

    @property
    def drops(self) -> list[str]:
        return [self._name(check.name) for check, _ in self.checks]

    @property
    def adds(self) -> list[tuple[str, str]]:
        return [
            (self._name(check.name), definition)
            for check, definition in self.checks
        ]

    def after(self, table_name: str) -> Iterator[str]:
        """:param table_name: in SQL."""
        for index, definition in self.indexes:
            yield self._placed(index, definition)
            if index.comment is not None:
                yield (
                    f"COMMENT ON INDEX {self._index_name(index)} IS "
                    f"{self._quote(index.comment)}"
                )
        for check, _ in self.checks:
            if check.comment is not None:
                yield (
                    f"COMMENT ON CONSTRAINT {self._name(check.name)} ON "
                    f"{table_name} IS {self._quote(check.comment)}"
                )

    def _placed(self, index: Dependent, definition: str) -> str:
        """``definition`` where the index is; it leaves that unsaid."""
        if index.tablespace is None:
            return definition
        head, where, predicate = definition.partition(" WHERE ")
        space = f" TABLESPACE {self._name(index.tablespace)}"
        return f"{head}{space}{where}{predicate}"

    def _index_name(self, index: Dependent) -> str:
        return f"{self._name(index.schema)}.{self._name(index.name)}"

    def _name(self, name: str | None) -> str:
        return self.dialect.identifier_preparer.quote(name or "")

    def _quote(self, text: str) -> str:
        return as_text(sa.literal(text, sa.String()), self.dialect)


class _Blocks(Exception):
    """It stands against the change, whatever it says."""
