"""How much longer autogenerate takes for CheckEnum columns.

Compares many tables of three enum columns each with the database they were
made in, with ckenum's plugin and with Alembic alone; and the same tables
with plain strings, which have no constraints to reflect. Then a schema of
another project: 70 tables with 300 CHECKs and no CheckEnum, whose CHECKs the
models declare, or the database alone has; and with one CheckEnum beside
them. All in turn, in one run: medians of the seconds of the processor, for
these machines are noisy, and of the ratios within a round. Last, one column
of many members: compared, and its migration written.
"""

from __future__ import annotations

import argparse
import gc
import operator
import statistics
import tempfile
import time

from alembic.autogenerate import compare_metadata
from alembic.autogenerate import produce_migrations
from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.drift import find_drift

from .server import postgresql

VALUES = ("NEW", "PAID", "SHIPPED", "DELIVERED", "RETURNED", "LOST")
PLAIN = ["alembic.autogenerate.*"]
OURS = [*PLAIN, "ckenum"]
DATABASES = ("enums", "strings", "stock", "members")


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


def stock(declared: bool, enums: int = 0) -> sa.MetaData:
    """A schema that knows nothing of ckenum: 70 tables, 300 CHECKs.

    :param declared: whether the models have its CHECKs, too.
    :param enums: how many tables have CheckEnums, besides.
    """
    metadata = tables(enums, CheckEnum(*VALUES))
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
    enums, strings, others = map(sa.create_engine, urls[:3])
    with_enums = tables(count, CheckEnum(*VALUES))
    with_strings = tables(count, sa.String(255))
    declared, undeclared, beside = stock(True), stock(False), stock(True, 1)
    with_enums.create_all(enums)
    with_strings.create_all(strings)
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
        ("300 CHECKs beside CheckEnums", beside),
    ]:
        metadata.create_all(others)
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
    for number in range(rounds):
        order = [*cases] if number % 2 else [*reversed(cases)]
        for label in order:
            times[label].append(seconds(*cases[label]))
    for label, found in times.items():
        median = statistics.median(found)
        ratio = statistics.median(map(operator.truediv, found, times[base]))
        print(f"{name:<11} {label:<44} {median:7.3f} s  {ratio:.2f}")


def measure_members(name: str, url: sa.URL, members: int) -> None:
    """Print what one column of so many members takes."""
    engine = sa.create_engine(url)
    values = [f"value {number}" for number in range(members)]
    before, after = sa.MetaData(), sa.MetaData()
    for metadata, listed in ((before, values), (after, [*values[1:], "new"])):
        sa.Table("members", metadata, sa.Column("x", CheckEnum(*listed)))
    before.create_all(engine)
    seconds(engine, before, OURS)
    taken = {"compared": seconds(engine, before, OURS)}
    with engine.connect() as connection:
        options = {"autogenerate_plugins": OURS}
        context = MigrationContext.configure(connection, opts=options)
        start = time.process_time()
        find_drift(connection, after)
        taken["check"] = time.process_time() - start
        start = time.process_time()
        script = produce_migrations(context, after)
        assert script.upgrade_ops is not None
        render_python_code(script.upgrade_ops)
        taken["migration"] = time.process_time() - start
    before.drop_all(engine)
    figures = ", ".join(f"{what} {each:.3f} s" for what, each in taken.items())
    print(f"{name:<11} {members:>6} members: {figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--members", type=int, nargs="+", default=[1000, 10000]
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        urls = [
            sa.URL.create("sqlite", database=f"{directory}/{name}.db")
            for name in DATABASES
        ]
        measure("sqlite", urls, options.tables, options.rounds)
        for members in options.members:
            measure_members("sqlite", urls[3], members)
    with postgresql() as url:
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in DATABASES:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
        urls = [url.set(database=name) for name in DATABASES]
        measure("postgresql", urls, options.tables, options.rounds)
        for members in options.members:
            measure_members("postgresql", urls[3], members)


if __name__ == "__main__":
    main()
