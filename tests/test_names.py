"""Tables, columns, constraints and schemas of whatever name."""

from __future__ import annotations

from typing import Any

import pytest

from ckenum.alembic.ddl.sqlite import strategy
from ckenum.exc import RowsRemainError

from . import online
from . import sqlite
from .roundtrip import Database

pytestmark = pytest.mark.each_server

MARK = "__[POSTCOMPILE_x]"
"""SQLAlchemy takes it for its own where parameters have no names: none of
its statements can be about what is called so."""

NAMES = [
    "new\nline % [POSTCOMPILE_x]",
    "%(x)s %s 100%",
    """do"uble sin'gle :b -- /* ;""",
    "a.b back\\slash `tick` [x] {x} $1 ?",
    "tab\tünï __[SCHEMA_x]",
    MARK,
]
VALUES = ["NEW", "PAID", "OLD", "JUNK"]
CHECK = "'NEW', 'PAID', 'OLD', 'JUNK'"


def quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def rename(op: Any, *where: str, **options: Any) -> None:
    op.alter_check_enum(
        *where,
        ["NEW", "DONE"],
        existing_values=VALUES,
        **{
            "rename": {"PAID": "DONE", "OLD": None},
            "delete": ["JUNK"],
            **options,
        },
    )


def back(op: Any, *where: str, **options: Any) -> None:
    op.alter_check_enum(
        *where,
        VALUES,
        existing_values=["NEW", "DONE"],
        rename={"DONE": "PAID"},
        **options,
    )


def plain(op: Any, name: str, **where: Any) -> None:
    rename(op, name, name, name=name, **where)
    back(op, name, name, name=name, **where)
    op.drop_check_enum(name, name, VALUES, name=name, **where)
    op.create_check_enum(name, name, VALUES, name=name, **where)
    if not where.get("online"):
        with pytest.raises(RowsRemainError) as caught:
            op.alter_check_enum(
                name,
                name,
                ["PAID"],
                existing_values=VALUES,
                name=name,
                schema=where.get("schema"),
            )
        assert caught.value.counts == {"NEW": 1}
        assert caught.value.column == name


def in_batch(op: Any, name: str, **where: Any) -> None:
    schema = where.get("schema")
    with op.batch_alter_table(name, schema=schema) as batch_op:
        rename(batch_op, name, name=name)
    with op.batch_alter_table(name, schema=schema) as batch_op:
        back(batch_op, name, name=name)


def longer(op: Any, name: str, **where: Any) -> None:
    longer = {"length": 20, "existing_length": 9, "server_default": "DONE"}
    rename(op, name, name, name=name, **longer, **where)
    back(op, name, name, name=name, server_default=None, **where)


def keeping_trigger(op: Any, name: str, **where: Any) -> None:
    rename(op, name, name, name=name, keep_trigger=True, **where)
    op.drop_check_enum_trigger(name, name, schema=where["schema"])
    back(op, name, name, name=name, **where)


def native(op: Any, name: str, schema: str, **where: Any) -> None:
    labels = ["NEW", "PAID", "JUNK", "OLD"]
    options = {
        "existing_values": labels,
        "name": name,
        "enum_name": f"{name} type",
        "enum_schema": schema,
        "schema": schema,
    }
    back = {"PAID": "PAYED"}
    values = ["NEW", "PAYED", "JUNK", "OLD"]
    op.restore_native_enum(name, name, labels, **options)
    op.replace_native_enum(name, name, values, **{**options, "rename": back})
    rename = {"PAYED": "PAID"}
    options["existing_values"] = values
    op.alter_check_enum(
        name,
        name,
        VALUES,
        existing_values=values,
        rename=rename,
        name=name,
        schema=schema,
    )


@pytest.mark.parametrize("way", [plain, longer, in_batch])
@pytest.mark.parametrize("how", ["first", "edit"])
@pytest.mark.parametrize("name", sorted({*NAMES} - {MARK}))
def test_sqlite(
    any_sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    how: str,
    way: Any,
) -> None:
    """Each directive finds the table, the column and the constraint."""
    table = quoted(name)
    sqlite.execute(
        any_sqlite,
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {table} VARCHAR(9),"
        f" CONSTRAINT {table} CHECK ({table} IN ({CHECK})))",
        f"INSERT INTO {table} VALUES (1, 'NEW'), (2, 'PAID'), (3, 'OLD'),"
        " (4, 'JUNK')",
    )
    if how == "edit":
        monkeypatch.setattr(strategy, "ALTERS_CONSTRAINTS", (99,))
        sqlite.execute(
            any_sqlite,
            f"CREATE TRIGGER tr AFTER DELETE ON {table}"
            " BEGIN SELECT count(*); END",
        )
    with any_sqlite.operations() as op:
        way(op, name)
    with any_sqlite.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT {table} FROM {table}")
        assert rows.scalars().all() == ["NEW", "PAID", None]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "way", [plain, "online", longer, keeping_trigger, in_batch, native]
)
def test_postgresql(any_postgresql: Database, name: str, way: Any) -> None:
    """Each directive finds them, in a schema of that name, too."""
    where: Any = {"schema": name}
    if way in ("online", keeping_trigger):
        where["online"] = True
    way = plain if way == "online" else way
    word = quoted(name)
    table = f"{word}.{word}"
    online.execute(
        any_postgresql,
        f"CREATE SCHEMA {word}",
        f"CREATE TABLE {table} (id int PRIMARY KEY, {word} varchar(9),"
        f" CONSTRAINT {word} CHECK ({word} IN ({CHECK})))",
        f"INSERT INTO {table} VALUES (1, 'NEW'), (2, 'PAID'), (3, 'OLD'),"
        " (4, 'JUNK')",
    )
    if way is native:
        online.execute(
            any_postgresql,
            f"DELETE FROM {table} WHERE id = 3",
            f"CREATE INDEX {quoted(name + ' index')} ON {table} (id)"
            f" WHERE {word} = 'NEW'",
            f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name + ' check')}"
            f" CHECK ({word} = 'NEW' OR id > 1)",
        )
    any_postgresql.options["ckenum_online_settings"] = online.FAST
    with any_postgresql.operations() as op:
        way(op, name, **where)
    rows = online.fetch(
        any_postgresql, f"SELECT {word} FROM {table} ORDER BY id"
    )
    last = "JUNK" if way is native else None
    assert rows == ["NEW", "PAID", last]
    types = "SELECT typname FROM pg_type WHERE typtype = 'e'"
    assert online.fetch(any_postgresql, types) == []
