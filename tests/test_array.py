"""Arrays of a CheckEnum, which PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import enum
import io
import itertools
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ckenum import CheckEnum
from ckenum.array_literal import read
from ckenum.array_literal import stored
from ckenum.array_literal import write
from ckenum.exc import DirectiveError
from ckenum.exc import RowsRemainError
from ckenum.exc import UnknownValueError
from ckenum.reflection import Check
from ckenum.shapes import in_turn

from .backends import BACKENDS
from .backends import Servers
from .models import orders_with
from .online import execute
from .reflect import reflected
from .roundtrip import body
from .roundtrip import Database
from .test_any import value_lists
from .test_script import HARD
from .test_script import script

pytestmark = pytest.mark.each_server

ARRAYS = [sa.ARRAY, postgresql.ARRAY]


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID


@pytest.fixture(params=[name for name in BACKENDS if "postgresql" in name])
def db(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Database]:
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


def tagged(
    *values: Any, array: Any = sa.ARRAY, column: str = "tags", **options: Any
) -> sa.MetaData:
    """Orders with a column that is an array of a CheckEnum."""
    return orders_with(sa.Column(column, array(CheckEnum(*values, **options))))


def rows(db: Database, *arrays: list[Any] | None) -> None:
    for number, array in enumerate(arrays, 1):
        db.insert("orders", id=number, tags=array)


def tags(db: Database) -> list[Any]:
    return db.column("orders", "tags")


def accepts(db: Database, array: Any, table: str = "orders") -> bool:
    target = sa.table(table, sa.column("tags", sa.ARRAY(sa.String)))
    insert = sa.insert(target).values(tags=array)
    with db.engine.connect() as connection:
        try:
            connection.execute(insert)
        except sa.exc.IntegrityError:
            return False
        finally:
            connection.rollback()
    return True


class TestType:
    @pytest.mark.parametrize("array", ARRAYS)
    def test_has_one_named_constraint(self, db: Database, array: Any) -> None:
        """On a VARCHAR[], under the name that a single value's would have."""
        db.create(tagged("a", "it's", array=array))
        assert reflected(db.engine, "orders") == [
            Check(
                "ck_orders_tags",
                "tags <@ '{a,it''s}'::character varying[]",
            )
        ]
        _, column = sa.inspect(db.engine).get_columns("orders")
        assert repr(column["type"]) == "ARRAY(VARCHAR(length=255))"

    @pytest.mark.parametrize(
        "array, accepted",
        [
            (["a", "b", "a"], True),
            ([["a"], ["b"]], True),
            ([], True),
            (None, True),
            (["a", "c"], False),
            (["a", None], False),
            ([None], False),
        ],
    )
    def test_holds_each_item(
        self, db: Database, array: Any, accepted: bool
    ) -> None:
        """To the values, so not to NULL; no array, or no items, is right."""
        db.create(tagged("a", "b"))
        assert accepts(db, array) is accepted

    @pytest.mark.parametrize("array", ARRAYS)
    @pytest.mark.parametrize("persist", ["name", "value"])
    def test_members_there_and_back(
        self, db: Database, array: Any, persist: str
    ) -> None:
        """In arrays of one dimension, or of more."""
        metadata = tagged(Status, array=array, persist=persist)
        db.create(metadata)
        table = metadata.tables["orders"]
        written = [[Status.NEW, Status.PAID], [], None, [[Status.NEW]]]
        with db.engine.begin() as connection:
            connection.execute(
                sa.insert(table), [{"tags": array} for array in written]
            )
            found = connection.scalars(sa.select(table.c.tags))
            assert list(found) == written
        stored = "new" if persist == "value" else "NEW"
        assert tags(db)[3] == [[stored]]

    def test_refuses_a_stranger(self, db: Database) -> None:
        """Before the database has to, and on the way out."""
        metadata = tagged(Status)
        db.create(tagged("NEW", "GONE", "PAYED"))
        table = metadata.tables["orders"]
        rows(db, ["NEW", "PAYED"], ["GONE"])
        with db.engine.connect() as connection:
            with pytest.raises(sa.exc.StatementError, match="among the val"):
                connection.execute(sa.insert(table).values(tags=["x"]))
            connection.rollback()
            found = connection.scalars(sa.select(table.c.tags))
            with pytest.raises(UnknownValueError):
                list(found)
            one = sa.select(table.c.tags).where(table.c.id == 1)
            assert connection.scalar(one) == [Status.NEW, Status.PAID]

    def test_compares_with_members(self, db: Database) -> None:
        """And with their strings."""
        metadata = tagged(Status, array=postgresql.ARRAY)
        db.create(metadata)
        table = metadata.tables["orders"]
        rows(db, ["NEW"], ["PAID", "PAID"])
        column = table.c.tags
        with db.engine.connect() as connection:
            for condition in (
                column == [Status.NEW],
                column.contains([Status.NEW]),
                column.contains(["NEW"]),
                column.overlap([Status.NEW]),
                column.contained_by([Status.NEW]),
                column[1] == Status.NEW,
                sa.literal("NEW") == sa.any_(column),
            ):
                ids = sa.select(table.c.id).where(condition)
                assert list(connection.scalars(ids)) == [1]

    def test_survives_copies(self, db: Database) -> None:
        """One constraint a column, though the copies share the type."""
        type_ = sa.ARRAY(CheckEnum("a"))
        first = orders_with(sa.Column("x", type_), sa.Column("y", type_))
        copied = sa.MetaData()
        for table in first.tables.values():
            table.to_metadata(copied, name="copies")
        for metadata, table_name in (first, "orders"), (copied, "copies"):
            db.create(metadata)
            assert [c.name for c in reflected(db.engine, table_name)] == [
                f"ck_{table_name}_x",
                f"ck_{table_name}_y",
            ]

    def test_behind_decorators(self, db: Database) -> None:
        class Item(sa.TypeDecorator[str]):
            impl = CheckEnum("a")
            cache_ok = True

        class Items(sa.TypeDecorator[list[str]]):
            impl = sa.ARRAY(Item)
            cache_ok = True

        metadata = orders_with(sa.Column("tags", Items()))
        db.create(metadata)
        assert accepts(db, ["a"]) and not accepts(db, ["b"])
        assert db.diff(metadata) == []

    def test_as_a_variant(self, db: Database, sqlite: Database) -> None:
        """Where SQLite has JSON there is no constraint, and no difference."""
        array = sa.ARRAY(CheckEnum("a"))
        for type_ in (
            array.with_variant(sa.JSON(), "sqlite"),
            sa.JSON().with_variant(array, "postgresql"),
        ):
            metadata = orders_with(sa.Column("tags", type_))
            for database in db, sqlite:
                database.create(metadata)
                assert database.diff(metadata) == []
                found = reflected(database.engine, "orders")
                assert len(found) == (database is db)
                metadata.drop_all(database.engine)


class TestAutogenerate:
    def test_added_value(self, db: Database) -> None:
        """The directive says that it is about an array."""
        db.create(tagged("a"))
        migration = db.round_trip(tagged("a"), tagged("a", "b"))
        assert migration.upgrade == body("""
            op.alter_check_enum(
                "orders",
                "tags",
                ["a", "b"],
                existing_values=["a"],
                name=op.f("ck_orders_tags"),
                array=True,
            )
            """)
        assert accepts(db, ["b"])

    def test_removed_value(self, db: Database) -> None:
        """The comment tells what can be done about arrays that hold it."""
        db.create(tagged("a", "b"))
        rows(db, ["a", "b", "b"], ["b"], ["a"])
        migration = db.autogenerate(tagged("a"))
        assert migration.upgrade.startswith(body("""
            # If any row still holds a removed value, this stops before
            # changing anything. To replace it in the arrays,
            # add rename={"b": "a"};
            # to take it out of them, add delete=["b"].
            op.alter_check_enum(
            """))
        with pytest.raises(RowsRemainError) as caught:
            db.upgrade(tagged("a"), migration)
        assert caught.value.counts == {"b": 2}
        assert "take them out of the arrays" in str(caught.value)

    def test_renamed_by_alias(self, db: Database) -> None:
        """The arrays follow, and go back."""
        before = tagged("NEW", "PAYED")
        db.create(before)
        rows(db, ["PAYED", "NEW", "PAYED"], [], None)
        migration = db.round_trip(before, tagged(Status))
        assert 'rename={"PAYED": "PAID"},' in migration.upgrade
        assert tags(db) == [["PAID", "NEW", "PAID"], [], None]
        db.downgrade(before, migration)
        assert tags(db) == [["PAYED", "NEW", "PAYED"], [], None]

    @pytest.mark.parametrize(
        "array, rendered",
        [
            (sa.ARRAY, "sa.ARRAY({})"),
            (postgresql.ARRAY, "postgresql.ARRAY({})"),
            (
                lambda item: sa.ARRAY(item, dimensions=2, as_tuple=True),
                "sa.ARRAY({}, as_tuple=True, dimensions=2)",
            ),
        ],
    )
    def test_new_table(self, db: Database, array: Any, rendered: str) -> None:
        """With strings, a final name and the imports, whatever is in them."""
        values = ["a", "b.*(", "back\\slash"]
        metadata = tagged(*values, array=array)
        migration = db.round_trip(sa.MetaData(), metadata)
        item = (
            'ckenum.CheckEnum("a", "b.*(", "back\\\\slash", '
            'name=op.f("ck_orders_tags"))'
        )
        assert rendered.format(item) in migration.upgrade
        assert "import ckenum" in migration.imports
        assert accepts(db, values[1:]) and not accepts(db, ["x"])

    def test_dropped_table(self, db: Database) -> None:
        """It comes back with its constraint."""
        metadata = tagged("a :b", "c", length=7)
        db.create(metadata)
        migration = db.round_trip(metadata, sa.MetaData())
        db.downgrade(metadata, migration)
        assert accepts(db, ["a :b"]) and not accepts(db, ["x"])

    @pytest.mark.parametrize("options", [{}, {"render_as_batch": True}])
    def test_new_column(self, db: Database, options: dict[str, Any]) -> None:
        """A plain column first, then its constraint; and all the way back."""
        db.create(orders_with())
        migration = db.round_trip(orders_with(), tagged("a"), **options)
        assert "sa.ARRAY(sa.String(length=255))" in migration.upgrade
        assert "create_check_enum(" in migration.upgrade
        assert "ckenum" not in migration.imports
        assert accepts(db, ["a"]) and not accepts(db, ["x"])

    def test_dropped_column(self, db: Database) -> None:
        db.create(tagged("a"))
        migration = db.round_trip(tagged("a"), orders_with())
        db.downgrade(tagged("a"), migration)
        assert accepts(db, ["a"]) and not accepts(db, ["x"])

    def test_missing_constraint(self, db: Database) -> None:
        """A column that was an array of plain strings."""
        strings = orders_with(sa.Column("tags", sa.ARRAY(sa.String(255))))
        db.create(strings)
        migration = db.round_trip(strings, tagged("a"))
        assert migration.upgrade == body("""
            op.create_check_enum(
                "orders",
                "tags",
                ["a"],
                name=op.f("ck_orders_tags"),
                array=True,
            )
            """)

    def test_constraint_that_leaves(self, db: Database) -> None:
        """A column that becomes an array of plain strings."""
        strings = orders_with(sa.Column("tags", sa.ARRAY(sa.String(255))))
        db.create(tagged("a"))
        migration = db.round_trip(tagged("a"), strings)
        assert migration.upgrade.startswith("op.drop_check_enum(")
        assert "array=True" in migration.upgrade

    @pytest.mark.parametrize(
        "condition",
        [
            "tags <@ '{b,a}'",
            "tags IS NULL OR ARRAY['b', 'a']::varchar[] @> tags",
            "tags::text[] <@ ARRAY['a', 'b', NULL]",
        ],
    )
    def test_adopts_what_means_the_same(
        self, db: Database, condition: str
    ) -> None:
        """Whatever its name, and however it is spelled."""
        by_hand = orders_with(
            sa.Column("tags", sa.ARRAY(sa.String(255))),
            sa.CheckConstraint(condition, name="mine"),
        )
        db.create(by_hand)
        migration = db.autogenerate(tagged("a", "b"))
        assert 'existing_name=op.f("mine"),' in migration.upgrade
        db.upgrade(tagged("a", "b"), migration)
        assert db.diff(tagged("a", "b")) == []
        assert len(reflected(db.engine, "orders")) == 1

    def test_narrow_column_is_widened(self, db: Database) -> None:
        """As wide as the longest item, and only then."""
        narrow = tagged("a", length=1)
        db.create(narrow)
        assert db.diff(tagged("b"))[0][0] == "modify_check_enum"
        migration = db.round_trip(narrow, tagged("a", "bb", length=2))
        assert "length=2," in migration.upgrade
        assert accepts(db, ["bb"])

    @pytest.mark.parametrize(
        "before", [sa.ARRAY(sa.Text), sa.ARRAY(sa.CHAR(3))]
    )
    def test_other_arrays_become_one(self, db: Database, before: Any) -> None:
        """By PostgreSQL's own cast; and back by hand."""
        db.create(orders_with(sa.Column("tags", before)))
        rows(db, ["abc"])
        after = tagged("a", "abc")
        migration = db.autogenerate(after)
        assert "type_=sa.ARRAY(sa.String(length=255))" in migration.upgrade
        db.upgrade(after, migration)
        assert db.diff(after) == []

    def test_single_value_is_no_array(self, db: Database) -> None:
        """Neither takes the other's constraint for its own."""
        by_hand = sa.CheckConstraint(
            "tags::text[] <@ '{a}'", name="ck_orders_tags"
        )
        db.create(orders_with(sa.Column("tags", sa.String(255)), by_hand))
        assert db.diff(orders_with(sa.Column("tags", CheckEnum("b")))) == []

    def test_each_constraint_is_compared_by_itself(self, db: Database) -> None:
        """A table with arrays and single values, in another schema."""

        def model(*values: str) -> sa.MetaData:
            return orders_with(
                sa.Column("tags", sa.ARRAY(CheckEnum(*values))),
                sa.Column("status", CheckEnum(*values)),
                schema="s",
            )

        with db.engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema("s"))
        db.create(model("a"))
        options: dict[str, Any] = {"include_schemas": True}
        assert db.diff(model("a"), **options) == []
        db.round_trip(model("a"), model("b", "a"), **options)


class TestServerDefault:
    @staticmethod
    def model(*values: str, default: Any = None) -> sa.MetaData:
        type_ = sa.ARRAY(CheckEnum(*values))
        return orders_with(sa.Column("tags", type_, server_default=default))

    def default(self, db: Database) -> Any:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM orders")
            connection.exec_driver_sql("INSERT INTO orders DEFAULT VALUES")
        return tags(db)[0]

    @pytest.mark.parametrize(
        "default", ["{new,paid}", sa.text("ARRAY['new', 'paid']::varchar[]")]
    )
    def test_follows_a_rename(self, db: Database, default: Any) -> None:
        """Up and down, however it is written."""
        before = self.model("new", "paid", default=default)
        db.create(before)
        migration = db.round_trip(before, self.model("NEW", "paid"))
        line = """server_default='{"NEW","paid"}',"""
        assert line in migration.upgrade.splitlines()[-4]
        assert self.default(db) == ["NEW", "paid"]
        db.downgrade(before, migration)
        assert self.default(db) == ["new", "paid"]

    def test_becomes_what_is_declared(self, db: Database) -> None:
        before = self.model("a", "b", default="{a}")
        db.create(before)
        db.round_trip(before, self.model(*HARD, default=write(HARD)))
        assert self.default(db) == HARD

    def test_goes_with_its_item(self, db: Database) -> None:
        """Where neither the model nor a rename says what it becomes."""
        before = self.model("a", "b", default="{a,b}")
        db.create(before)
        db.round_trip(before, self.model("a"))
        assert self.default(db) is None

    @pytest.mark.parametrize(
        "default", ["{}", "{a}", sa.text("string_to_array('b', ',')")]
    )
    def test_stays_otherwise(self, db: Database, default: Any) -> None:
        db.create(self.model("a", "b", default=default))
        migration = db.autogenerate(self.model("a", default=default))
        assert "server_default" not in migration.upgrade


@given(st.lists(st.text()))
def test_array_text_is_read_as_written(items: list[str]) -> None:
    assert read(write(items)) == items


@given(st.lists(value_lists, min_size=1))
def test_array_text_is_written_as_postgresql_does(
    one_db: Database, lists: list[list[str]]
) -> None:
    items = sa.ARRAY(sa.Text())
    with one_db.engine.connect() as connection:
        for values in lists:
            array = sa.cast(sa.literal(values, items), items)
            text = connection.scalar(sa.select(sa.cast(array, sa.Text)))
            assert stored(values) == text


def alter(op: Any, rename: Any = None, delete: Any = ()) -> None:
    op.alter_check_enum(
        "orders",
        "tags",
        ["a", "b", "c", "d"],
        existing_values=["a", "b", "c", "d", "x", "y"],
        name="ck_orders_tags",
        rename=rename,
        delete=delete,
        array=True,
    )


def at_once(
    array: list[Any], rename: dict[str, str], delete: list[str]
) -> list[Any]:
    return [rename.get(item, item) for item in array if item not in delete]


class TestDirectives:
    @pytest.mark.parametrize("offline", [False, True])
    @pytest.mark.parametrize(
        "rename, delete",
        [
            ({"x": "a"}, ["y"]),
            ({"a": "b", "b": "a", "x": "a", "y": "b"}, []),
            ({"a": "b", "b": "c", "x": "a", "y": "a"}, []),
            ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["x", "y"]),
            ({"a": "b", "x": "b", "y": "d"}, []),
            ({"a": "a", "x": "a"}, ["y"]),
            ({}, ["x", "y"]),
        ],
    )
    def test_items_are_replaced_and_taken_out(
        self,
        db: Database,
        rename: dict[str, str],
        delete: list[str],
        offline: bool,
    ) -> None:
        """All at once: swaps and chains are right; the order stays."""
        arrays = [list("abcdxy"), list("yxa"), list("bb"), [], ["x"]]
        db.create(tagged(*"abcdxy"))
        rows(db, *arrays)

        def directive(op: Any) -> None:
            alter(op, rename, delete)

        if offline:
            with db.engine.begin() as connection:
                text = script("postgresql", directive).replace("%", "%%")
                connection.exec_driver_sql(text)
        else:
            with db.operations() as op:
                directive(op)
        expected = [at_once(array, rename, delete) for array in arrays]
        assert tags(db) == expected
        assert not accepts(db, ["x"])
        assert db.diff(tagged(*"abcd")) == []

    def test_renames_keep_dimensions(self, db: Database) -> None:
        db.create(tagged(*"abcdxy"))
        rows(db, [["a", "x"], ["y", "a"]])
        with db.operations() as op:
            alter(op, {"x": "a", "y": "b", "a": "c"})
        assert tags(db) == [[["c", "a"], ["b", "c"]]]

    def test_hard_values_in_a_script(self, db: Database) -> None:
        """The text means what the strings say."""
        renamed = [f"{value}!" for value in HARD]
        db.create(tagged(*HARD))
        rows(db, HARD)

        def directive(op: Any) -> None:
            op.alter_check_enum(
                "orders",
                "tags",
                renamed,
                existing_values=HARD,
                name="ck_orders_tags",
                rename=dict(zip(HARD, renamed)),
                array=True,
            )

        text = script("postgresql", directive).replace("%", "%%")
        with db.engine.begin() as connection:
            connection.exec_driver_sql(text)
        assert tags(db) == [renamed]
        assert db.diff(tagged(*renamed)) == []

    def test_untouched_rows_are_not_written(self, db: Database) -> None:
        db.create(tagged(*"abcdxy"))
        rows(db, ["a"], ["x"])
        places = sa.text("SELECT ctid::text FROM orders WHERE id = 1")
        with db.engine.connect() as connection:
            before = connection.scalar(places)
        with db.operations() as op:
            alter(op, {"x": "b"}, ["y"])
        with db.engine.connect() as connection:
            assert connection.scalar(places) == before

    def test_create_counts_what_it_would_reject(self, db: Database) -> None:
        """By rows that hold it, NULL among them; and changes nothing."""
        strings = orders_with(sa.Column("tags", sa.ARRAY(sa.String(255))))
        db.create(strings)
        rows(db, ["a", "x", "x"], ["x", None], [["y"], ["a"]], [], None)
        with pytest.raises(RowsRemainError) as caught:
            with db.operations() as op:
                op.create_check_enum(
                    "orders", "tags", ["a"], name="ck", array=True
                )
        assert caught.value.counts == {"x": 2, "y": 1, None: 1}
        assert reflected(db.engine, "orders") == []

    # SQLAlchemy's own reflection warns of every NOT VALID constraint
    @pytest.mark.filterwarnings("ignore:Can't validate argument")
    def test_validate(self, db: Database) -> None:
        """A NOT VALID constraint, that of arrays too."""
        db.create(orders_with(sa.Column("tags", sa.ARRAY(sa.String(255)))))
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                "ALTER TABLE orders ADD CONSTRAINT ck_orders_tags "
                "CHECK (tags <@ '{a}') NOT VALID"
            )
        migration = db.round_trip(tagged("a"), tagged("a"))
        assert migration.upgrade.startswith("op.validate_check_enum(")
        assert "array=True," in migration.upgrade

    @pytest.mark.parametrize(
        "directive, arguments",
        [
            ("create_check_enum", (["a"],)),
            ("drop_check_enum", (["a"],)),
            ("validate_check_enum", (["a"],)),
        ],
    )
    @pytest.mark.parametrize("as_sql", [False, True])
    def test_no_other_database_has_arrays(
        self,
        sqlite: Database,
        directive: str,
        arguments: Any,
        as_sql: bool,
    ) -> None:
        """An error before any statement."""
        execute(sqlite, "CREATE TABLE orders (id INT, tags TEXT)")
        context = MigrationContext.configure(
            dialect_name="sqlite",
            opts={"as_sql": True, "output_buffer": io.StringIO()},
        )
        with sqlite.operations() as op:
            operations = Operations(context) if as_sql else op
            with pytest.raises(DirectiveError, match="has no arrays"):
                getattr(operations, directive)(
                    "orders", "tags", *arguments, name="ck", array=True
                )

    def test_alter_is_refused_there_too(self, sqlite: Database) -> None:
        execute(sqlite, "CREATE TABLE orders (id INT, tags TEXT)")
        with sqlite.operations() as op:
            with pytest.raises(DirectiveError, match="sqlite has no arrays"):
                alter(op, delete=["x", "y"])

    def test_no_item_is_renamed_to_null(self, postgresql: Database) -> None:
        """The constraint has none; what to say instead is told."""
        with postgresql.operations() as op:
            with pytest.raises(DirectiveError, match=r"delete=\['x'\] takes"):
                alter(op, {"x": None})
            with pytest.raises(DirectiveError, match="a NULL, which an array"):
                op.create_check_enum(
                    "orders", "tags", ["a", None], name="ck", array=True
                )


@given(st.data())
def test_renames_in_turn(data: st.DataObject) -> None:
    """One after another they do what the mapping does at once."""
    letters = st.sampled_from("abcdef")
    rename = data.draw(st.dictionaries(letters, letters))
    array = data.draw(st.lists(letters))
    changed = array
    for old, new in in_turn(rename):
        changed = [new if item == old else item for item in changed]
    assert changed == at_once(array, rename, [])


numbers = itertools.count()


@pytest.fixture
def one_db(one_postgresql: Database) -> Database:
    return one_postgresql


def holds_just(
    db: Database, table: str, values: list[str], tried: set[str]
) -> bool:
    """Whether the column takes arrays of those values, and of no other."""
    return (
        accepts(db, values, table)
        and accepts(db, [], table)
        and all(
            accepts(db, [values[0], value], table) is (value in values)
            for value in tried
        )
    )


@given(first=value_lists, second=value_lists)
def test_any(one_db: Database, first: list[str], second: list[str]) -> None:
    """Created by the metadata or by a migration, there is no difference and
    arrays of just those values are accepted; so it is after any change of
    the list, and after the way back.
    """
    db = one_db
    table = f"t{next(numbers)}"
    before, after = sa.MetaData(), sa.MetaData()
    for metadata, values in (before, first), (after, second):
        id_ = sa.Column("id", sa.Integer, primary_key=True)
        column = sa.Column("tags", sa.ARRAY(CheckEnum(*values)))
        sa.Table(table, metadata, id_, column)
    tried = {*first, *second, "stranger"}
    try:
        db.create(before)
        assert db.diff(before) == []
        assert holds_just(db, table, first, tried)
        before.drop_all(db.engine)

        creation = db.autogenerate(before)
        db.upgrade(before, creation)
        assert db.diff(before) == []
        assert holds_just(db, table, first, tried)

        change = db.autogenerate(after)
        db.upgrade(after, change)
        assert db.diff(after) == []
        assert holds_just(db, table, second, tried)
        db.downgrade(before, change)
        assert db.diff(before) == []
        assert holds_just(db, table, first, tried)
    finally:
        before.drop_all(db.engine)


class TestPlainAlembic:
    """``ckenum_render="alembic"``."""

    @pytest.fixture(autouse=True)
    def plain(self, db: Database) -> None:
        db.options["ckenum_render"] = "alembic"

    def test_history_without_ckenum(self, db: Database) -> None:
        """A table, a column, other values and names, there and back."""
        models = [
            sa.MetaData(),
            tagged("a :b", "PAYED", length=5),
            tagged(*HARD, "PAYED", length=100),
            orders_with(),
            tagged(*HARD, array=postgresql.ARRAY),
            sa.MetaData(),
        ]
        for before, after in itertools.pairwise(models):
            migration = db.round_trip(before, after)
            assert "ckenum" not in migration.source.replace("ckenum: b", "")
        assert sa.inspect(db.engine).get_table_names() == []

    def test_items_are_replaced(self, db: Database) -> None:
        before = tagged("a", "b", "PAYED", "new")
        db.create(before)
        rows(db, ["PAYED", "new"], ["PAYED"], [])
        db.round_trip(before, tagged("a", "b", "payed", "NEW"))
        assert tags(db) == [["payed", "NEW"], ["payed"], []]

    def test_items_that_remain_stop_it(self, db: Database) -> None:
        """The generated comment says where they can be changed."""
        db.create(tagged("a", "b"))
        rows(db, ["a", "b"])
        migration = db.autogenerate(tagged("a"))
        with pytest.raises(sa.exc.IntegrityError):
            db.upgrade(tagged("a"), migration)
        own = 'values({"tags": sa.column("tags")})'
        assert own in migration.upgrade
        removed = own.replace(
            'sa.column("tags")',
            'sa.func.array_remove(sa.column("tags"), "b")',
        )
        edited = dataclasses.replace(
            migration, upgrade=migration.upgrade.replace(own, removed)
        )
        db.upgrade(tagged("a"), edited)
        assert tags(db) == [["a"]]
