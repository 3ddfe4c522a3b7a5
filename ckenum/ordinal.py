"""The order in which an enum declares its members, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import cast
from typing import Protocol
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import Case
from sqlalchemy import Integer
from sqlalchemy import literal
from sqlalchemy import String
from sqlalchemy import TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Grouping

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Dialect


class Declared(Protocol):
    """A type whose strings have the order of their declaration."""

    enums: Sequence[str]

    def canonical(self, string: str) -> str | None:
        """The string of the member that ``string`` is an alias of."""


def ordinals(enum_type: Declared) -> dict[str, int]:
    """Each stored string's place in the declaration, starting at 0.

    An alias has the place of its member.
    """
    places: dict[str | None, int] = {}
    return {
        stored: places.setdefault(enum_type.canonical(stored), len(places))
        for stored in enum_type.enums
    }


class Ordinal(TypeDecorator[int]):
    """A member's place in the declaration. A member that is compared with it
    becomes its place, too.

    :param enum_type: the :class:`~ckenum.CheckEnum`, or a decorator of it.
    """

    impl = Integer
    cache_ok = True

    def __init__(self, enum_type: Any) -> None:
        super().__init__()
        self.enum_type = enum_type

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None or type(value) is int:
            return value
        stored = self.enum_type.bind_processor(dialect)(value)
        try:
            return ordinals(self.enum_type)[stored]
        except KeyError:
            raise self.enum_type.refused(value) from None


class _Places(Case[int]):
    inherit_cache = True


@compiles(_Places, "postgresql")
def _as_it_is_reflected(places: _Places, compiler: Any, **kw: Any) -> str:
    """In the layout that PostgreSQL uses, because Alembic compares the text of
    indexes.
    """
    lines = ["", f"CASE {compiler.process(places.value, **kw)}"]
    for stored, place in places.whens:
        string = compiler.process(stored, **kw)
        number = compiler.process(place, **kw)
        lines.append(f"    WHEN {string}::text THEN {number}")
    return "\n".join([*lines, "    ELSE NULL::integer", "END"])


class Comparator(sqlalchemy.Enum.Comparator):
    """Adds :meth:`ordinal` to the operators of strings."""

    __slots__ = ()

    def ordinal(self) -> ColumnElement[int]:
        """The member's place in the declaration, as an SQL expression.

        It is ``list(Status).index(member)`` in SQL: 0 for the first member,
        and NULL for NULL and for a string that means no member. Strings sort
        alphabetically; sort by this to sort as the enum is declared. Compare
        it with a member, or with a string that means one::

            select(Order).order_by(Order.status.ordinal())
            select(Order).where(Order.status.ordinal() >= Status.PAID)

        The SQL is ``CASE status WHEN 'NEW' THEN 0 WHEN ... END``. For each
        row the database compares one value after another (some 10 ns each).
        An index of the column does not help, but an index of this expression
        does::

            Index("ix_orders_status", Order.status.ordinal())

        That index holds the order of the day it was created. When a member
        is added, removed or moved, create it again, or queries do not use it.
        On PostgreSQL autogenerate writes that. On SQLite Alembic does not see
        such indexes, so write it yourself.

        Comparing with anything that means no member raises
        :class:`~ckenum.exc.UnknownValueError` when the statement runs.
        """
        enum_type = cast(Any, self.type)
        place_type = Ordinal(enum_type)
        # inline, or an index of the expression would not be found
        places = [
            (
                literal(stored, String(), literal_execute=True),
                literal(place, place_type, literal_execute=True),
            )
            for stored, place in ordinals(enum_type).items()
        ]
        # in parentheses, as PostgreSQL wants it in an index
        return Grouping(_Places(*places, value=self.expr))
