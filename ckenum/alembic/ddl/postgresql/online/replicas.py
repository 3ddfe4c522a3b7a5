"""Pause between chunks while a replica lags, or while the user says so."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from dataclasses import field
from decimal import Decimal
import logging
import time

import sqlalchemy as sa

from .....exc import PauseTimeoutError
from .....exc import SettingsError
from .session import Session

log = logging.getLogger("alembic.ckenum.online")

_REPLICAS = sa.text("""
    SELECT r.application_name,
           pg_catalog.pg_wal_lsn_diff(r.replay_lsn, '0/0'),
           pg_catalog.pg_wal_lsn_diff(
               pg_catalog.pg_current_wal_insert_lsn(), '0/0'
           ),
           pg_catalog.pg_wal_lsn_diff(
               pg_catalog.pg_current_wal_flush_lsn(), '0/0'
           )
    FROM pg_catalog.pg_stat_replication r
    WHERE r.replay_lsn IS NOT NULL
    """)
_MAY_LOOK = sa.text(
    "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')"
)


def require_visible_lag(session: Session) -> None:
    """Raise :class:`~ckenum.exc.SettingsError` if the role cannot see the
    replicas' lag.
    """
    for name in ("max_replica_lag", "max_replica_lag_bytes"):
        limit = getattr(session.settings, name)
        if limit is not None and not session.connection.scalar(_MAY_LOOK):
            raise SettingsError(
                name,
                limit,
                "None, unless the role is a member of pg_monitor",
            )


@dataclass
class Brake:
    """Makes the chunks of one change pause.

    Lag is measured from positions in the WAL that replicas can reach. The
    position where WAL is inserted now need not be one: what is not flushed
    is not sent, a record that is flushed in part is not replayed, and the
    position leads by a page's header after a record that fills its page. On
    an idle server, each of these may last 15 s. But where WAL was inserted
    once, a record begins, and replicas can reach it when it is flushed.

    :ivar inserted: where WAL was inserted, as far as it is not yet flushed.
    :ivar marks: times, and the positions first seen flushed at each. They
        serve to measure lag in seconds, too, because a replica that stands
        still reports none.
    """

    session: Session
    inserted: deque[Decimal] = field(default_factory=deque)
    marks: deque[tuple[float, Decimal]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        # on a busy server, what is inserted now is flushed by the next look
        if self.session.settings.limits_lag:
            self._lagging()

    def wait(self) -> None:
        """Return when the next chunk may run.

        Raises :class:`~ckenum.exc.PauseTimeoutError` after the deadline.
        """
        session = self.session
        reason = self._reason()
        if reason is None:
            return
        log.info("Pausing the change of %s: %s", session.op.where, reason)
        start = time.monotonic()
        while reason is not None:
            if time.monotonic() - start > session.settings.deadline:
                raise PauseTimeoutError(
                    session.op.table_name,
                    session.op.schema,
                    session.settings.deadline,
                    reason,
                )
            session.pause()
            reason = self._reason()
        log.info(
            "Going on with the change of %s after %.1f s",
            session.op.where,
            time.monotonic() - start,
        )

    def _reason(self) -> str | None:
        settings = self.session.settings
        asked = settings.pause_while
        if asked is not None and asked(self.session.connection):
            return "pause_while says so"
        return self._lagging() if settings.limits_lag else None

    def _lagging(self) -> str | None:
        """Which replica is too far behind, and how far."""
        replicas = self.session.connection.execute(_REPLICAS).all()
        now = time.monotonic()
        for _, _, inserted, flushed in replicas[:1]:
            self._mark(now, inserted, flushed)
        self._forget(min((there for _, there, *_ in replicas), default=None))
        for name, there, *_ in replicas:
            missed = [mark for mark in self.marks if mark[1] > there]
            if not missed:
                continue
            seconds, size = now - missed[0][0], missed[-1][1] - there
            if self._too_much(seconds, int(size)):
                return (
                    f"replica {name!r} is {size} bytes and "
                    f"{seconds:.1f} s behind"
                )
        return None

    def _mark(self, now: float, inserted: Decimal, flushed: Decimal) -> None:
        self.inserted.append(inserted)
        while self.inserted and self.inserted[0] <= flushed:
            place = self.inserted.popleft()
            if not self.marks or self.marks[-1][1] < place:
                self.marks.append((now, place))

    def _forget(self, replayed: Decimal | None) -> None:
        """Drop the marks that all replicas have replayed."""
        while replayed is not None and self.marks:
            if self.marks[0][1] > replayed:
                return
            self.marks.popleft()

    def _too_much(self, seconds: float, size: int) -> bool:
        settings = self.session.settings
        return (
            settings.max_replica_lag is not None
            and seconds > settings.max_replica_lag
        ) or (
            settings.max_replica_lag_bytes is not None
            and size > settings.max_replica_lag_bytes
        )
