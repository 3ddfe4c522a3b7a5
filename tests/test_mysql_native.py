"""MariaDB and MySQL: from a native ENUM to a CheckEnum, and back."""

from __future__ import annotations

from typing import Any

from alembic.util import CommandError
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql as dialect

from ckenum import CheckEnum
from ckenum import exc

from .models import orders
from .models import orders_with
from .roundtrip import body
from .roundtrip import Database
from .test_script import script


def native(*labels: str, **options: Any) -> sa.MetaData:
    return orders_with(sa.Column("status", sa.Enum(*labels), **options))


def column(db: Database) -> str:
    """The definition of the column, as the server shows it."""
    with db.engine.connect() as connection:
        row = connection.exec_driver_sql("SHOW CREATE TABLE orders").one()
    lines = [each.strip() for each in row[1].splitlines()]
    (line,) = [each for each in lines if each.startswith("`status` ")]
    return str(line)


def execute(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def replace(db: Database, values: list[str], **options: Any) -> None:
    move(db, "replace_native_enum", values, **options)


def restore(db: Database, labels: list[str], **options: Any) -> None:
    move(db, "restore_native_enum", labels, **options)


def move(
    db: Database, directive: str, values: list[str], **options: Any
) -> None:
    options = {
        "existing_values": values,
        "enum_name": "status",
        "name": "ck_orders_status",
        **options,
    }
    with db.operations() as op:
        getattr(op, directive)("orders", "status", values, **options)


def test_round_trip(mysql: Database) -> None:
    """Autogenerate sees an ENUM where the model has a CheckEnum, and the
    other way round.
    """
    before = native("NEW", "PAYED")
    mysql.create(before)
    mysql.insert("orders", id=1, status="PAYED")
    migration = mysql.round_trip(before, orders("NEW", "PAYED"))
    assert body("""
        op.replace_native_enum(
            "orders",
            "status",
            ["NEW", "PAYED"],
            existing_values=["NEW", "PAYED"],
            enum_name="status",
            name=op.f("ck_orders_status"),
        )
        """) in migration.upgrade
    assert "PostgreSQL" not in migration.source
    assert "# MariaDB and MySQL copy the table" in migration.upgrade
    assert mysql.column("orders") == ["PAYED"]


def test_definition(mysql: Database) -> None:
    """NOT NULL, default, comment and indexes are kept, up and down."""
    mysql.create(native("NEW", "PAYED"))
    execute(
        mysql,
        "ALTER TABLE orders MODIFY status ENUM('NEW', 'PAYED') NOT NULL"
        " DEFAULT 'PAYED' COMMENT 'it''s %% 50', ADD UNIQUE (status)",
    )
    before = column(mysql)
    replace(
        mysql,
        ["NEW", "PAID"],
        existing_values=["NEW", "PAYED"],
        rename={"PAYED": "PAID"},
    )
    text = column(mysql)
    assert "varchar(255)" in text
    assert "NOT NULL DEFAULT 'PAID' COMMENT 'it''s % 50'" in text
    restore(
        mysql,
        ["NEW", "PAYED"],
        existing_values=["NEW", "PAID"],
        rename={"PAID": "PAYED"},
    )
    assert column(mysql) == before
    (index,) = sa.inspect(mysql.engine).get_indexes("orders")
    assert index["unique"]


def test_renamed(mysql: Database) -> None:
    """Rows change, exactly, and only known ones do."""
    mysql.create(native("a", "b", "c"))
    for id, status in enumerate(["a", "b", "c", None], 1):
        mysql.insert("orders", id=id, status=status)
    with pytest.raises(exc.RowsRemainError):
        replace(
            mysql,
            ["A", "b"],
            existing_values=["a", "b", "c"],
            rename={"a": "A"},
        )
    assert "enum(" in column(mysql)
    for _ in range(2):  # the second has nothing left to do
        replace(
            mysql,
            ["A", "b"],
            existing_values=["a", "b", "c"],
            rename={"a": "A", "c": None},
        )
    assert mysql.column("orders") == ["A", "b", None, None]
    assert mysql.diff(orders("A", "b")) == []
    for _ in range(2):
        restore(
            mysql, ["b", "x"], existing_values=["A", "b"], rename={"A": "x"}
        )
    assert mysql.column("orders") == ["x", "b", None, None]


@pytest.mark.parametrize("labels", [["a", "A"], ["é", "e"], ["ß", "ss"]])
def test_labels_that_a_collation_takes_for_one(
    mysql: Database, labels: list[str]
) -> None:
    """They get the exact collation, and each row its own label."""
    mysql.create(orders(*labels))
    for id, status in enumerate(labels, 1):
        mysql.insert("orders", id=id, status=status)
    restore(mysql, labels)
    assert mysql.column("orders") == labels
    replace(mysql, labels)
    assert mysql.column("orders") == labels
    assert mysql.diff(orders(*labels)) == []


def test_label_that_a_character_set_lacks(mysql: Database) -> None:
    """The table's own character set is not the column's. MariaDB cannot
    keep the CHECK, and refuses before anything has changed.
    """
    execute(
        mysql,
        "CREATE TABLE orders (id INTEGER AUTO_INCREMENT PRIMARY KEY, status"
        " ENUM('ł', 'l') COLLATE utf8mb4_bin) DEFAULT CHARACTER SET latin1",
    )
    mysql.insert("orders", id=1, status="ł")
    if mysql.engine.dialect.is_mariadb:  # type: ignore[attr-defined]
        with pytest.raises(sa.exc.OperationalError, match="1918"):
            replace(mysql, ["ł", "l"])
        assert "enum(" in column(mysql)
        return
    replace(mysql, ["ł", "l"])
    restore(mysql, ["ł", "l"])
    assert mysql.column("orders") == ["ł"]


@pytest.mark.parametrize("label", ["", "it's", "a\\b", "%s", "a,b", "\n"])
def test_odd_labels(mysql: Database, label: str) -> None:
    """Any string that an ENUM keeps is a label, the empty one, too."""
    mysql.create(native("x", label))
    mysql.insert("orders", id=1, status=label)
    migration = mysql.autogenerate(orders("x", label))
    for _ in range(2):
        mysql.upgrade(orders("x", label), migration)
        assert mysql.column("orders") == [label]
        assert mysql.diff(orders("x", label)) == []
        mysql.downgrade(native("x", label), migration)
        assert mysql.column("orders") == [label]
        assert "enum(" in column(mysql)


def test_error_value(mysql: Database) -> None:
    """What an ENUM did not take has index 0 and reads as an empty string: it
    stops the directive.
    """
    mysql.create(native("x"))
    execute(
        mysql,
        "SET sql_mode = ''",
        "INSERT INTO orders (id, status) VALUES (1, 'y')",
    )
    with pytest.raises(exc.RowsRemainError) as caught:
        replace(mysql, ["x"])
    assert caught.value.counts == {"": 1}
    assert "enum(" in column(mysql)


def test_label_that_ends_in_a_blank(mysql: Database) -> None:
    mysql.create(orders("x", "x "))
    with pytest.raises(exc.DirectiveError, match="ends in a blank"):
        restore(mysql, ["x", "x "])
    assert "varchar" in column(mysql)


def test_default_that_is_no_label(mysql: Database) -> None:
    """It is asked for before anything changes."""
    mysql.create(
        orders_with(
            sa.Column("status", CheckEnum("x", "y"), server_default="y")
        )
    )
    with pytest.raises(exc.DirectiveError, match="default 'y' is no label"):
        restore(mysql, ["x"], existing_values=["x", "y"])
    restore(
        mysql,
        ["x"],
        existing_values=["x", "y"],
        server_default="x",
        existing_server_default="y",
    )
    assert "DEFAULT 'x'" in column(mysql)


def test_foreign_key(mysql: Database) -> None:
    """A column in a foreign key keeps its type."""
    mysql.create(native("x"))
    execute(
        mysql,
        "ALTER TABLE orders ADD UNIQUE (status)",
        "CREATE TABLE items (status ENUM('x'), CONSTRAINT fk"
        " FOREIGN KEY (status) REFERENCES orders (status))",
    )
    with pytest.raises(exc.DirectiveError, match="foreign key 'fk'"):
        replace(mysql, ["x"])


def test_default_in_models(mysql: Database) -> None:
    """A default goes along with a rename that autogenerate finds."""
    before = native("new", "payed", server_default="payed")
    after = orders_with(
        sa.Column("status", CheckEnum("NEW", "PAYED"), server_default="PAYED")
    )
    mysql.create(before)
    mysql.insert("orders", id=1)
    mysql.round_trip(before, after)
    assert mysql.column("orders") == ["PAYED"]


def test_mysql_type(mysql: Database) -> None:
    """The dialect's own ENUM is one, too."""
    before = orders_with(sa.Column("status", dialect.ENUM("x", "y")))
    mysql.create(before)
    mysql.round_trip(before, orders("x", "y"))


def test_script() -> None:
    """A script cannot see the definition, and says so."""
    for name in ("replace_native_enum", "restore_native_enum"):
        with pytest.raises(exc.DirectiveError, match="a script cannot"):
            script(
                "mysql",
                lambda op: getattr(op, name)(
                    "orders",
                    "status",
                    ["x"],
                    existing_values=["x"],
                    enum_name="e",
                    name="ck",
                ),
            )


@pytest.mark.parametrize("default", [None, "a😀"])
def test_labels_of_four_bytes(mysql: Database, default: str | None) -> None:
    """A label that the server shows with question marks is the model's."""
    labels = ["a😀", "what?", "😭"]
    before = native(*labels, server_default=default)
    mysql.create(before)
    mysql.insert("orders", id=1, status="😭")
    after = orders_with(
        sa.Column("status", CheckEnum(*labels), server_default=default)
    )
    migration = mysql.autogenerate(after)
    mysql.upgrade(after, migration)
    assert mysql.diff(after) == []
    mysql.downgrade(before, migration)
    assert mysql.column("orders") == ["😭"]
    for id, label in enumerate(labels, 2):
        mysql.insert("orders", id=id, status=label)
    assert mysql.column("orders") == ["😭", *labels]


@pytest.mark.parametrize("values", [["😀", "😭"], ["b"]])
def test_unclear_labels(mysql: Database, values: list[str]) -> None:
    """One that is several of the model's values, or none, is refused."""
    mysql.create(native("😀"))
    with pytest.raises(CommandError, match="values of the model look so"):
        mysql.autogenerate(orders(*values))
