from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import io
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
from sqlalchemy.exc import ArgumentError

from ckenum.alembic.ops import AlterCheckEnumOp
from ckenum.alembic.ops import CheckEnumOp
from ckenum.alembic.ops import CreateCheckEnumOp
from ckenum.alembic.ops import DropCheckEnumOp
from ckenum.alembic.ops import ValidateCheckEnumOp
from ckenum.alembic.ops.native import ReplaceNativeEnumOp
from ckenum.exc import DirectiveError

from .models import orders
from .roundtrip import Database

CREATE: dict[str, Any] = {"values": ["NEW", "PAID"], "name": "ck"}
DROP: dict[str, Any] = {"existing_values": ["NEW", "PAID"], "name": "ck"}
ALTER: dict[str, Any] = {
    "values": ["NEW", "PAID"],
    "existing_values": ["NEW", "PAYED"],
    "name": "ck",
}
DIRECTIVES = {
    "create_check_enum": CREATE,
    "drop_check_enum": DROP,
    "validate_check_enum": DROP,
    "alter_check_enum": ALTER,
}


def bad_lists(directive: str, argument: str) -> Iterator[Any]:
    for bad, said in [
        ("NEW", f"{argument} must be a list of strings, not 'NEW'"),
        ([1, "NEW"], f"{argument} must be a list of strings, not [1, 'NEW']"),
        ([], f"{argument} is empty"),
        (["x", "NEW", "x"], f"{argument} has 'x' more than once"),
        (
            ["NEW", "a\0"],
            f"{argument} has 'a\\x00', which cannot be stored: it "
            "contains a NUL or a lone surrogate",
        ),
        (
            ["\ud800"],
            f"{argument} has '\\ud800', which cannot be stored: it "
            "contains a NUL or a lone surrogate",
        ),
        (None, f"{argument} must be a list of strings, not None"),
        (5, f"{argument} must be a list of strings, not 5"),
    ]:
        yield directive, {argument: bad}, said


BAD: list[tuple[str, dict[str, Any], str]] = [
    *bad_lists("create_check_enum", "values"),
    *bad_lists("drop_check_enum", "existing_values"),
    *bad_lists("validate_check_enum", "existing_values"),
    *bad_lists("alter_check_enum", "values"),
    *bad_lists("alter_check_enum", "existing_values"),
    *(
        (
            directive,
            {"name": None},
            "name=None is not a name for a constraint",
        )
        for directive in DIRECTIVES
    ),
    (
        "create_check_enum",
        {"length": 3},
        "length=3 is too short for 'PAID', which has 4 characters",
    ),
    (
        "alter_check_enum",
        {"length": 3},
        "length=3 is too short for 'PAID', which has 4 characters",
    ),
    (
        "alter_check_enum",
        {"rename": {"GONE": "PAID"}},
        "'GONE' is not in existing_values, so no row can hold it: "
        "['NEW', 'PAYED']",
    ),
    (
        "alter_check_enum",
        {"rename": {"PAYED": "PAYD"}},
        "rename turns 'PAYED' into 'PAYD', which is not in values: "
        "['NEW', 'PAID']",
    ),
    (
        "alter_check_enum",
        {"delete": ["GONE"]},
        "'GONE' is not in existing_values, so no row can hold it: "
        "['NEW', 'PAYED']",
    ),
    (
        "alter_check_enum",
        {"delete": "PAYED"},
        "delete must be a list of strings, not 'PAYED'",
    ),
    (
        "alter_check_enum",
        {"delete": 5},
        "delete must be a list of strings, not 5",
    ),
    (
        "alter_check_enum",
        {"rename": ["PAYED"]},
        "rename must map strings to strings or None, not ['PAYED']",
    ),
    (
        "alter_check_enum",
        {"existing_name": 5},
        "existing_name=5 is not a name for a constraint",
    ),
    (
        "create_check_enum",
        {"length": "20"},
        "length='20' is not a number of characters",
    ),
    (
        "alter_check_enum",
        {"length": True},
        "length=True is not a number of characters",
    ),
    (
        "drop_check_enum",
        {"existing_length": 20},
        "existing_length=20 needs length beside it; give both only if the "
        "length changes",
    ),
    (
        "create_check_enum",
        {"server_default": "GONE"},
        "server_default='GONE' is not one of the values: ['NEW', 'PAID']",
    ),
    (
        "drop_check_enum",
        {"server_default": True},
        "server_default=True is not a string",
    ),
    (
        "alter_check_enum",
        {"existing_server_default": 5},
        "existing_server_default=5 is not a string",
    ),
    (
        "alter_check_enum",
        {"rename": {"PAYED": "PAID"}, "delete": ["PAYED"]},
        "'PAYED' is both renamed and deleted",
    ),
    (
        "alter_check_enum",
        {"rename": {"PAYED": "NEW"}, "delete": ["NEW"]},
        "rename turns 'PAYED' into 'NEW', whose rows are deleted: delete "
        "them in a directive before this one",
    ),
]


@contextmanager
def script() -> Iterator[tuple[Operations, io.StringIO]]:
    """``op``, and what it has written."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": written},
    )
    with Operations.context(context) as op:
        yield op, written


@pytest.mark.parametrize("directive, arguments, said", BAD)
@pytest.mark.parametrize("schema", [None, "shop"])
def test_bad_argument_is_refused_by_the_call(
    directive: str, arguments: dict[str, Any], said: str, schema: str | None
) -> None:
    """Before any statement; the text names table, column and value."""
    where = "shop.orders.status" if schema else "orders.status"
    with script() as (op, written):
        with pytest.raises(DirectiveError) as caught:
            getattr(op, directive)(
                "orders",
                "status",
                **{**DIRECTIVES[directive], **arguments, "schema": schema},
            )
    assert str(caught.value) == f"Check enum on '{where}': {said}."
    assert isinstance(caught.value, ArgumentError)
    assert written.getvalue() == ""


@pytest.mark.parametrize("directive, arguments, said", BAD)
def test_bad_argument_is_refused_in_a_batch(
    directive: str, arguments: dict[str, Any], said: str
) -> None:
    """The batch knows table and schema."""
    with script() as (op, written):
        with pytest.raises(DirectiveError) as caught:
            with op.batch_alter_table("orders", schema="shop") as batch_op:
                getattr(batch_op, directive)(
                    "status", **{**DIRECTIVES[directive], **arguments}
                )
    assert str(caught.value) == f"Check enum on 'shop.orders.status': {said}."
    assert written.getvalue() == ""


@pytest.mark.parametrize("directive, arguments, said", BAD[::7])
def test_database_is_as_it_was(
    db: Database, directive: str, arguments: dict[str, Any], said: str
) -> None:
    before = orders("NEW", "PAYED")
    db.create(before)
    db.insert("orders", id=1, status="PAYED")
    with pytest.raises(DirectiveError):
        with db.operations() as op:
            getattr(op, directive)(
                "orders", "status", **{**DIRECTIVES[directive], **arguments}
            )
    assert db.diff(before) == []
    assert db.column("orders") == ["PAYED"]


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_good_arguments_are_taken(directive: str) -> None:
    """The arguments that the tests above make bad."""
    arguments = DIRECTIVES[directive]
    with script() as (op, alone):
        getattr(op, directive)("orders", "status", **arguments)
    with script() as (op, in_batch):
        with op.batch_alter_table("orders") as batch_op:
            getattr(batch_op, directive)("status", **arguments)
    assert alone.getvalue() == in_batch.getvalue()
    assert "ALTER TABLE orders" in alone.getvalue()
    assert "CONSTRAINT ck" in alone.getvalue()


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_options_are_by_keyword(directive: str) -> None:
    """A migration reads the same in ten years."""
    with script() as (op, written):
        with pytest.raises(TypeError):
            getattr(op, directive)("orders", "status", ["a"], ["b"], "ck")
    assert written.getvalue() == ""


ALL = {
    "name": "ck",
    "length": 20,
    "existing_length": 10,
    "server_default": "b",
    "existing_server_default": "a",
    "schema": "shop",
}
BACK = {
    "name": "ck",
    "length": 10,
    "existing_length": 20,
    "server_default": "a",
    "existing_server_default": "b",
    "schema": "shop",
}


def alter(
    values: list[str], existing_values: list[str], **options: Any
) -> AlterCheckEnumOp:
    return AlterCheckEnumOp(
        "orders",
        "status",
        values,
        existing_values=existing_values,
        **{"name": "ck", **options},
    )


def assert_same(one: CheckEnumOp, other: CheckEnumOp) -> None:
    assert type(one) is type(other)
    assert vars(one) == vars(other)


class TestReverse:
    def test_of_create(self) -> None:
        op = CreateCheckEnumOp("orders", "status", ["a", "b"], **ALL)
        drop = DropCheckEnumOp("orders", "status", ["a", "b"], **BACK)
        assert_same(op.reverse(), drop)
        assert_same(op.reverse().reverse(), op)

    def test_of_drop(self) -> None:
        op = DropCheckEnumOp("orders", "status", ["a", "b"], **ALL)
        create = CreateCheckEnumOp("orders", "status", ["a", "b"], **BACK)
        assert_same(op.reverse(), create)
        assert_same(op.reverse().reverse(), op)

    def test_of_validate(self) -> None:
        """What is valid stays valid."""
        op = ValidateCheckEnumOp("orders", "status", ["a"], name="ck")
        assert_same(op.reverse(), op)

    def test_of_alter(self) -> None:
        op = alter(["a", "b"], ["a", "c"], **ALL)
        assert_same(op.reverse(), alter(["a", "c"], ["a", "b"], **BACK))
        assert_same(op.reverse().reverse(), op)

    def test_of_another_name(self) -> None:
        op = alter(["a"], ["a"], name="new", existing_name="old")
        back = alter(["a"], ["a"], name="old", existing_name="new")
        assert_same(op.reverse(), back)
        assert_same(op.reverse().reverse(), op)

    def test_leaves_the_default_alone_where_it_does(self) -> None:
        op = alter(["a"], ["b"])
        assert not op.reverse().changes_default

    def test_brings_back_no_default(self) -> None:
        """None is none; False is as it is."""
        op = alter(["a"], ["b"], server_default=None)
        op.existing_server_default = "b"
        assert op.changes_default
        assert op.reverse().server_default == "b"
        assert op.reverse().existing_server_default is None

    @pytest.mark.parametrize(
        "existing, values, rename, back",
        [
            (["a"], ["b"], {"a": "b"}, {"b": "a"}),
            (
                ["a", "b"],
                ["a", "b"],
                {"a": "b", "b": "a"},
                {"b": "a", "a": "b"},
            ),
            (
                ["a", "b"],
                ["b", "c"],
                {"a": "b", "b": "c"},
                {"b": "a", "c": "b"},
            ),
            # rows that became one cannot be told again
            (["a", "b"], ["b"], {"a": "b"}, {}),
            (["a", "b"], ["c"], {"a": "c", "b": "c"}, {}),
            (["a", "b"], ["c"], {"a": "c", "b": None}, {"c": "a"}),
            (["a"], ["b"], {"a": None}, {}),
        ],
    )
    def test_renames_what_it_can_tell(
        self,
        existing: list[str],
        values: list[str],
        rename: dict[str, str | None],
        back: dict[str, str | None],
    ) -> None:
        op = alter(values, existing, rename=rename)
        assert op.reverse().rename == back

    def test_does_not_delete(self) -> None:
        """Deleted rows do not come back; others are left in peace."""
        assert alter(["a"], ["a", "b"], delete=["b"]).reverse().delete == ()


class TestDiffTuple:
    """What ``alembic check`` and compare_metadata() show."""

    @pytest.mark.parametrize(
        "op, shown",
        [
            (
                CreateCheckEnumOp("orders", "status", ("a", "b"), **ALL),
                ("add_check_enum", "shop", "orders", "status", "ck")
                + (["a", "b"],),
            ),
            (
                DropCheckEnumOp("orders", "status", ("a", "b"), name="ck"),
                ("remove_check_enum", None, "orders", "status", "ck")
                + (["a", "b"],),
            ),
            (
                ValidateCheckEnumOp("orders", "status", ("a",), name="ck"),
                ("validate_check_enum", None, "orders", "status", "ck")
                + (["a"],),
            ),
            (
                alter(["a", "b"], ["a", "c"]),
                ("modify_check_enum", None, "orders", "status", "ck")
                + (["a", "c"], ["a", "b"]),
            ),
        ],
    )
    def test_shows_what_changes(
        self, op: CheckEnumOp, shown: tuple[Any, ...]
    ) -> None:
        assert op.to_diff_tuple() == shown  # type: ignore[no-untyped-call]


class TestLeaving:
    def test_are_the_values_without_a_rule(self) -> None:
        op = alter(
            ["a", "b"],
            ["a", "c", "d", "e", "f"],
            rename={"c": "b", "d": None},
            delete=["e"],
        )
        assert op.leaving == ("f",)
        assert op.changes_rows

    def test_are_none_where_values_only_come(self) -> None:
        op = alter(["a", "b"], ["a"])
        assert op.leaving == ()
        assert not op.changes_rows


@pytest.mark.parametrize(
    "length, existing_length, changes, widens",
    [
        (None, None, False, False),
        (10, 10, False, False),
        (20, 10, True, True),
        (10, 20, True, False),
        (10, None, True, False),
    ],
)
def test_length_is_wider_or_narrower(
    length: int | None,
    existing_length: int | None,
    changes: bool,
    widens: bool,
) -> None:
    """A VARCHAR without a length is the widest."""
    op = alter(["a"], ["b"], length=length, existing_length=existing_length)
    assert (op.changes_length, op.widens) == (changes, widens)


def test_arguments_are_not_kept_by_reference() -> None:
    """A list that the caller changes later is the caller's."""
    values, rename, delete = ["a"], {"b": "a"}, ["c"]
    op = alter(values, ["b", "c"], rename=rename, delete=delete)
    values.clear()
    rename.clear()
    delete.clear()
    assert (op.values, op.rename, op.delete) == (("a",), {"b": "a"}, ("c",))


class TestWaysOut:
    """What an error says about rows that hold a removed value."""

    def test_of_single_values(self) -> None:
        """A rule for each removed value; a NULL needs none."""
        op = alter(["a"], ["a", "b", "c", None])
        assert op.ways_out == (
            "Say in the migration's alter_check_enum() what becomes of them:\n"
            "    rename={'b': 'a', 'c': 'a'},  # update them; None stores NULL"
            "\n    delete=['b', 'c'],  # delete them"
        )

    def test_of_arrays(self) -> None:
        """Items are replaced or taken out; the rows stay."""
        op = alter(["a"], ["a", "b"], array=True)
        assert op.ways_out == (
            "Say in the migration's alter_check_enum() what becomes of them:\n"
            "    rename={'b': 'a'},  # replace them in the arrays\n"
            "    delete=['b'],  # take them out of the arrays"
        )

    @pytest.mark.parametrize("array", [False, True])
    def test_of_native_enums(self, array: bool) -> None:
        """It names the directive, which deletes nothing."""
        op = ReplaceNativeEnumOp(
            *("orders", "status", ["a"]),
            existing_values=["a", "b"],
            enum_name="status",
            name="ck",
            array=array,
        )
        assert "migration's replace_native_enum()" in op.ways_out
        assert "rename={'b': 'a'}," in op.ways_out
        assert "delete" not in op.ways_out
        assert ("out of the arrays first" in op.ways_out) is array

    @pytest.mark.parametrize("removed", [[], [None]])
    def test_without_removed_values(self, removed: list[str | None]) -> None:
        """There is no rule that could be written."""
        op = alter(["a"], ["a", *removed])
        assert op.ways_out == "Change those rows first, or add the values."
