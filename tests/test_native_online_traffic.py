"""Old and new processes at work while a column moves online."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import threading
import time
from typing import Any

import sqlalchemy as sa

from ckenum import CheckEnum

from .adversaries import before_steps
from .models import orders_with
from .online import fetch
from .online import run
from .roundtrip import Database
from .test_native_online import begin
from .test_native_online import KEPT
from .test_native_online import LABELS
from .traffic import Act
from .traffic import Client
from .traffic import traffic

RESULT_TYPE = "0A000"
"""SQLSTATE of "cached plan must not change result type": a prepared SELECT
of the column fails once on each connection when the column's type changes."""


def application(type_: Any, ready: threading.Event) -> Act:
    """Inserts, updates and selects by a model whose column has ``type_``,
    once ``ready``.
    """
    table = orders_with(sa.Column("status", type_)).tables["orders"]
    status = table.c.status

    def work(connection: sa.Connection, number: int) -> None:
        label = LABELS[number % len(LABELS)]
        key = 1 + number % 50
        where = table.c.id == key
        connection.execute(sa.insert(table).values(status=label))
        connection.execute(sa.update(table).values(status=label).where(where))
        connection.scalars(sa.select(status).where(where)).all()
        for condition in (status == label, status.in_(LABELS[:2])):
            connection.scalar(sa.select(sa.func.count()).where(condition))

    def act(connection: sa.Connection, number: int) -> None:
        if not ready.is_set():
            time.sleep(0.01)
            return
        try:
            work(connection, number)
        except sa.exc.DBAPIError:
            # as at the end of a transaction: psycopg then forgets what it
            # has prepared
            connection.exec_driver_sql("ROLLBACK")
            raise

    return act


@contextmanager
def both(db: Database) -> Iterator[tuple[list[Client], threading.Event]]:
    """The old application at work, and the new one from the moment on that
    the migration has begun to change rows.
    """
    begun = threading.Event()
    always = threading.Event()
    always.set()

    def look(number: int, text: str) -> None:
        if text.startswith("UPDATE"):
            begun.set()

    with traffic(
        db.engine.url,
        application(sa.Enum(*LABELS, name="status"), always),
        application(CheckEnum(*LABELS), begun),
    ) as clients, before_steps(db, look):
        yield clients, begun


def test_both_at_work(postgresql: Database) -> None:
    """Neither meets an error on the way up and back, but for prepared
    SELECTs, of which each fails once when the type changes.
    """
    db = postgresql
    begin(db, "CREATE INDEX one ON orders (status)")
    back = KEPT.reverse()
    back.keep_column = True
    with both(db) as (clients, _):
        for op in (KEPT, back, KEPT):
            run(db, op)
            for client in clients:
                client.goes_on()
    for client in clients:
        assert client.errors in ([RESULT_TYPE] * n for n in range(4))
    out_of_step = fetch(
        db, "SELECT id FROM orders WHERE status <> status__ckenum::text"
    )
    assert out_of_step == []
