"""What holding a column to its values costs an insert.

Single-row inserts into a VARCHAR column with no CHECK, with an IN list as
CHECK, as a CheckEnum, as a native ENUM and with a foreign key to a table of
the values; for lists of several lengths. Inside the server, each a statement
of its own, and from a client (psycopg). All in short turns, in rounds of one
run; medians of the microseconds for an insert, and of the ratios to no CHECK
in the same round. The rows of a turn are one transaction, whose commit is
not measured: it would hide the rest. On PostgreSQL, or with --url on MariaDB
or MySQL, there from a client (PyMySQL) only.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import itertools
import json
import operator
from pathlib import Path
import random
import statistics
import time
from typing import Any

import sqlalchemy as sa

from ckenum import CheckEnum

from .server import postgresql

SCHEMA = "ckenum_bench"
KINDS = ["no CHECK", "IN list", "CheckEnum", "native ENUM", "foreign key"]
TRUNCATE = sa.DDL("TRUNCATE %(fullname)s")
INSERT_ROWS = f"""
    CREATE FUNCTION {SCHEMA}.insert_rows(statement text, number integer)
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        FOR i IN 1..number LOOP
            EXECUTE statement;
        END LOOP;
    END
    $$
    """


def column(kind: str, values: list[str]) -> list[sa.schema.SchemaItem]:
    """What makes the column, and the table around it, of that kind."""
    name = f"value_of_{len(values)}"
    if kind == "CheckEnum":
        return [sa.Column("status", CheckEnum(*values))]
    if kind == "native ENUM":
        return [sa.Column("status", sa.Enum(*values, name=f"one_{name}"))]
    if kind == "foreign key":
        key = sa.ForeignKey(f"{SCHEMA}.{name}.value")
        return [sa.Column("status", sa.String(255), key)]
    plain = sa.Column("status", sa.String(255))
    if kind == "IN list":
        return [
            plain,
            sa.CheckConstraint(plain.in_(values), name=f"ck_{name}"),
        ]
    return [plain]


def create(
    engine: sa.Engine, lengths: list[int]
) -> dict[tuple[int, str], tuple[sa.Table, str]]:
    """The tables, and the value in the middle of each one's list."""
    metadata = sa.MetaData(schema=SCHEMA)
    tables = {}
    for length in lengths:
        values = [f"value_{number}" for number in range(length)]
        key = sa.Column("value", sa.String(255), primary_key=True)
        lookup = sa.Table(f"value_of_{length}", metadata, key)
        for number, kind in enumerate(KINDS):
            table = sa.Table(
                f"orders_{length}_{number}",
                metadata,
                sa.Column("id", sa.Integer),
                *column(kind, values),
            )
            tables[length, kind] = table, values[length // 2]
        sa.event.listen(
            lookup,
            "after_create",
            lambda table, connection, values=values, **kw: connection.execute(
                sa.insert(table), [{"value": value} for value in values]
            ),
        )
    metadata.create_all(engine)
    return tables


def in_server(
    connection: sa.Connection, table: sa.Table, value: str, rows: int
) -> None:
    statement = sa.insert(table).values(id=1, status=value)
    text = statement.compile(
        connection, compile_kwargs={"literal_binds": True}
    )
    function = getattr(sa.func, SCHEMA).insert_rows
    connection.execute(sa.select(function(str(text), rows)))


def from_client(
    connection: sa.Connection, table: sa.Table, value: str, rows: int
) -> None:
    statement = sa.insert(table).values(id=1, status=value)
    compiled = statement.compile(connection)
    text, parameters = str(compiled), compiled.params
    if compiled.positiontup is not None:
        parameters = tuple(parameters[each] for each in compiled.positiontup)
    assert connection.connection.driver_connection is not None
    cursor = connection.connection.driver_connection.cursor()
    for _ in range(rows):
        cursor.execute(text, parameters)


def seconds(
    engine: sa.Engine,
    insert: Callable[[sa.Connection, sa.Table, str, int], None],
    table: sa.Table,
    value: str,
    rows: int,
) -> float:
    with engine.connect() as connection:
        connection.execute(TRUNCATE.against(table))
        insert(connection, table, value, 10)
        start = time.perf_counter()
        insert(connection, table, value, rows)
        return time.perf_counter() - start  # and all is rolled back


def measure(
    engine: sa.Engine, options: argparse.Namespace
) -> list[dict[str, Any]]:
    tables = create(engine, options.values)
    ways = {
        "in the server": (in_server, options.rows),
        "from a client": (from_client, options.client_rows),
    }
    if engine.name != "postgresql":
        del ways["in the server"]
    times = {(*key, way): [] for way in ways for key in tables}
    for _ in range(options.rounds):
        for length, way in itertools.product(options.values, ways):
            insert, rows = ways[way]
            for kind in random.sample(KINDS, len(KINDS)):
                taken = seconds(engine, insert, *tables[length, kind], rows)
                times[length, kind, way].append(taken / rows * 1e6)
    return [
        {
            "where": way,
            "values": length,
            "kind": kind,
            "microseconds": round(statistics.median(found), 2),
            "ratio": round(
                statistics.median(
                    map(operator.truediv, found, times[length, KINDS[0], way])
                ),
                3,
            ),
        }
        for (length, kind, way), found in times.items()
    ]


def show(results: list[dict[str, Any]]) -> None:
    print(f"{'':<13} {'values':>6}", *(f"{kind:>15}" for kind in KINDS))
    lines = defaultdict(list)
    for result in results:
        figures = f"{result['microseconds']:.1f} us {result['ratio']:5.2f}"
        lines[result["where"], result["values"]].append(f"{figures:>15}")
    for (where, length), cells in lines.items():
        print(f"{where:<13} {length:>6}", *cells)


@contextmanager
def with_schema(url: sa.URL) -> Iterator[sa.Engine]:
    """The database, with a schema that is dropped at the end."""
    engine = sa.create_engine(url)
    is_postgresql = engine.name == "postgresql"
    drop = sa.schema.DropSchema(SCHEMA, cascade=is_postgresql, if_exists=True)
    try:
        with engine.begin() as connection:
            connection.execute(drop)
            connection.execute(sa.schema.CreateSchema(SCHEMA))
            if is_postgresql:
                connection.execute(sa.DDL(INSERT_ROWS))
        yield engine
    finally:
        with engine.begin() as connection:
            connection.execute(drop)
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--values", type=int, nargs="+", default=[3, 10, 50, 200]
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--client-rows", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=51)
    parser.add_argument("--url", help="of a database to measure in")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    with postgresql(options.url) as url, with_schema(url) as engine:
        results = measure(engine, options)
        with engine.connect() as connection:
            version = connection.scalar(sa.text("SELECT version()"))
    print(f"{version}, single-row inserts, medians")
    show(results)
    if options.json:
        found = {"server": version, "results": results}
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
