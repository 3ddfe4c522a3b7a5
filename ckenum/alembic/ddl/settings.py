"""Settings: how long an online change waits, how much it does at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import fields
import math
from typing import Any
from typing import TYPE_CHECKING

from ...exc import SettingsError

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection


@dataclass(frozen=True)
class OnlineSettings:
    """What ``context.configure(ckenum_online_settings=...)`` takes.

    Raises :class:`~ckenum.exc.SettingsError` for a value that does not fit.

    :param lock_timeout: seconds that one attempt waits for the table's lock.
        Readers and writers that come meanwhile queue at most that long.
    :param pause: seconds between two attempts; at random up to a half more
        or less.
    :param deadline: seconds until :class:`~ckenum.exc.LockTimeoutError`.
    :param rows_per_chunk: rows to change in one transaction, more or less.
    :param chunk_pause: seconds between two of those transactions.
    :param max_replica_lag: pause between two of those transactions while a
        replica in ``pg_stat_replication`` is more than this many seconds
        behind. ``None``: do not check.
    :param max_replica_lag_bytes: the same, in bytes of WAL not replayed.
    :param pause_while: pause likewise while this returns true. It is called
        with the connection, which commits each statement.

    If such a pause takes ``deadline`` seconds, it ends in
    :class:`~ckenum.exc.PauseTimeoutError`.
    """

    lock_timeout: float = 0.05
    pause: float = 0.1
    deadline: float = 60.0
    rows_per_chunk: int = 1000
    chunk_pause: float = 0.0
    max_replica_lag: float | None = None
    max_replica_lag_bytes: int | None = None
    pause_while: Callable[[Connection], bool] | None = None

    @property
    def limits_lag(self) -> bool:
        """Whether a replica that is too far behind pauses the chunks."""
        limits = self.max_replica_lag, self.max_replica_lag_bytes
        return limits != (None, None)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "pause_while":
                if value is not None and not callable(value):
                    raise SettingsError(field.name, value, "callable")
            elif value is not None or field.default is not None:
                _require_number(field.name, value)
        for name in ("rows_per_chunk", "max_replica_lag_bytes"):
            value = getattr(self, name)
            if isinstance(value, float):
                raise SettingsError(name, value, "a whole number")


def _require_number(name: str, value: object) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
    ):
        raise SettingsError(name, value, "a number")
    if value < 0 or (value == 0 and "pause" not in name):
        raise SettingsError(name, value, "greater than zero")


def settings_of(operations: Operations) -> OnlineSettings:
    """The settings that ``env.py`` configures, or the defaults."""
    opts = operations.migration_context.opts
    return of_option(opts.get("ckenum_online_settings"))


def of_option(option: Any) -> OnlineSettings:
    """The option's settings.

    Raises :class:`~ckenum.exc.SettingsError` for anything else.
    """
    if option is None:
        return OnlineSettings()
    if not isinstance(option, OnlineSettings):
        raise SettingsError(
            "ckenum_online_settings", option, "ckenum.alembic.OnlineSettings"
        )
    return option
