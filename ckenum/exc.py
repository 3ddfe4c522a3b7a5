"""The errors that ckenum raises; their attributes hold the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.exc import ArgumentError


class CheckEnumError(Exception):
    """Base of all errors that ckenum raises."""


class MigrationError(CheckEnumError):
    """Base of the errors that come out of migrations and autogenerate.

    As soon as Alembic is imported, it is an
    :class:`alembic.util.CommandError` as well, which the ``alembic`` command
    prints without a traceback.
    """


@dataclass(eq=False, repr=False)
class _Evident(CheckEnumError):
    """An error whose message is made from its fields. Sequences become
    tuples.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if str(field.type).startswith("Sequence") and value is not None:
                setattr(self, field.name, tuple(value))
        super().__init__(self._text())

    def _text(self) -> str:
        raise NotImplementedError

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple(getattr(self, f.name) for f in fields(self))


@dataclass(eq=False, repr=False)
class _OfTable(_Evident, MigrationError):
    table: str
    schema: str | None

    @property
    def _where(self) -> str:
        return _dotted(self.schema, self.table)


@dataclass(eq=False, repr=False)
class _OfColumn(_Evident, MigrationError):
    table: str
    column: str
    schema: str | None

    @property
    def _where(self) -> str:
        return _dotted(self.schema, self.table, self.column)


def _dotted(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


_TOLD = 20
"""How many items of a list an error shows; its attribute has them all."""


def _listed(items: Iterable[str], separator: str = ", ") -> str:
    """The first ``items``, and how many more there are."""
    shown = [*items]
    more = len(shown) - _TOLD
    if more > 1:
        shown[_TOLD:] = [f"and {more:,} more"]
    return separator.join(shown)


def _rows(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


_LONGEST = 200
"""How many characters of a value an error shows."""


def _values(values: Iterable[object]) -> str:
    """As the text of a list."""
    return f"[{_listed(map(repr, values))}]"


class DeclarationError(CheckEnumError, ArgumentError):
    """A :class:`~ckenum.CheckEnum` is declared with something it cannot hold.

    Raised when the type is made, or when its column is added to a table.
    """


class DirectiveError(MigrationError, ArgumentError):
    """A migration directive cannot run with the arguments it was given.

    Raised before anything is changed, in most cases by the call itself.
    """


@dataclass(eq=False, repr=False)
class SettingsError(_Evident, MigrationError, ArgumentError):
    """``env.py`` gives a setting a value that it cannot have.

    :ivar setting: the setting's name.
    :ivar value: the value that was given.
    """

    setting: str
    value: object
    expected: str

    def _text(self) -> str:
        return f"{self.setting}={self.value!r} must be {self.expected}."


@dataclass(eq=False, repr=False)
class UnknownValueError(_Evident, LookupError):
    """A value is not one of the enum's.

    :ivar value: the value that was read, or given to be stored.
    :ivar enum_name: name of the enum class, or of the type if it was made
        from strings.
    :ivar possible: the strings that can be stored.
    :ivar hint: what to write instead; ``None`` if nothing tells.
    """

    value: object
    enum_name: str
    possible: Sequence[str]
    hint: str | None = None

    def _text(self) -> str:
        value = repr(self.value)
        if len(value) > _LONGEST:
            value = f"{value[:_LONGEST]}... ({len(value):,} characters)"
        return (
            f"{value} is not among the values of {self.enum_name}. "
            f"Possible values: {_listed(map(repr, self.possible))}"
            f"{self.hint and f'. {self.hint}' or ''}"
        )


@dataclass(eq=False, repr=False)
class RowsRemainError(_OfColumn):
    """Rows hold values that the new constraint would reject.

    The directive has changed nothing; earlier directives of the revision
    may be committed. An online change also raises it for rows that were
    written after it first counted them.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar counts: each value, with the number of rows that hold it; of many
        values only some.
    :ivar taken_back: whether an online change had begun; if so, the values
        that were allowed before are allowed again.
    :ivar more: how many other different values there are.
    :ivar more_rows: how many rows hold those.
    """

    counts: Mapping[object, int]
    ways_out: str
    taken_back: bool = False
    more: int = 0
    more_rows: int = 0

    def _text(self) -> str:
        rows = _listed(
            f"{value!r} in {_rows(n)}" for value, n in self.counts.items()
        )
        if self.more:
            values = f"{self.more:,} other value{'s' * (self.more > 1)}"
            rows += f", and {values} in {_rows(self.more_rows)}"
        done = (
            "They were written after ckenum first looked. The values that "
            "were allowed before are allowed again; run the migration again "
            "when these rows are gone."
            if self.taken_back
            else "This directive changed nothing."
        )
        return (
            f"Rows of {self._where!r} hold values that the new constraint "
            f"does not allow: {rows}. {done} {self.ways_out}"
        )


@dataclass(eq=False, repr=False)
class OnlineBlockedError(_OfColumn):
    """Something would stop an online change halfway.

    Raised before anything is changed. ckenum looks at the catalog and the
    rows, then tries the change on a few rows and rolls it back.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar obstacles: one sentence for each; it names the obstacle and says
        what to do.
    """

    obstacles: Sequence[str]

    def _text(self) -> str:
        lines = "".join(f"\n  * {obstacle}." for obstacle in self.obstacles)
        return (
            f"{self._where!r} cannot be changed online:{lines}\n"
            f"This directive changed nothing. Without online=True it runs "
            f"in one transaction, which changes everything or nothing."
        )


@dataclass(eq=False, repr=False)
class OnlineUndoneError(_OfColumn):
    """A row refuses an online change after other rows were changed.

    When it is raised, the constraint allows the old values again beside the
    new ones, so the application goes on. Changed rows stay changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar row: which row it is; ``None`` if no single row is to blame.
    :ivar reason: what the database says.
    :ivar giving_up: the directive that goes back to the old values.
    :ivar by_hand: the statements to run by hand, if the constraint could
        not be put back; else ``None``.
    """

    row: str | None
    reason: str
    giving_up: str
    by_hand: Sequence[str] | None = None

    def _text(self) -> str:
        state = (
            "The constraint now allows the old and the new values, so the "
            "application goes on; changed rows stay changed."
            if self.by_hand is None
            else "The constraint could not be put back, so updates of rows "
            "with an old value may fail until you run:"
            + "".join(f"\n    {statement}" for statement in self.by_hand)
            + "\n"
        )
        return (
            f"The online change of {self._where!r} stopped, because "
            f"{self.row or 'a row'} refuses it: {self.reason}. {state} Fix "
            f"the row and run the migration again; it goes on from here. To "
            f"give up the change instead, run this in a migration:\n"
            f"    {self.giving_up}"
        )


@dataclass(eq=False, repr=False)
class NoSuchConstraintError(_Evident, MigrationError):
    """The constraint to drop does not exist.

    :ivar table: name of the table.
    :ivar name: name of the constraint.
    :ivar found: names of the CHECK constraints that the table has.
    """

    table: str
    name: str
    found: Sequence[str | None]

    def _text(self) -> str:
        names = _listed(
            repr(name) if name else "one without a name" for name in self.found
        )
        return (
            f"Table {self.table!r} has no CHECK constraint named "
            f"{self.name!r}; it has {names or 'none'}. This directive changed "
            f"nothing."
        )


@dataclass(eq=False, repr=False)
class BlockedByViewsError(_OfColumn):
    """Views select a column whose type or length has to change.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar views: the views' names.
    """

    views: Sequence[str]

    def _text(self) -> str:
        return (
            f"The type of {self._where!r} has to change, but PostgreSQL does "
            f"not alter a column that views select: {', '.join(self.views)}. "
            f"This directive changed nothing. Drop those views before this "
            f"directive and create them again after it."
        )


class RowSecurityError(_OfTable):
    """Row-level security may hide rows from the role that migrates.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    """

    def _text(self) -> str:
        return (
            f"Row-level security is active on {self._where!r} for this role, "
            f"so it may not see every row that the new constraint applies "
            f"to. This directive changed nothing. Migrate as a role with "
            f"BYPASSRLS, or as the owner without FORCE ROW LEVEL SECURITY."
        )


@dataclass(frozen=True)
class LockHolder:
    """A session that holds a lock on a table.

    :ivar pid: of its server process; ``None`` for a prepared transaction.
    :ivar state: e.g. ``active``, ``idle in transaction``; ``None`` if the
        role may not see it.
    :ivar query_start: when its last query began.
    :ivar query: that query, or the prepared transaction's name.
    """

    pid: int | None
    state: str | None
    query_start: datetime | None
    query: str | None

    def __str__(self) -> str:
        if self.pid is None:
            return f"the prepared transaction {self.query!r}"
        state = self.state or "this role may not see its state"
        since = (
            f", query began {self.query_start:%Y-%m-%d %H:%M:%S%z}"
            if self.query_start
            else ""
        )
        query = f": {' '.join(self.query.split())[:80]}" if self.query else ""
        return f"pid {self.pid} ({state}{since}{query})"


@dataclass(eq=False, repr=False)
class LockTimeoutError(_OfTable):
    """An online change did not get its lock before the deadline.

    The step that needed the lock changed nothing. Earlier steps are done;
    they are skipped when the migration is run again.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar seconds: how long it tried.
    :ivar holders: who holds locks on the table.
    """

    seconds: float
    holders: Sequence[LockHolder]

    def _text(self) -> str:
        holders = "; ".join(map(str, self.holders))
        held, cure = (
            (
                f"The lock is held by {holders}",
                "End those transactions, or wait for them, and run",
            )
            if holders
            else ("Its last holder has since gone", "Run")
        )
        return (
            f"Could not lock table {self._where!r} within {self.seconds:g} "
            f"s. {held}. This step changed nothing. {cure} the migration "
            f"again: it skips what is done."
        )


class ConcurrentChangeError(LockTimeoutError):
    """Another online change of the same table did not end in time.

    Raised before the directive changes anything.
    """

    def _text(self) -> str:
        holders = "; ".join(map(str, self.holders))
        run, cure = (
            (
                f"It is run by {holders}",
                "Wait for that change, or end it, and run",
            )
            if holders
            else ("It has ended since", "Run")
        )
        return (
            f"Another online change of table {self._where!r} did not end "
            f"within {self.seconds:g} s. {run}. This directive changed "
            f"nothing. {cure} the migration again."
        )


@dataclass(eq=False, repr=False)
class PauseTimeoutError(_OfTable):
    """An online change was still paused at its deadline.

    A replica stayed behind, or ``pause_while`` stayed true. The rows changed
    so far stay changed.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar seconds: how long it paused.
    :ivar reason: what it paused for.
    """

    seconds: float
    reason: str

    def _text(self) -> str:
        return (
            f"The change of table {self._where!r} has been paused for "
            f"{self.seconds:g} s: {self.reason}. The rows changed so far stay "
            f"changed. Run the migration again when that is over: it skips "
            f"what is done."
        )


@dataclass(eq=False, repr=False)
class ConstraintDiffersError(_OfColumn):
    """A constraint allows neither the values that an online change starts
    from, nor those that it leads to.

    Another process may have migrated further meanwhile. Raised before the
    constraint is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar found: the values that it allows, in order.
    :ivar existing_values: the values that it should allow.
    """

    found: Sequence[str | None]
    existing_values: Sequence[str | None]

    def _text(self) -> str:
        return (
            f"The constraint on {self._where!r} allows {_values(self.found)}, "
            f"but this change starts from "
            f"existing_values={_values(self.existing_values)}. The constraint "
            f"was not changed. If another process has migrated further "
            f"meanwhile, there is nothing to do; if not, set existing_values "
            f"to what the constraint allows."
        )


@dataclass(eq=False, repr=False)
class SchemaEditError(_OfTable):
    """SQLite: a table cannot be copied without loss, and the text of its
    definition cannot be edited either.

    A build in defensive mode refuses to edit it. SQLite 3.53 and later
    needs neither.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar reasons: what a copy would lose or break.
    :ivar cause: why the definition cannot be edited.
    """

    reasons: Sequence[str]
    cause: str

    def _text(self) -> str:
        return (
            f"The constraint of table {self._where!r} cannot be changed. The "
            f"table cannot be copied without damage, because of "
            f"{', '.join(self.reasons)}. Its definition cannot be edited "
            f"either: {self.cause}. This directive changed nothing. SQLite "
            f"3.53 and later can alter constraints."
        )


@dataclass(eq=False, repr=False)
class BlockedByObjectsError(_OfColumn):
    """Objects prevent a column from changing its type, or would mean
    something else afterwards.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar objects: a description of each object, some with the reason. On
        PostgreSQL it is the server's own.
    :ivar calls: the calls that drop the foreign keys among them and create
        them again, as the source of a migration.
    """

    objects: Sequence[str]
    calls: Sequence[str] = ()

    def _text(self) -> str:
        text = (
            f"The type of {self._where!r} has to change, but these objects "
            f"prevent it: {'; '.join(self.objects)}. This directive changed "
            f"nothing. Drop them before this directive and create them again, "
            f"for the new type, after it."
        )
        if self.calls:
            listed = "".join(f"\n    {call}" for call in self.calls)
            text += (
                f" The columns on both sides of a foreign key have to change "
                f"their type. Drop the foreign key before the first of their "
                f"directives, and create it again after the last:{listed}"
            )
        return text


@dataclass(eq=False, repr=False)
class EnumTypeDiffersError(_Evident, MigrationError):
    """A type that is to be created already exists, with other labels.

    Raised before anything is changed.

    :ivar name: the type's name, in SQL.
    :ivar labels: the labels that it should have.
    :ivar found: the labels that it has; empty if it is not an ENUM.
    """

    name: str
    labels: Sequence[str]
    found: Sequence[str]

    def _text(self) -> str:
        return (
            f"The type {self.name} already exists, with labels "
            f"{_values(self.found)} instead of {_values(self.labels)}. This "
            f"directive changed nothing. Alter the type before this "
            f"directive, or give this directive another enum_name."
        )


@dataclass(eq=False, repr=False)
class RemoteCheckError(_OfColumn):
    """A foreign table's own server has a CHECK that refuses new values.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar foreign_table: the foreign table, which is the table itself or one
        that inherits from it.
    :ivar server: the server's name, as ``CREATE SERVER`` gave it.
    :ivar values: the new values that it refuses.
    :ivar statement: what lets it accept them, besides those that it accepts
        already.
    """

    foreign_table: str
    server: str
    values: Sequence[str]
    statement: str

    def _text(self) -> str:
        return (
            f"The rows of {self.foreign_table!r} are on the server "
            f"{self.server!r}, whose own CHECK does not allow "
            f"{_values(self.values)}, which {self._where!r} is to allow. This "
            f"directive changed nothing. Run on that server before it:\n"
            f"    {self.statement}"
        )
