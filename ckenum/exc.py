"""The errors that ckenum raises; their attributes hold the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import ArgumentError


class CheckEnumError(Exception):
    """Base of all errors that ckenum raises."""


class DeclarationError(CheckEnumError, ArgumentError):
    """A :class:`~ckenum.CheckEnum` is declared with something it cannot hold.

    Raised when the type is made, or when its column is added to a table.
    """


class DirectiveError(CheckEnumError, ArgumentError):
    """A migration directive cannot run with the arguments it was given.

    Raised before anything is changed, in most cases by the call itself.
    """


class SettingsError(CheckEnumError, ArgumentError):
    """``env.py`` gives a setting a value that it cannot have.

    :ivar setting: the setting's name.
    :ivar value: the value that was given.
    """

    def __init__(self, setting: str, value: object, expected: str) -> None:
        self.setting = setting
        self.value = value
        self.expected = expected
        super().__init__(f"{setting}={value!r} must be {expected}.")

    def __reduce__(self) -> tuple[type[SettingsError], tuple[object, ...]]:
        return type(self), (self.setting, self.value, self.expected)


class UnknownValueError(CheckEnumError, LookupError):
    """A value is not one of the enum's.

    :ivar value: the value that was read, or given to be stored.
    :ivar enum_name: name of the enum class, or of the type if it was made
        from strings.
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
    """Rows hold values that the new constraint would reject.

    The directive has changed nothing; earlier directives of the revision
    may be committed. An online change also raises it for rows that were
    written after it first counted them.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar counts: each value, with the number of rows that hold it.
    :ivar taken_back: whether an online change had begun; if so, the values
        that were allowed before are allowed again.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        counts: Mapping[object, int],
        ways_out: str,
        taken_back: bool = False,
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.counts = dict(counts)
        self.ways_out = ways_out
        self.taken_back = taken_back
        where = ".".join(part for part in (schema, table, column) if part)
        rows = ", ".join(
            f"{value!r} in {n} row{'' if n == 1 else 's'}"
            for value, n in self.counts.items()
        )
        done = (
            "They were written after ckenum first looked. The values that "
            "were allowed before are allowed again; run the migration again "
            "when these rows are gone."
            if taken_back
            else "This directive changed nothing."
        )
        super().__init__(
            f"Rows of {where!r} hold values that the new constraint does "
            f"not allow: {rows}. {done} {ways_out}"
        )

    def __reduce__(self) -> tuple[type[RowsRemainError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.counts,
            self.ways_out,
            self.taken_back,
        )


class OnlineBlockedError(CheckEnumError):
    """Something would stop an online change halfway.

    Raised before anything is changed. ckenum looks at the catalog and the
    rows, then tries the change on a few rows and rolls it back.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar obstacles: one sentence for each; it names the obstacle and says
        what to do.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        obstacles: Sequence[str],
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.obstacles = tuple(obstacles)
        where = ".".join(part for part in (schema, table, column) if part)
        lines = "".join(f"\n  * {obstacle}." for obstacle in obstacles)
        super().__init__(
            f"{where!r} cannot be changed online:{lines}\n"
            f"This directive changed nothing. Without online=True it runs "
            f"in one transaction, which changes everything or nothing."
        )

    def __reduce__(
        self,
    ) -> tuple[type[OnlineBlockedError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.obstacles,
        )


class OnlineUndoneError(CheckEnumError):
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

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        row: str | None,
        reason: str,
        giving_up: str,
        by_hand: Sequence[str] | None = None,
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.row = row
        self.reason = reason
        self.giving_up = giving_up
        self.by_hand = None if by_hand is None else tuple(by_hand)
        where = ".".join(part for part in (schema, table, column) if part)
        state = (
            "The constraint now allows the old and the new values, so the "
            "application goes on; changed rows stay changed."
            if by_hand is None
            else "The constraint could not be put back, so updates of rows "
            "with an old value may fail until you run:"
            + "".join(f"\n    {statement}" for statement in by_hand)
            + "\n"
        )
        super().__init__(
            f"The online change of {where!r} stopped, because "
            f"{row or 'a row'} refuses it: {reason}. {state} Fix the row "
            f"and run the migration again; it goes on from here. To give up "
            f"the change instead, run this in a migration:\n    {giving_up}"
        )

    def __reduce__(
        self,
    ) -> tuple[type[OnlineUndoneError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.row,
            self.reason,
            self.giving_up,
            self.by_hand,
        )


class NoSuchConstraintError(CheckEnumError):
    """The constraint to drop does not exist.

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
            f"{names or 'none'}. This directive changed nothing."
        )

    def __reduce__(
        self,
    ) -> tuple[type[NoSuchConstraintError], tuple[object, ...]]:
        return type(self), (self.table, self.name, self.found)


class BlockedByViewsError(CheckEnumError):
    """Views select a column whose type or length has to change.

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
            f"alter a column that views select: {', '.join(views)}. This "
            f"directive changed nothing. Drop those views before this "
            f"directive and create them again after it."
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
            f"Row-level security is active on {where!r} for this role, so it "
            f"may not see every row that the new constraint applies to. "
            f"This directive changed nothing. Migrate as a role with "
            f"BYPASSRLS, or as the owner without FORCE ROW LEVEL SECURITY."
        )

    def __reduce__(self) -> tuple[type[RowSecurityError], tuple[object, ...]]:
        return type(self), (self.table, self.schema)


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


class LockTimeoutError(CheckEnumError):
    """An online change did not get its lock before the deadline.

    The step that needed the lock changed nothing. Earlier steps are done;
    they are skipped when the migration is run again.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar seconds: how long it tried.
    :ivar holders: who holds locks on the table.
    """

    def __init__(
        self,
        table: str,
        schema: str | None,
        seconds: float,
        holders: Sequence[LockHolder],
    ) -> None:
        self.table = table
        self.schema = schema
        self.seconds = seconds
        self.holders = tuple(holders)
        super().__init__(
            self._message(
                ".".join(part for part in (schema, table) if part),
                "; ".join(map(str, holders)),
            )
        )

    def _message(self, where: str, holders: str) -> str:
        held, cure = (
            (
                f"The lock is held by {holders}",
                "End those transactions, or wait for them, and run",
            )
            if holders
            else ("Its last holder has since gone", "Run")
        )
        return (
            f"Could not lock table {where!r} within {self.seconds:g} s. "
            f"{held}. This step changed nothing. {cure} the migration again: "
            f"it skips what is done."
        )

    def __reduce__(self) -> tuple[type[LockTimeoutError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.schema,
            self.seconds,
            self.holders,
        )


class ConcurrentChangeError(LockTimeoutError):
    """Another online change of the same table did not end in time.

    Raised before the directive changes anything.
    """

    def _message(self, where: str, holders: str) -> str:
        run, cure = (
            (
                f"It is run by {holders}",
                "Wait for that change, or end it, and run",
            )
            if holders
            else ("It has ended since", "Run")
        )
        return (
            f"Another online change of table {where!r} did not end within "
            f"{self.seconds:g} s. {run}. This directive changed nothing. "
            f"{cure} the migration again."
        )


class PauseTimeoutError(CheckEnumError):
    """An online change was still paused at its deadline.

    A replica stayed behind, or ``pause_while`` stayed true. The rows changed
    so far stay changed.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar seconds: how long it paused.
    :ivar reason: what it paused for.
    """

    def __init__(
        self, table: str, schema: str | None, seconds: float, reason: str
    ) -> None:
        self.table = table
        self.schema = schema
        self.seconds = seconds
        self.reason = reason
        where = ".".join(part for part in (schema, table) if part)
        super().__init__(
            f"The change of table {where!r} has been paused for {seconds:g} "
            f"s: {reason}. The rows changed so far stay changed. Run the "
            f"migration again when that is over: it skips what is done."
        )

    def __reduce__(self) -> tuple[type[PauseTimeoutError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.schema,
            self.seconds,
            self.reason,
        )


class ConstraintDiffersError(CheckEnumError):
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

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        found: Sequence[str | None],
        existing_values: Sequence[str | None],
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.found = tuple(found)
        self.existing_values = tuple(existing_values)
        where = ".".join(part for part in (schema, table, column) if part)
        super().__init__(
            f"The constraint on {where!r} allows {[*found]}, but this change "
            f"starts from existing_values={[*existing_values]}. The "
            f"constraint was not changed. If another process has migrated "
            f"further meanwhile, there is nothing to do; if not, set "
            f"existing_values to what the constraint allows."
        )

    def __reduce__(
        self,
    ) -> tuple[type[ConstraintDiffersError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.found,
            self.existing_values,
        )


class SchemaEditError(CheckEnumError):
    """SQLite: a table cannot be copied without loss, and the text of its
    definition cannot be edited either.

    A build in defensive mode refuses to edit it. SQLite 3.53 and later
    needs neither.

    :ivar table: name of the table.
    :ivar schema: the table's schema, or ``None``.
    :ivar reasons: what a copy would lose or break.
    :ivar cause: why the definition cannot be edited.
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
            f"{', '.join(self.reasons)}. Its definition cannot be edited "
            f"either: {cause}. This directive changed nothing. SQLite 3.53 "
            f"and later can alter constraints."
        )

    def __reduce__(self) -> tuple[type[SchemaEditError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.schema,
            self.reasons,
            self.cause,
        )


class BlockedByObjectsError(CheckEnumError):
    """Objects prevent a column from changing its type, or would mean
    something else afterwards.

    Raised before anything is changed.

    :ivar table: name of the table.
    :ivar column: name of the column.
    :ivar schema: the table's schema, or ``None``.
    :ivar objects: the objects as PostgreSQL describes them, some with the
        reason.
    :ivar calls: the calls that drop the foreign keys among them and create
        them again, as the source of a migration.
    """

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        objects: Sequence[str],
        calls: Sequence[str] = (),
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.objects = tuple(objects)
        self.calls = tuple(calls)
        where = ".".join(part for part in (schema, table, column) if part)
        text = (
            f"The type of {where!r} has to change, but these objects prevent "
            f"it: {'; '.join(objects)}. This directive changed nothing. "
            f"Drop them before this directive and create them again, for "
            f"the new type, after it."
        )
        if calls:
            listed = "".join(f"\n    {call}" for call in calls)
            text += (
                f" The columns on both sides of a foreign key have to change "
                f"their type. Drop the foreign key before the first of their "
                f"directives, and create it again after the last:{listed}"
            )
        super().__init__(text)

    def __reduce__(
        self,
    ) -> tuple[type[BlockedByObjectsError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.objects,
            self.calls,
        )


class EnumTypeDiffersError(CheckEnumError):
    """A type that is to be created already exists, with other labels.

    Raised before anything is changed.

    :ivar name: the type's name, in SQL.
    :ivar labels: the labels that it should have.
    :ivar found: the labels that it has; empty if it is not an ENUM.
    """

    def __init__(
        self, name: str, labels: Sequence[str], found: Sequence[str]
    ) -> None:
        self.name = name
        self.labels = tuple(labels)
        self.found = tuple(found)
        super().__init__(
            f"The type {name} already exists, with labels "
            f"{list(self.found)} instead of {list(self.labels)}. This "
            f"directive changed nothing. Alter the type before this "
            f"directive, or give this directive another enum_name."
        )

    def __reduce__(
        self,
    ) -> tuple[type[EnumTypeDiffersError], tuple[object, ...]]:
        return type(self), (self.name, self.labels, self.found)


class RemoteCheckError(CheckEnumError):
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

    def __init__(
        self,
        table: str,
        column: str,
        schema: str | None,
        foreign_table: str,
        server: str,
        values: Sequence[str],
        statement: str,
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.foreign_table = foreign_table
        self.server = server
        self.values = tuple(values)
        self.statement = statement
        where = ".".join(part for part in (schema, table, column) if part)
        super().__init__(
            f"The rows of {foreign_table!r} are on the server {server!r}, "
            f"whose own CHECK does not allow {list(values)}, which {where!r} "
            f"is to allow. This directive changed nothing. Run on that "
            f"server before it:\n    {statement}"
        )

    def __reduce__(self) -> tuple[type[RemoteCheckError], tuple[object, ...]]:
        return type(self), (
            self.table,
            self.column,
            self.schema,
            self.foreign_table,
            self.server,
            self.values,
            self.statement,
        )
