"""The two shapes of a column: single values, or arrays of them.

What differs between them is here, so that others need not ask. PostgreSQL
alone has arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING
from typing import Union

import sqlalchemy as sa

from . import array_literal
from .arrays import overlap

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from .backend import Backend

_BETWEEN = "ckenum: between two values"
"""A value that no array holds while its constraint stands; it breaks circles
of renames."""

Equals = Callable[[str], "sa.ColumnElement[bool]"]
"""Makes the condition that a row holds a string."""


class Single:
    """Each row holds one value, or NULL."""

    renaming = "update them; None stores NULL"
    deleting = "delete them"

    def type_of(self, value: TypeEngine[Any]) -> TypeEngine[Any]:
        """The column's type, of the type of a value."""
        return value

    def stored(self, text: str) -> Sequence[str | None] | None:
        """The values in a stored string; ``None`` if it has not that form."""
        return [text]

    def written(self, values: Sequence[str]) -> str | None:
        """The stored string of ``values``; ``None`` if no row can hold so
        many.
        """
        return values[0] if len(values) == 1 else None

    def changed(
        self,
        old: sa.ColumnElement[Any],
        rename: Mapping[str, str | None],
        equals: Equals,
        delete: Collection[str] = (),
    ) -> sa.ColumnElement[Any]:
        """What a row holds instead of ``old``; if that is one of ``delete``,
        the row itself is deleted.
        """
        return new_value(rename, equals, old) if rename else old

    def statements(
        self,
        table: sa.TableClause,
        column: sa.ColumnClause[Any],
        rename: Mapping[str, str | None],
        delete: Collection[str],
        exact: sa.ColumnElement[Any] | None,
    ) -> Iterator[sa.Update | sa.Delete]:
        """The statements that change the rows: at most one UPDATE, one
        DELETE.

        :param exact: ``column``, compared exactly; ``None`` if that is as
            exact itself.
        """
        if rename:
            tested = column if exact is None else exact
            yield (
                sa.update(table)
                .where(*_holding(column, exact, rename))
                .values({column: _renamed(rename, tested)})
            )
        if delete:
            yield sa.delete(table).where(*_holding(column, exact, delete))

    def others(
        self,
        table: sa.TableClause,
        column: sa.ColumnElement[Any],
        accepted: Collection[str],
        backend: Backend,
    ) -> sa.Select[Any]:
        """Each value that is not in ``accepted``, with the number of rows
        that hold it.
        """
        # the type cannot read a string that the constraint takes for equal
        value = backend.exact(backend.as_text(column))
        return _counted(value, table, value.not_in(literals(accepted)))


class Items:
    """Each row holds an array of values, or NULL."""

    renaming = "replace them in the arrays"
    deleting = "take them out of the arrays"

    def type_of(self, value: TypeEngine[Any]) -> TypeEngine[Any]:
        return sa.ARRAY(value)

    def stored(self, text: str) -> Sequence[str | None] | None:
        try:
            return array_literal.read(text)
        except ValueError:
            return None

    def written(self, values: Sequence[str]) -> str | None:
        return array_literal.write(values)

    def changed(
        self,
        old: sa.ColumnElement[Any],
        rename: Mapping[str, str | None],
        equals: Equals,
        delete: Collection[str] = (),
    ) -> sa.ColumnElement[Any]:
        """``old`` with other items, in the order that they had."""
        for value in delete:
            old = sa.func.array_remove(old, value, type_=old.type)
        for value, new in in_turn(rename):
            old = sa.func.array_replace(old, value, new, type_=old.type)
        return old

    def statements(
        self,
        table: sa.TableClause,
        column: sa.ColumnClause[Any],
        rename: Mapping[str, str | None],
        delete: Collection[str],
        exact: sa.ColumnElement[Any] | None,
    ) -> Iterator[sa.Update]:
        """One UPDATE at most."""
        if rename or delete:
            changed = self.changed(column, rename, column.__eq__, delete)
            yield (
                sa.update(table)
                .where(overlap(column, [*rename, *delete]))
                .values({column: changed})
            )

    def others(
        self,
        table: sa.TableClause,
        column: sa.ColumnElement[Any],
        accepted: Collection[str],
        backend: Backend,
    ) -> sa.Select[Any]:
        """An item counts once a row; NULL is one that is never accepted."""
        item = sa.func.unnest(column, type_=sa.String()).label("item")
        items = sa.select(item).distinct().correlate(table).lateral("items")
        found = items.c.item
        return _counted(
            found,
            table.join(items, sa.true()),
            found.is_(None) | found.not_in(accepted),
        )


Shape = Union[Single, Items]
SINGLE = Single()
ITEMS = Items()


def shape_of(is_array: bool) -> Shape:
    return ITEMS if is_array else SINGLE


def in_turn(rename: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Renames that do one after another what ``rename`` does at once.

    They become nested calls of ``array_replace``, which keeps the order of
    the items and the array's dimensions.
    """
    pending = {
        old: new for old, new in rename.items() if new not in (None, old)
    }
    while pending:
        ends = [old for old, new in pending.items() if new not in pending]
        if not ends:
            old = _on_circle(pending)
            yield old, _between(rename)
            pending[_between(rename)] = pending.pop(old)
        for old in ends:
            yield old, pending.pop(old)


def _on_circle(rename: Mapping[str, str]) -> str:
    value = next(iter(rename))
    for _ in rename:
        value = rename[value]
    return value


def _between(rename: Mapping[str, str | None]) -> str:
    value = _BETWEEN
    while value in rename or value in rename.values():
        value += "."
    return value


def new_value(
    rename: Mapping[str, str | None],
    equals: Equals,
    otherwise: sa.ColumnElement[Any] | None = None,
    literal: Callable[[str], Any] = str,
) -> sa.Case[Any]:
    """A ``CASE`` of the old value.

    :param rename: from old string to new; ``None`` stores NULL.
    :param otherwise: what any other row gets; NULL if left out.
    :param literal: how a new string is written.
    """
    return sa.case(
        *(
            (equals(old), sa.null() if new is None else literal(new))
            for old, new in rename.items()
        ),
        else_=otherwise,
    )


def literals(values: Collection[str]) -> list[sa.BindParameter[str]]:
    """Make each value a parameter of its own.

    SQLAlchemy finds where to put a list by a mark in the statement, and a
    name may contain the same mark.
    """
    return [sa.literal(value, sa.String()) for value in values]


def _holding(
    column: sa.ColumnElement[Any],
    exact: sa.ColumnElement[Any] | None,
    values: Collection[str],
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that the column is one of ``values``.

    The first can use an index of the column; the second leaves out other
    strings that the column takes for equal.
    """
    yield column.in_(literals(values))
    if exact is not None:
        yield exact.in_(literals(values))


def _renamed(
    rename: Mapping[str, str | None], column: sa.ColumnElement[Any]
) -> Any:
    if len(rename) == 1:
        return next(iter(rename.values()))
    return new_value(rename, column.__eq__)


def _counted(
    value: sa.ColumnElement[Any],
    source: sa.FromClause,
    condition: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    return (
        sa.select(value, sa.func.count())
        .select_from(source)
        .where(condition)
        .group_by(value)
        .order_by(value)
    )
