"""How long an online change waits, and how much it does at a time."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
import math
from typing import TYPE_CHECKING

from ...exc import SettingsError

if TYPE_CHECKING:
    from alembic.operations import Operations


@dataclass(frozen=True)
class OnlineSettings:
    """What ``context.configure(ckenum_online_settings=...)`` takes.

    Raises :class:`~ckenum.exc.SettingsError` for what is no such number.

    :ivar lock_timeout: seconds to wait for the table's lock at a time:
        readers and writers that come meanwhile queue that long at the most.
    :ivar pause: seconds between two attempts, more or less: up to a half is
        added or taken away at random.
    :ivar deadline: seconds until :class:`~ckenum.exc.LockTimeoutError`.
    :ivar rows_per_chunk: rows to change in one transaction, more or less.
    :ivar chunk_pause: seconds between two of those transactions.
    """

    lock_timeout: float = 0.05
    pause: float = 0.1
    deadline: float = 60.0
    rows_per_chunk: int = 1000
    chunk_pause: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not math.isfinite(value)
            ):
                raise SettingsError(field.name, value, "a number")
            if value < 0 or (value == 0 and "pause" not in field.name):
                raise SettingsError(field.name, value, "more than nothing")
        if not isinstance(self.rows_per_chunk, int):
            raise SettingsError(
                "rows_per_chunk", self.rows_per_chunk, "a number of rows"
            )


def settings_of(operations: Operations) -> OnlineSettings:
    """Those that ``env.py`` configures, or the defaults."""
    option = operations.migration_context.opts.get("ckenum_online_settings")
    if option is None:
        return OnlineSettings()
    if not isinstance(option, OnlineSettings):
        raise SettingsError(
            "ckenum_online_settings", option, "ckenum.alembic.OnlineSettings"
        )
    return option
