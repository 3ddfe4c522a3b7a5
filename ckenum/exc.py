"""What can go wrong, with the evidence as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from sqlalchemy.exc import ArgumentError


class CheckEnumError(Exception):
    """Base of all errors that ckenum raises."""


class DeclarationError(CheckEnumError, ArgumentError):
    """A :class:`~ckenum.CheckEnum` is declared with what it cannot hold.

    Raised where the type is made, or where its column joins a table.
    """


class DirectiveError(CheckEnumError, ArgumentError):
    """A migration directive is called with arguments that contradict.

    Raised by the call itself, before any statement is run.
    """


class UnknownValueError(CheckEnumError, LookupError):
    """A value is not among those of the enum.

    :ivar value: the value that was read, or given to be stored.
    :ivar enum_name: name of the enum class, or of the type where it was
        made from strings.
    :ivar possible: the strings that can be stored.
    """

    def __init__(
        self, value: object, enum_name: str, possible: Sequence[str]
    ) -> None:
        self.value = value
        self.enum_name = enum_name
        self.possible = tuple(possible)
        super().__init__(
            f"{value!r} is not among the values of {enum_name}. "
            f"Possible values: {', '.join(map(repr, self.possible))}"
        )

    def __reduce__(self) -> tuple[type[UnknownValueError], tuple[object, ...]]:
        return type(self), (self.value, self.enum_name, self.possible)


class RowsRemainError(CheckEnumError):
    """Rows hold values that the constraint is about to reject.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar counts: each value, with the number of rows that hold it.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        counts: Mapping[object, int],
        ways_out: str,
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.counts = dict(counts)
        self.ways_out = ways_out
        where = ".".join(part for part in (schema, table, column) if part)
        rows = ", ".join(
            f"{value!r} in {n} row{'' if n == 1 else 's'}"
            for value, n in self.counts.items()
        )
        super().__init__(
            f"Rows of {where!r} hold values that the new constraint does "
            f"not allow: {rows}. Nothing was changed. {ways_out}"
        )

    def __reduce__(self) -> tuple[type[RowsRemainError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.counts,
            self.ways_out,
        )


class NoSuchConstraintError(CheckEnumError):
    """The constraint that is to be dropped is not there.

    :ivar table: name of the table.
    :ivar name: name of the constraint.
    :ivar found: names of the CHECK constraints that the table has.
    """

    def __init__(
        self, table: str, name: str, found: Sequence[str | None]
    ) -> None:
        self.table = table
        self.name = name
        self.found = tuple(found)
        names = ", ".join(
            repr(n) if n else "one without a name" for n in found
        )
        super().__init__(
            f"Table {table!r} has no CHECK constraint named {name!r}; it has "
            f"{names or 'none'}. Nothing was changed."
        )

    def __reduce__(
        self,
    ) -> tuple[type[NoSuchConstraintError], tuple[object, ...]]:
        return type(self), (self.table, self.name, self.found)


class BlockedByViewsError(CheckEnumError):
    """Views select a column whose type, or length, has to change.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar views: the views' names.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        views: Sequence[str],
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.views = tuple(views)
        where = ".".join(part for part in (schema, table, column) if part)
        super().__init__(
            f"The type of {where!r} has to change, but PostgreSQL does not "
            f"alter a column that views select: {', '.join(views)}. Nothing "
            f"was changed. Drop those views before this directive and "
            f"create them again after it."
        )

    def __reduce__(
        self,
    ) -> tuple[type[BlockedByViewsError], tuple[object, ...]]:
        return type(self), (self.table, self.column, self.schema, self.views)


class RowSecurityError(CheckEnumError):
    """Row-level security may hide rows from the role that migrates.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    """

    def __init__(self, table: str, schema: str | None) -> None:
        self.table = table
        self.schema = schema
        where = ".".join(part for part in (schema, table) if part)
        super().__init__(
            f"Row-level security is active on {where!r} for this role, so "
            f"rows that the new constraint is about may be hidden from it. "
            f"Nothing was changed. Migrate as a role with BYPASSRLS, or as "
            f"the owner without FORCE ROW LEVEL SECURITY."
        )

    def __reduce__(self) -> tuple[type[RowSecurityError], tuple[object, ...]]:
        return type(self), (self.table, self.schema)


class SchemaEditError(CheckEnumError):
    """SQLite: a table cannot be copied without loss, and the text of its
    definition cannot be changed either.

    A build in defensive mode refuses that; SQLite 3.53 and later needs
    neither.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar reasons: what speaks against a copy: what it would lose or break.
    :ivar cause: why the definition cannot be changed.
    """

    def __init__(
        self,
        table: str,
        schema: str | None,
        reasons: Sequence[str],
        cause: str,
    ) -> None:
        self.table = table
        self.schema = schema
        self.reasons = tuple(reasons)
        self.cause = cause
        where = ".".join(part for part in (schema, table) if part)
        super().__init__(
            f"The constraint of table {where!r} cannot be changed. The "
            f"table cannot be copied without damage, because of "
            f"{', '.join(self.reasons)}; and its definition cannot be "
            f"edited: {cause}. Nothing was changed. SQLite 3.53 and later "
            f"can alter constraints."
        )

    def __reduce__(self) -> tuple[type[SchemaEditError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.schema,
            self.reasons,
            self.cause,
        )


class BlockedByObjectsError(CheckEnumError):
    """Objects stand against another type of a column, or mean something
    else with it.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar objects: the objects, as PostgreSQL describes them, each with the
        reason where there is more to say.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        objects: Sequence[str],
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.objects = tuple(objects)
        where = ".".join(part for part in (schema, table, column) if part)
        super().__init__(
            f"The type of {where!r} has to change, but these stand against "
            f"it: {'; '.join(objects)}. Nothing was changed. Drop them "
            f"before this directive and create them again, for the new "
            f"type, after it."
        )

    def __reduce__(
        self,
    ) -> tuple[type[BlockedByObjectsError], tuple[object, ...]]:
        return type(self), (self.table, self.column, self.schema, self.objects)


class EnumTypeDiffersError(CheckEnumError):
    """A type that is to be created is there, with other labels.

    Raised before anything is changed.

    :ivar name: the type's name, in SQL.
    :ivar labels: those that it should have.
    :ivar found: those that it has; none where it is no ENUM.
    """

    def __init__(
        self, name: str, labels: Sequence[str], found: Sequence[str]
    ) -> None:
        self.name = name
        self.labels = tuple(labels)
        self.found = tuple(found)
        super().__init__(
            f"The type {name} is there already, with labels "
            f"{list(self.found)} instead of {list(self.labels)}. Nothing was "
            f"changed. Alter it before this directive, or have this "
            f"directive make one of another name."
        )

    def __reduce__(
        self,
    ) -> tuple[type[EnumTypeDiffersError], tuple[object, ...]]:
        return type(self), (self.name, self.labels, self.found)
