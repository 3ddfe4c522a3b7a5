"""MariaDB and MySQL: sessions that are set otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.exc import DirectiveError

from .models import orders
from .models import orders_with
from .roundtrip import Database
from .test_mysql import alter
from .test_mysql import filled
from .test_mysql import run_script


def safe(db: Database) -> None:
    """Have new connections refuse an UPDATE that uses no key."""

    def refuse(connection: Any, _: Any) -> None:
        connection.cursor().execute("SET sql_safe_updates = 1")

    sa.event.listen(db.engine, "connect", refuse)


def safe_updates(db: Database) -> Any:
    with db.engine.connect() as connection:
        query = "SELECT @@SESSION.sql_safe_updates"
        return connection.exec_driver_sql(query).scalar()


def test_safe_updates(mysql: Database) -> None:
    """Rows change where UPDATE and DELETE need a key, which is as before
    after that.
    """
    filled(mysql, "a", "b", "c")
    safe(mysql)
    mysql.engine.dispose()
    alter(mysql, ["c", "d"], ["a", "b", "c"], rename={"a": "d"}, delete=["b"])
    assert mysql.column("orders") == ["d", "c"]
    assert safe_updates(mysql)


@pytest.mark.parametrize("values", [["a", "b"], ["a", "b", "c"]])
def test_swap_with_safe_updates(mysql: Database, values: list[str]) -> None:
    """So they do in a swap."""
    filled(mysql, "a", "b")
    safe(mysql)
    mysql.engine.dispose()
    alter(mysql, values, ["a", "b"], rename={"a": "b", "b": "a"})
    assert mysql.column("orders") == ["b", "a"]


def test_script_with_safe_updates(mysql: Database) -> None:
    """So they do by a script, whose client may have been told to."""
    filled(mysql, "a", "b", "c")
    safe(mysql)
    mysql.engine.dispose()
    run_script(
        mysql, ["c", "d"], ["a", "b", "c"], rename={"a": "d"}, delete=["b"]
    )
    assert mysql.column("orders") == ["d", "c"]
    assert safe_updates(mysql)


@pytest.mark.parametrize(
    "charset, value",
    [("latin1", "日"), ("ascii", "é"), ("utf8", "😀"), ("cp1251", "é")],
)
def test_connection_without_a_character(
    mysql: Database, charset: str, value: str
) -> None:
    """A connection whose character set lacks a value is no way to compare
    it, nor to change it; both say so.
    """
    filled(mysql, "a", value)
    url = mysql.engine.url.update_query_dict({"charset": charset})
    other = Database(url)
    with pytest.raises(DirectiveError, match="add charset=utf8mb4"):
        alter(other, ["a", "b", value], ["a", value])
    with pytest.raises(DirectiveError, match="add charset=utf8mb4"):
        alter(other, ["a"], ["a", value], rename={value: "a"})
    other.dispose()
    assert mysql.diff(orders("a", value)) == []
    assert mysql.column("orders") == ["a", value]


@pytest.mark.parametrize("charset", ["latin1", "ascii"])
def test_reading_without_a_character(
    mysql: Database, charset: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What such a connection reads is not taken for another value."""
    mysql.create(orders("a", "😀"))
    url = mysql.engine.url.update_query_dict({"charset": charset})
    other = Database(url)
    for values in (["a", "b"], ["a", "?"]):
        caplog.clear()
        assert other.diff(orders(*values)) == []
        assert "add charset=utf8mb4" in caplog.text
    other.dispose()


@pytest.mark.parametrize("charset", ["latin1", "utf8", "cp1250"])
def test_connection_of_another_character_set(
    mysql: Database, charset: str
) -> None:
    """One whose character set has all that is needed will do."""
    url = mysql.engine.url.update_query_dict({"charset": charset})
    other = Database(url)
    before = orders("a", "é")
    other.create(before)
    other.insert("orders", id=1, status="é")
    other.round_trip(before, orders("a", "é", "é!"))
    alter(other, ["a", "é!"], ["a", "é", "é!"], rename={"é": "é!"})
    other.dispose()
    assert mysql.column("orders") == ["é!"]


def test_comment_without_a_character(mysql: Database) -> None:
    """A definition that such a connection cannot repeat is not changed."""
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE orders (id INTEGER, status VARCHAR(9) COMMENT '日')"
        )
    url = mysql.engine.url.update_query_dict({"charset": "latin1"})
    other = Database(url)
    with pytest.raises(DirectiveError, match="add charset=utf8mb4"):
        with other.operations() as op:
            op.create_check_enum(
                "orders", "status", ["a"], name="ck_orders_status"
            )
    other.dispose()
    _, column = sa.inspect(mysql.engine).get_columns("orders")
    assert column["comment"] == "日"


def set_to(db: Database, mode: str) -> Database:
    """The same database, by connections that have a ``sql_mode``."""
    command = f"SET SESSION sql_mode = '{mode}'"
    return Database(db.engine.url, connect_args={"init_command": command})


@pytest.mark.parametrize(
    "mode",
    [
        "ANSI_QUOTES",
        pytest.param(
            "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", marks=pytest.mark.slow
        ),
        pytest.param("PAD_CHAR_TO_FULL_LENGTH", marks=pytest.mark.slow),
        pytest.param("", marks=pytest.mark.slow, id="none"),
    ],
)
def test_sql_mode(mysql: Database, mode: str) -> None:
    """Lists, lengths, rows and types change whatever ``sql_mode`` is."""
    other = set_to(mysql, mode)
    values = ["`q`", 'a"b', "日😀", "x "]
    before = orders(*values)
    filled(other, *values)
    migration = other.round_trip(before, orders(*values, "l" * 300))
    other.downgrade(before, migration)
    renamed = ["`q`", "b", "日😀", "x"]
    alter(other, renamed, values, rename={'a"b': "b", "x ": "x"})
    options = {"enum_name": "status", "name": "ck_orders_status"}
    with other.operations() as op:
        for change in op.restore_native_enum, op.replace_native_enum:
            change(
                *("orders", "status", renamed),
                existing_values=renamed,
                **options,
            )
    assert other.column("orders") == renamed
    assert other.diff(orders(*renamed)) == []
    other.dispose()


def test_empty_string_is_null(mysql: Database) -> None:
    """An empty string in a list is refused where it would be a NULL, with
    which the list allows everything.
    """
    filled(mysql, "a")
    other = set_to(mysql, "EMPTY_STRING_IS_NULL")
    try:
        with pytest.raises(DirectiveError, match="EMPTY_STRING_IS_NULL"):
            alter(other, ["a", ""], ["a"])
    except sa.exc.OperationalError as error:
        assert "1231" in str(error)  # MySQL has no such mode
        assert not mysql.engine.dialect.is_mariadb  # type: ignore
    other.dispose()
    assert mysql.diff(orders("a")) == []


def test_definition_without_escapes(mysql: Database) -> None:
    """A new length repeats the column's comment as it is, also where a
    backslash is no escape.
    """
    comment = "back\\slash, it's\n50 %"
    status = sa.Column("status", CheckEnum("a", length=9), comment=comment)
    mysql.create(orders_with(status))
    mode = {"init_command": "SET sql_mode = 'NO_BACKSLASH_ESCAPES'"}
    other = Database(mysql.engine.url, connect_args=mode)
    alter(other, ["a", "b"], ["a"], length=20, existing_length=9)
    other.dispose()
    with mysql.engine.connect() as connection:
        columns = sa.inspect(connection).get_columns("orders")
    assert columns[1]["comment"] == comment
