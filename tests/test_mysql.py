"""MariaDB and MySQL: what is promised of them in particular."""

from __future__ import annotations

from functools import partial
import io
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from ckenum import CheckEnum
from ckenum.alembic import OnlineSettings
from ckenum.exc import CheckEnumError
from ckenum.exc import DeclarationError
from ckenum.exc import DirectiveError
from ckenum.exc import LockTimeoutError

from .backends import MYSQLS
from .models import orders
from .models import orders_with
from .roundtrip import Database
from .test_mysql_trigger import old_application


def test_round_trip(mysql: Database) -> None:
    """Values that are added, removed and renamed go up and down."""
    before = orders("new", "paid")
    mysql.create(before)
    migration = mysql.round_trip(before, orders("new", "paid", "sent"))
    assert "op.alter_check_enum(" in migration.upgrade


@pytest.mark.parametrize("stranger", ["NEW", "néw", "new "])
def test_exact(mysql: Database, stranger: str) -> None:
    """A string that only a collation takes for a value is refused."""
    mysql.create(orders("new", "paid"))
    mysql.insert("orders", id=1, status="new")
    with pytest.raises(sa.exc.IntegrityError):
        mysql.insert("orders", id=2, status=stranger)
    assert mysql.column("orders") == ["new"]


def alter(
    db: Database, values: list[str], existing: list[str], **options: Any
) -> None:
    options = {"name": "ck_orders_status", **options}
    with db.operations() as op:
        op.alter_check_enum(
            "orders", "status", values, existing_values=existing, **options
        )


def filled(db: Database, *values: str, **options: Any) -> None:
    db.create(orders(*values, **options))
    for id, value in enumerate(values):
        db.insert("orders", id=id, status=value)


def test_rows_that_change_meanwhile(mysql: Database) -> None:
    """A row that others change after it was counted is no error."""
    mysql.create(orders("a", "b", "c"))
    mysql.insert("orders", id=1, status="a")
    writer = sa.create_engine(mysql.engine.url)

    written: list[str] = []

    def write(*args: Any) -> None:
        if args[2].startswith("UPDATE") and not written:
            written.append(args[2])
            with writer.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO orders VALUES (2, 'a')"
                )
                connection.exec_driver_sql("UPDATE orders SET status = 'b'")

    sa.event.listen(mysql.engine, "before_cursor_execute", write)
    with mysql.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["b"],
            existing_values=["a", "b", "c"],
            name="ck_orders_status",
            rename={"a": "b"},
        )
    writer.dispose()
    assert mysql.column("orders") == ["b", "b"]


def test_rename_and_delete(mysql: Database) -> None:
    """Rows change between the old list and the new one, exactly."""
    filled(mysql, "a", "A", "b")
    alter(mysql, ["A", "c"], ["a", "A", "b"], rename={"b": "c"}, delete=["a"])
    assert mysql.column("orders") == ["A", "c"]
    assert mysql.diff(orders("A", "c")) == []


def test_default_that_leaves(mysql: Database) -> None:
    """A default that the new list lacks stops it before anything changes."""
    status = sa.Column("status", CheckEnum("a", "b"), server_default="a")
    mysql.create(orders_with(status))
    with pytest.raises(DirectiveError, match="server_default='c'"):
        alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "c"})
    assert mysql.diff(orders("a", "b")) == []


def test_what_names_a_value(mysql: Database, caplog: Any) -> None:
    """Other CHECKs, generated columns, views and triggers are told."""
    mysql.create(
        orders_with(
            sa.Column("status", CheckEnum("a", "b")),
            sa.Column("g", sa.Integer, sa.Computed("status = 'a'")),
            sa.Column("n", sa.Integer),
            sa.CheckConstraint("n > 1 OR status = 'a'", name="other"),
        )
    )
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE VIEW v AS SELECT id FROM orders WHERE status = 'a'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW "
            "SET NEW.n = (NEW.status = 'a')"
        )
    alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "c"})
    told = caplog.text
    for found in (
        "CHECK 'other'",
        "generated column 'g'",
        "view 'v'",
        "trigger 'tr'",
    ):
        assert found in told


@pytest.mark.parametrize("reached", [False, True])
def test_key_to_plain_text(mysql: Database, reached: bool) -> None:
    """A column that a foreign key ties to plain text compares as that does;
    the CHECK says by itself that it is exact, also when it changes.
    """

    def model(*values: str) -> sa.MetaData:
        metadata = orders_with(
            sa.Column(
                "status", CheckEnum(*values), sa.ForeignKey("states.name")
            )
        )
        sa.Table(
            "states",
            metadata,
            sa.Column("name", sa.String(255), primary_key=True),
        )
        return metadata

    mysql.create(model("new", "paid"))
    mysql.insert("states", name="NEW")
    mysql.insert("states", name="paid")
    mysql.insert("orders", id=1, status="paid")
    if reached:
        mysql.round_trip(model("new", "paid"), model("new", "paid", "sent"))
    assert mysql.diff(model("new", "paid", *["sent"] * reached)) == []
    with pytest.raises(sa.exc.IntegrityError, match="ck_orders_status"):
        mysql.insert("orders", id=2, status="NEW")


def execute(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def shown(db: Database) -> str:
    with db.engine.connect() as connection:
        row = connection.exec_driver_sql("SHOW CREATE TABLE orders").one()
    return str(row[1])


LATIN = """
    CREATE TABLE orders (
        id int PRIMARY KEY AUTO_INCREMENT,
        status varchar(20) CHARACTER SET latin1,
        CONSTRAINT ck_orders_status CHECK (status IN ('é', 'a', 'A'))
    )
    """


def test_rows_of_another_collation(mysql: Database) -> None:
    """A column that takes 'a' for 'A' loses the rows of 'a' alone."""
    execute(mysql, LATIN)
    for id, status in enumerate(["é", "a", "A"], 1):
        mysql.insert("orders", id=id, status=status)
    alter(mysql, ["A", "e"], ["é", "a", "A"], rename={"é": "e"}, delete=["a"])
    assert mysql.column("orders") == ["e", "A"]
    with pytest.raises(sa.exc.IntegrityError):
        mysql.insert("orders", id=4, status="a")


def test_collation_is_a_difference(mysql: Database) -> None:
    """Autogenerate offers the exact collation, and nothing else."""
    execute(mysql, LATIN)
    model = orders("é", "a", "A", length=20)
    migration = mysql.autogenerate(model)
    assert migration.upgrade.count("op.") == 1
    assert "collation='utf8mb4_" in migration.upgrade
    mysql.upgrade(model, migration)
    assert mysql.diff(model) == []
    mysql.downgrade(model, migration)
    assert "latin1" in shown(mysql)


def test_created_constraint_makes_it_exact(mysql: Database) -> None:
    """Its ALTER gives the column the collation, and keeps the rest."""
    plain = sa.Column(
        "status",
        sa.String(20),
        nullable=False,
        server_default="a",
        comment="it's 50% :b",
    )
    mysql.create(orders_with(plain))
    with mysql.operations() as op:
        op.create_check_enum(
            "orders", "status", ["a", "b"], name="ck_orders_status"
        )
    text = shown(mysql)
    assert "NOT NULL DEFAULT 'a' COMMENT 'it''s 50% :b'" in text
    assert "_bin" in text


def test_length_and_default(mysql: Database) -> None:
    """One MODIFY changes them, before longer values come or after they are
    gone, and forgets nothing.
    """
    column = sa.Column(
        "status",
        CheckEnum("a", "b", length=1),
        nullable=False,
        server_default="a",
        comment="it's 50%",
    )
    mysql.create(orders_with(column))
    mysql.insert("orders", id=1, status="a")
    change = {"rename": {"a": "long"}, "length": 4, "existing_length": 1}
    default = {"server_default": "long", "existing_server_default": "a"}
    alter(mysql, ["long", "b"], ["a", "b"], **change, **default)
    text = shown(mysql)
    assert "varchar(4)" in text
    assert "DEFAULT 'long'" in text
    assert "NOT NULL" in text and "COMMENT 'it''s 50%'" in text
    change = {"rename": {"long": "a"}, "length": 1, "existing_length": 4}
    default = {"server_default": "b", "existing_server_default": "long"}
    alter(mysql, ["a", "b"], ["long", "b"], **change, **default)
    assert "varchar(1)" in shown(mysql) and "DEFAULT 'b'" in shown(mysql)
    assert mysql.column("orders") == ["a"]


def test_default_of_four_bytes(mysql: Database) -> None:
    """A new length keeps a default that MariaDB shows as a question mark."""
    status = sa.Column(
        "status", CheckEnum("😀", length=2), server_default="😀"
    )
    mysql.create(orders_with(status))
    new_length = {"length": 9, "existing_length": 2}
    alter(mysql, ["😀", "longer"], ["😀"], **new_length)
    execute(mysql, "INSERT INTO orders (id) VALUES (1)")
    assert mysql.column("orders") == ["😀"]


def test_default_that_alembic_repeats(mysql: Database) -> None:
    """So does a migration that changes the column's nullability."""

    def model(nullable: bool) -> sa.MetaData:
        status = CheckEnum("😀", "a")
        options: Any = {"server_default": "😀", "nullable": nullable}
        return orders_with(sa.Column("status", status, **options))

    mysql.create(model(False))
    migration = mysql.round_trip(model(False), model(True))
    assert "nullable=True" in migration.upgrade
    execute(mysql, "INSERT INTO orders (id) VALUES (1)")
    assert mysql.column("orders") == ["😀"]


def test_default_that_is_not_told(mysql: Database) -> None:
    """Two values that MariaDB shows alike stop it, until one is given."""
    status = sa.Column(
        "status", CheckEnum("😀", "😭", length=2), server_default="😭"
    )
    mysql.create(orders_with(status))
    change = partial(alter, mysql, ["😀", "😭"], ["😀", "😭"])
    new_length = {"length": 9, "existing_length": 2}
    with mysql.engine.connect() as connection:
        is_mariadb = connection.dialect.is_mariadb
    if is_mariadb:
        with pytest.raises(DirectiveError, match="2 values look so"):
            change(**new_length)
    change(**new_length, server_default="😭")
    execute(mysql, "INSERT INTO orders (id) VALUES (1)")
    assert mysql.column("orders") == ["😭"]


@pytest.mark.parametrize(
    "values, options, says",
    [
        (["b", "c"], {"rename": {"a": None}}, "the column is NOT NULL"),
        (["b", "long"], {"rename": {"a": "long"}}, "the column takes 2"),
        (["b"], {}, "1 row"),
    ],
)
def test_asked_before(
    mysql: Database, values: list[str], options: Any, says: str
) -> None:
    """What would stop it halfway stops it before anything changes."""
    status = sa.Column("status", CheckEnum("a", "b", length=2), nullable=False)
    model = orders_with(status)
    mysql.create(model)
    mysql.insert("orders", id=1, status="a")
    before = shown(mysql)
    with pytest.raises(CheckEnumError, match=says):
        alter(mysql, values, ["a", "b"], **options)
    assert shown(mysql) == before


def test_key_that_changes_the_column(mysql: Database) -> None:
    """The server allows no CHECK where a foreign key has an action."""
    execute(
        mysql,
        "CREATE TABLE states (name varchar(9) PRIMARY KEY)",
        "CREATE TABLE orders (id int, status varchar(9), CONSTRAINT fk "
        "FOREIGN KEY (status) REFERENCES states (name) ON UPDATE CASCADE)",
    )
    says = "foreign key 'fk' has ON UPDATE CASCADE"
    with pytest.raises(DirectiveError, match=says), mysql.operations() as op:
        op.create_check_enum("orders", "status", ["a"], name="ck")


@pytest.mark.parametrize(
    "action", [{"onupdate": "CASCADE"}, {"ondelete": "set null"}]
)
def test_model_whose_key_changes_the_column(
    mysql: Database, action: Any
) -> None:
    """The table is refused with the reason, which the server does not say;
    ON DELETE CASCADE writes no column.
    """

    def model(**options: Any) -> sa.MetaData:
        key = sa.ForeignKey("states.name", **options)
        metadata = orders_with(sa.Column("status", CheckEnum("a"), key))
        name = sa.Column("name", CheckEnum("a"), primary_key=True)
        sa.Table("states", metadata, name)
        return metadata

    with pytest.raises(DeclarationError, match="orders.status' has ON"):
        mysql.create(model(**action))
    mysql.create(model(ondelete="CASCADE"))


def test_refused_rows_go_back(mysql: Database) -> None:
    """Where the rows cannot change, the old list is there again."""
    filled(mysql, "a", "b")
    execute(mysql, "CREATE UNIQUE INDEX u ON orders (status)")
    before = shown(mysql)
    with pytest.raises(sa.exc.IntegrityError, match="uplicate"):
        alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "b"})
    assert shown(mysql) == before
    assert mysql.column("orders") == ["a", "b"]


def test_rows_written_meanwhile(mysql: Database) -> None:
    """A row that somebody writes between the UPDATE and the last ALTER is
    changed like the others.
    """
    filled(mysql, "a", "b")
    # else the locks of the UPDATE keep them out
    committed = Database(mysql.engine.url, isolation_level="READ COMMITTED")
    written: list[int] = []

    def listener(*args: Any) -> None:
        if "ALTER" in args[2] and args[2].count("'") == 4 and not written:
            written.append(9)
            other = Database(mysql.engine.url)
            other.insert("orders", id=9, status="a")
            other.dispose()

    sa.event.listen(committed.engine, "before_cursor_execute", listener)
    alter(committed, ["b", "c"], ["a", "b"], rename={"a": "c"})
    committed.dispose()
    assert written
    assert mysql.column("orders") == ["c", "b", "c"]
    assert mysql.diff(orders("b", "c")) == []


def test_old_application(mysql: Database) -> None:
    """A directive ends, though somebody writes old values all the time; the
    table has foreign keys in both directions, and a trigger.
    """

    def model(*values: str) -> sa.MetaData:
        customer = sa.Column("customer", sa.ForeignKey("customers.id"))
        metadata = orders_with(
            sa.Column("status", CheckEnum(*values)), customer
        )
        number = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table("customers", metadata, number)
        order = sa.Column("order_id", sa.ForeignKey("orders.id"))
        sa.Table("items", metadata, order)
        return metadata

    mysql.create(model("NEW", "PAYED"))
    execute(
        mysql,
        "CREATE TRIGGER told AFTER UPDATE ON orders FOR EACH ROW "
        "INSERT INTO items VALUES (NEW.id)",
    )
    with old_application(mysql, is_refused=True):
        alter(
            mysql, ["NEW", "PAID"], ["NEW", "PAYED"], rename={"PAYED": "PAID"}
        )
    assert {*mysql.column("orders")} == {"PAID"}
    assert mysql.diff(model("NEW", "PAID")) == []
    execute(mysql, "DROP TABLE items")  # no lock is left


def test_deadline(mysql: Database) -> None:
    """Behind an open reader it gives up, and says who that is; others have
    not waited for it much longer than a second.
    """
    filled(mysql, "a", "b")
    settings = OnlineSettings(deadline=0.1, pause=0.01)
    mysql.options["ckenum_online_settings"] = settings
    reader = sa.create_engine(mysql.engine.url)
    with reader.connect() as reading:
        reading.execute(sa.text("SELECT * FROM orders")).all()
        with pytest.raises(LockTimeoutError, match="held by pid"):
            alter(mysql, ["a", "b", "c"], ["a", "b"])
    reader.dispose()
    assert mysql.diff(orders("a", "b")) == []
    alter(mysql, ["a", "b", "c"], ["a", "b"])
    with mysql.engine.connect() as connection:
        asking = sa.text("SELECT @@SESSION.lock_wait_timeout > 1000")
        assert connection.scalar(asking)


def test_check_of_a_column(mysql: Database) -> None:
    """A CHECK in the column's definition becomes one of the table."""
    execute(
        mysql,
        "CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, "
        "status varchar(255) CHECK (status IN ('a', 'b')))",
    )
    model = orders("a", "b", "c")
    mysql.upgrade(model, mysql.autogenerate(model))
    assert mysql.diff(model) == []
    assert shown(mysql).count("CHECK") == 1


@pytest.mark.parametrize("name", [None, "status"])
def test_check_of_a_column_that_changes(
    mysql: Database, name: str | None
) -> None:
    """It is one of the table before Alembic changes the column's definition,
    and the column is exact afterwards.
    """
    execute(
        mysql,
        "CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, "
        "status varchar(255) CHECK (status IN ('a', 'b')))",
    )
    type_ = CheckEnum("a", "b", name=name)
    model = orders_with(sa.Column("status", type_, nullable=False))
    migration = mysql.autogenerate(model)
    mysql.upgrade(model, migration)
    assert mysql.diff(model) == []
    assert shown(mysql).count("CHECK") == 1
    mysql.downgrade(model, migration)
    assert shown(mysql).count("CHECK") == 1


def test_renamed_by_others(mysql: Database) -> None:
    """A constraint that gh-ost has renamed is found by what it says."""
    filled(mysql, "a", "b")
    execute(
        mysql,
        "ALTER TABLE orders DROP CONSTRAINT ck_orders_status, "
        "ADD CONSTRAINT _ck_1 CHECK (status IN ('a', 'b'))",
    )
    alter(mysql, ["b", "c"], ["a", "b"], rename={"a": "c"})
    assert mysql.column("orders") == ["c", "b"]
    assert mysql.diff(orders("b", "c")) == []


def test_only_the_named_one_goes(mysql: Database) -> None:
    """Where it has gone already, another one of the column stays."""
    filled(mysql, "a", "b")
    execute(
        mysql,
        "ALTER TABLE orders ADD CONSTRAINT second "
        "CHECK (status IN ('a', 'b'))",
    )
    for _ in range(2):
        with mysql.operations() as op:
            op.drop_check_enum("orders", "status", ["a", "b"], name="second")
    assert "CONSTRAINT `ck_orders_status`" in shown(mysql)
    assert mysql.diff(orders("a", "b")) == []


def test_interrupted(mysql: Database) -> None:
    """Directives that were not recorded as done are run again."""
    mysql.create(orders_with(sa.Column("status", sa.String(9))))
    for _ in range(2):
        with mysql.operations() as op:
            op.create_check_enum(
                "orders", "status", ["a"], name="ck_orders_status"
            )
    for _ in range(2):
        with mysql.operations() as op:
            op.drop_check_enum(
                "orders", "status", ["a"], name="ck_orders_status"
            )
    assert "CHECK" not in shown(mysql)


HARD = ["back\\slash", "\\n", "it's", "50%", "a :b", "日本😀", ""]


def run_script(
    db: Database, values: list[str], existing: list[str], **options: Any
) -> None:
    """Run what ``--sql`` writes for a change, past all drivers' escapes."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect=db.engine.dialect,
        opts={"as_sql": True, "output_buffer": buffer},
    )
    Operations(context).alter_check_enum(
        "orders",
        "status",
        values,
        existing_values=existing,
        name="ck_orders_status",
        **options,
    )
    raw = db.engine.raw_connection()
    for statement in buffer.getvalue().split(";\n"):
        if statement.strip():
            raw.cursor().execute(statement)
    raw.commit()
    raw.close()


def test_script(mysql: Database) -> None:
    """``--sql`` does what the online run does, for every value."""
    filled(mysql, *HARD, "junk")
    renamed = [f"{value}!" for value in HARD]
    run_script(
        mysql,
        renamed,
        [*HARD, "junk"],
        rename=dict(zip(HARD, renamed)),
        delete=["junk"],
    )
    assert mysql.column("orders") == renamed
    assert mysql.diff(orders(*renamed)) == []


def test_in_a_batch(mysql: Database) -> None:
    """A directive runs after what the batch has gathered before it."""
    filled(mysql, "a", "b")
    with mysql.operations() as op:
        with op.batch_alter_table("orders") as batch:
            batch.add_column(sa.Column("kind", sa.String(9)))
            batch.create_check_enum("kind", ["x"], name="ck_kind")
            batch.alter_check_enum(
                "status",
                ["a", "c"],
                existing_values=["a", "b"],
                name="ck_orders_status",
                rename={"b": "c"},
            )
    assert mysql.column("orders") == ["a", "c"]
    assert "ck_kind" in shown(mysql)


def test_mode_without_escapes(mysql: Database) -> None:
    """With NO_BACKSLASH_ESCAPES, MariaDB keeps each value as it is; MySQL
    cannot, so it is asked before.
    """
    mysql.create(orders("a"))
    with mysql.engine.connect() as connection:
        is_mariadb = connection.dialect.is_mariadb
        mode = "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"
        connection.exec_driver_sql(mode)
        connection.dialect._backslash_escapes = False
        op = Operations(MigrationContext.configure(connection))
        change = partial(
            op.alter_check_enum,
            *("orders", "status", ["a", *HARD]),
            existing_values=["a"],
            name="ck_orders_status",
        )
        if is_mariadb:
            change()
        else:
            with pytest.raises(DirectiveError, match="cannot keep"):
                change()
    connection.dialect._backslash_escapes = True
    model = orders("a", *HARD) if is_mariadb else orders("a")
    assert mysql.diff(model) == []


ONLY_MYSQL = pytest.mark.parametrize(
    "mysql", [name for name in MYSQLS if name == "mysql"], indirect=True
)


@ONLY_MYSQL
def test_not_enforced(mysql: Database) -> None:
    """A constraint that the server does not heed counts as missing."""
    filled(mysql, "a", "b")
    execute(
        mysql, "ALTER TABLE orders ALTER CHECK ck_orders_status NOT ENFORCED"
    )
    model = orders("a", "b")
    migration = mysql.autogenerate(model)
    assert migration.upgrade.startswith("op.create_check_enum(")
    mysql.upgrade(model, migration)
    assert mysql.diff(model) == []
    assert "NOT ENFORCED" not in shown(mysql)


@ONLY_MYSQL
def test_name_of_another_table(mysql: Database) -> None:
    """MySQL has each name once in a schema."""
    execute(
        mysql,
        "CREATE TABLE other (x varchar(9), CONSTRAINT ck CHECK (x = 'x'))",
    )
    mysql.create(orders_with(sa.Column("status", sa.String(9))))
    says = "already has a constraint 'ck'.*of table 'other'"
    with pytest.raises(DirectiveError, match=says), mysql.operations() as op:
        op.create_check_enum("orders", "status", ["a"], name="ck")


LONG = "n" * 65


def test_name_that_is_too_long(mysql: Database) -> None:
    """One of 65 characters is refused by autogenerate and by a directive,
    which change nothing.
    """
    filled(mysql, "a", "b")
    before = sa.inspect(mysql.engine).get_check_constraints("orders")
    with pytest.raises(DeclarationError, match="has 65 characters, and"):
        mysql.diff(orders("a", "b", name=LONG))
    with pytest.raises(DirectiveError, match="has 65 characters, and"):
        alter(
            mysql,
            ["a"],
            ["a", "b"],
            rename={"b": "a"},
            existing_name="ck_orders_status",
            name=LONG,
        )
    assert mysql.column("orders") == ["a", "b"]
    found = sa.inspect(mysql.engine).get_check_constraints("orders")
    assert found == before


def test_long_name_that_is_shortened(mysql: Database) -> None:
    """With ``conv()`` SQLAlchemy shortens it, the same each time."""
    before = orders("a", name=conv(LONG))
    mysql.create(before)
    mysql.round_trip(before, orders("a", "b", name=conv(LONG)))
