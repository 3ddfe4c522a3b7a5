"""What names labels of a native ENUM, and is moved with its column."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc

from .catalog import catalog
from .roundtrip import Database
from .test_native import differences
from .test_native import run

# with labels only: these come along, whatever is renamed
MOVED = [
    "status = 'a'",
    "'a' = status",
    "status <> 'b' AND was <> 'b'",
    "status = 'a' OR was = 'a'",
    "status IN ('a', 'b')",
    "status NOT IN ('c', 'b')",
    "status = ANY ('{a,b}')",
    "status = ANY ('{a,b}'::status[])",
    "status = ANY (ARRAY['a', 'c']::status[])",
    "status IS DISTINCT FROM 'a'",
    "status IS NOT DISTINCT FROM 'b'",
    "COALESCE(status, 'a') = 'b'",
    "COALESCE(kind, 'a') = 'b' OR status = 'c'",
    "NULLIF(status, 'a') IS NULL",
    "NULLIF(status, 'a') = 'b'",
    "CASE status WHEN 'a' THEN true WHEN 'b' THEN id > 1 ELSE false END",
    "CASE WHEN id > 1 THEN status ELSE 'a' END = 'b'",
    "CASE WHEN id > 1 THEN status END = 'b'",
    "CASE WHEN status = 'a' THEN was ELSE 'b' END = 'b'",
    "CASE WHEN status = 'a' THEN 1 ELSE 2 END > 1",
    "CASE status::text WHEN 'a' THEN true ELSE false END",
    "id > 0 OR status::text = 'a'",
    "status::text IN ('a', 'b')",
    "status::text = ANY ('{a,b}')",
    "COALESCE(status::text, 'a') = 'b'",
    "status = CAST('a' AS status)",
    "(status = 'a') = (was = 'b')",
    "(status = 'a') IS NOT TRUE",
    "NOT (status = 'a' AND (id > 3 OR status IS NULL))",
    "status IS NOT NULL",
    "kind = 'a' AND status IS NULL",
]
# these come along, or are refused
OTHERS = [
    "status = was",
    "status::text = was::text",
    "status IS NOT DISTINCT FROM was",
    "status BETWEEN 'a' AND 'b'",
    "status >= 'b'",
    "GREATEST(status, 'b') = 'b'",
    "LEAST(status, was) = 'a'",
    "COALESCE(status, was, 'a') = 'b'",
    "status::text LIKE 'a%'",
    "status::text > 'a'",
    "status::text IS DISTINCT FROM kind",
    "length(status::text) = 1",
    "lower(status::text) = 'a'",
    "kind = status::text",
    "kind::status = status",
    "status = lower('A')::status",
    "status::text::varchar(1) = 'a'",
    "(status::text || kind) <> 'ab'",
    "status::text COLLATE \"C\" = 'a'",
    "ARRAY[status, 'a'] <> ARRAY['b', 'c']::status[]",
    "status = ANY (ARRAY[was, 'a'])",
    "ROW(status, id) <> ROW('a'::status, 1)",
    "status = ANY (enum_range(NULL::status))",
    "enum_first(status) = 'a'",
    "same(status) = 'a'",
    "starts_with(status::text, 'a') = (status <> 'b')",
]
EXPRESSIONS = MOVED + OTHERS
PLACES = {
    "check": "ALTER TABLE orders ADD CONSTRAINT {name} CHECK ({text})",
    "index": "CREATE INDEX {name} ON orders (id, ({text}))",
    "partial": "CREATE INDEX {name} ON orders (status DESC, id) WHERE {text}",
    "made": "ALTER TABLE orders ADD {name} boolean"
    " GENERATED ALWAYS AS ({text}) STORED",
}
WAYS = {
    "kept": {"a": "a", "b": "b", "c": "c"},
    "renamed": {"a": "A", "b": "b", "c": "c"},
    "swapped": {"a": "b", "b": "a", "c": "c"},
}
EACH_WAY = [
    pytest.param(way, marks=() if way == "swapped" else pytest.mark.slow)
    for way in WAYS
]
TABLE = """
    CREATE TYPE status AS ENUM ('a', 'b', 'c');
    CREATE TABLE orders (id int PRIMARY KEY, status {}, was status,
                         kind varchar);
    CREATE FUNCTION same(status) RETURNS status IMMUTABLE LANGUAGE sql
        AS 'SELECT $1'
    """
ROWS = [
    (s, w, k)
    for s in ("a", "b", "c", None)
    for w in ("a", "b")
    for k in ("a", "b", None)
]
TEXTS = """
    SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint
    WHERE conrelid = 'orders'::regclass AND contype = 'c'
    UNION ALL
    SELECT relname, e
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid,
         unnest(ARRAY[pg_get_expr(indexprs, indrelid),
                      pg_get_expr(indpred, indrelid)]) e
    WHERE indrelid = 'orders'::regclass AND e IS NOT NULL
    """


def build(db: Database, type_name: str) -> None:
    """All expressions in all places, but where PostgreSQL takes none."""
    run(db, TABLE.format(type_name))
    with db.engine.begin() as connection:
        for place, statement in PLACES.items():
            for i, text in enumerate(EXPRESSIONS):
                try:
                    with connection.begin_nested():
                        connection.exec_driver_sql(
                            statement.format(
                                name=f"{place}_{i}", text=text
                            ).replace("%", "%%")
                        )
                except sa.exc.ProgrammingError:
                    pass


def meanings(db: Database, way: str) -> dict[str, list[Any]]:
    """What each says of the rows, with the names that these have by now."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TEMP TABLE tried AS SELECT * FROM orders"
        )
        for i, (s, w, k) in enumerate(ROWS):
            row = (i, s and WAYS[way][s], w, k)
            values = sa.sql.elements.TextClause(
                "INSERT INTO tried (id, status, was, kind) VALUES ("
                + ", ".join("NULL" if v is None else f"'{v}'" for v in row)
                + ")"
            )
            connection.execute(values)
        return {
            name: [
                *connection.exec_driver_sql(
                    f"SELECT {text} FROM tried ORDER BY id".replace("%", "%%")
                ).scalars()
            ]
            for name, text in connection.exec_driver_sql(TEXTS).all()
        }


def move(db: Database, directive: str, way: str) -> None:
    new = WAYS[way]
    if directive == "restore_native_enum":
        new = {value: key for key, value in new.items()}
    with db.operations() as op:
        getattr(op, directive)(
            "orders",
            "status",
            [*sorted(new.values())],
            existing_values=[*sorted(new)],
            enum_name="status",
            name="ck",
            rename={old: value for old, value in new.items() if old != value},
            length=None,
        )


def drop_refused(db: Database, error: exc.BlockedByObjectsError) -> set[str]:
    """What ``error`` names."""
    names = set(re.findall(r"\b(?:check|index|partial|made)_\d+", str(error)))
    drop = {
        "check": "ALTER TABLE orders DROP CONSTRAINT {}",
        "made": "ALTER TABLE orders DROP {}",
    }
    for name in names:
        place, _ = name.split("_")
        run(db, drop.get(place, "DROP INDEX {}").format(name))
    return names


def checked(way: str) -> str:
    listed = ", ".join(f"'{value}'" for value in sorted(WAYS[way].values()))
    return (
        "ALTER TABLE orders ADD CONSTRAINT ck" f" CHECK (status IN ({listed}))"
    )


@pytest.mark.parametrize("way", EACH_WAY)
def test_in_and_back(postgresql: Database, way: str) -> None:
    """Each means the same afterwards, and the catalog is as before on the
    way back; or an error has told its name, and nothing was changed.
    """
    db = postgresql
    build(db, "status")
    found = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        move(db, "replace_native_enum", way)
    assert catalog(db.engine) == found
    refused = drop_refused(db, caught.value)
    expected = {f"check_{i}" for i in range(len(MOVED))}
    assert not expected & refused, caught.value
    found, meant = catalog(db.engine), meanings(db, "kept")
    move(db, "replace_native_enum", way)
    run(db, "ALTER TABLE orders DROP CONSTRAINT ck")
    assert meanings(db, way) == meant
    run(db, checked(way))
    move(db, "restore_native_enum", way)
    assert differences(catalog(db.engine), found) == []
    assert meanings(db, "kept") == meant


@pytest.mark.parametrize("way", EACH_WAY)
def test_out_and_back(postgresql: Database, way: str) -> None:
    """So it is where a column of text becomes native."""
    db = postgresql
    build(db, "varchar")
    run(db, checked(way))
    found = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        move(db, "restore_native_enum", way)
    assert catalog(db.engine) == found
    drop_refused(db, caught.value)
    run(db, "ALTER TABLE orders DROP CONSTRAINT ck")
    meant = meanings(db, way)
    run(db, checked(way))
    move(db, "restore_native_enum", way)
    assert meanings(db, "kept") == meant
    move(db, "replace_native_enum", way)
    run(db, "ALTER TABLE orders DROP CONSTRAINT ck")
    assert meanings(db, way) == meant


def test_rule_is_no_view(postgresql: Database) -> None:
    """It is named as what it is, before anything changes; a longer VARCHAR
    stops at it as well.
    """
    db = postgresql
    run(
        db,
        TABLE.format("status"),
        "CREATE RULE mine AS ON UPDATE TO orders WHERE old.status = 'a'"
        " DO INSTEAD NOTHING",
        "CREATE TABLE texts (id int PRIMARY KEY, status varchar(1))",
        "CREATE RULE other AS ON UPDATE TO texts WHERE old.status = 'a'"
        " DO INSTEAD NOTHING",
    )
    found = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        move(db, "replace_native_enum", "kept")
    assert caught.value.objects == ("rule mine on table orders",)
    with pytest.raises(exc.BlockedByObjectsError) as caught:
        with db.operations() as op:
            op.create_check_enum(  # type: ignore[attr-defined]
                "texts",
                "status",
                ["a", "bc"],
                name="ck",
                length=2,
                existing_length=1,
            )
    assert caught.value.objects == ("rule other on table texts",)
    assert catalog(db.engine) == found


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE STATISTICS mine ON (status = 'a'), id FROM orders",
        "CREATE INDEX mine ON orders (status pg_catalog.enum_ops, id)"
        "; CREATE STATISTICS mine ON (status <> 'a'), id FROM orders",
    ],
)
def test_statistics_of_an_expression(
    postgresql: Database, statement: str
) -> None:
    """They are refused, where those of columns survive."""
    db = postgresql
    run(db, TABLE.format("status"), statement)
    found = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError, match="statistics object"):
        move(db, "replace_native_enum", "kept")
    assert catalog(db.engine) == found


@pytest.mark.parametrize(
    "key", ["status varchar_pattern_ops", 'status COLLATE "C"']
)
def test_key_that_only_a_text_can_be(postgresql: Database, key: str) -> None:
    """An operator class or a collation stops the way to an ENUM."""
    db = postgresql
    run(db, TABLE.format("varchar"), f"CREATE INDEX mine ON orders ({key})")
    run(db, checked("kept"))
    found = catalog(db.engine)
    with pytest.raises(exc.BlockedByObjectsError, match="index mine"):
        move(db, "restore_native_enum", "kept")
    assert catalog(db.engine) == found


@pytest.mark.parametrize(
    "default",
    [
        "COALESCE(NULL, 'a'::status)",
        "CASE WHEN random() > 2 THEN 'b'::status ELSE 'a'::status END",
    ],
)
def test_default_of_an_expression(postgresql: Database, default: str) -> None:
    """It stays as it is; where a label in it is renamed, the directive asks
    for the new one.
    """
    db = postgresql
    run(
        db,
        TABLE.format("status"),
        f"ALTER TABLE orders ALTER status SET DEFAULT {default}",
    )
    found = catalog(db.engine)
    with pytest.raises(exc.DirectiveError, match="server_default="):
        move(db, "replace_native_enum", "renamed")
    assert catalog(db.engine) == found
    move(db, "replace_native_enum", "kept")
    run(db, "INSERT INTO orders (id) VALUES (1)")
    move(db, "restore_native_enum", "kept")
    run(db, "INSERT INTO orders (id) VALUES (2)")
    assert db.column("orders") == ["a", "a"]
