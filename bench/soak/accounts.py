"""Every row is accounted for: what writers know beside what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
import psycopg
import sqlalchemy as sa

from ckenum import CheckEnum

from .promises import Promises
from .table import NAME
from .writer import Ledger
from .writer import Row

_LEFT = """
    SELECT 'constraint not valid: ' || conname FROM pg_constraint
    WHERE NOT convalidated
    UNION ALL
    SELECT 'trigger: ' || tgname FROM pg_trigger
    WHERE tgname LIKE 'zz\\_ckenum\\_%'
    UNION ALL
    SELECT 'function: ' || proname FROM pg_proc
    WHERE proname LIKE 'zz\\_ckenum\\_%'
    UNION ALL
    SELECT 'advisory lock' FROM pg_locks WHERE locktype = 'advisory'
    """

_HISTORY = """
    SELECT DISTINCT ON ("order") "order", status FROM history
    ORDER BY "order", id DESC
    """


def prefilled(values: Sequence[str], rows: int) -> Ledger:
    """Of the rows that no writer has made."""
    return Ledger(
        {n: Row(values[n % len(values)], 0) for n in range(1, rows + 1)}
    )


def differences(
    url: sa.URL, ledgers: list[Ledger], promises: Promises, values: list[str]
) -> Iterator[str]:
    """What is not as it must be, in words."""
    conninfo = url.set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(conninfo) as connection:
        yield from _rows(connection, ledgers, promises)
        yield from (text for (text,) in connection.execute(_LEFT))
    for difference in _schema(url, values):
        yield f"autogenerate finds {difference}"


def _rows(
    connection: psycopg.Connection[tuple[object, ...]],
    ledgers: list[Ledger],
    promises: Promises,
) -> Iterator[str]:
    orders = {
        id: rest
        for id, *rest in connection.execute(
            "SELECT id, status, note, touched FROM orders"
        )
    }
    items: dict[object, set[object]] = {}
    for id, order in connection.execute('SELECT id, "order" FROM items'):
        items.setdefault(order, set()).add(id)
    last = dict(connection.execute(_HISTORY).fetchall())
    touched = sum((ledger.touched for ledger in ledgers), Counter[int]())
    for ledger in ledgers:
        for id, row in ledger.rows.items():
            status = promises.final(row.status)
            found = orders.pop(id, [None, row.note, touched[id]])
            expected = [status, row.note, touched[id]]
            if found != expected:
                yield f"row {id} is {found}, not {expected}: {row}"
            if items.pop(id, set()) != (row.items if status else set()):
                yield f"items of row {id}: not {row.items}"
            if last.get(id, status) != status:
                yield f"the history of row {id} ends with {last.get(id)}"
    for id in orders:
        yield f"row {id} is there, and nobody has written it"
    for id in items:
        yield f"row {id} has items, and is none that was written"


def _schema(url: sa.URL, values: list[str]) -> list[object]:
    metadata = sa.MetaData()
    status = CheckEnum(*values, name=sa.schema.conv(NAME))
    sa.Table("orders", metadata, sa.Column("status", status))
    options = {
        "target_metadata": metadata,
        "autogenerate_plugins": ["ckenum"],
    }
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))
