"""Backends: what is asked of one, and where one may be known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle

import ckenum
from ckenum import CheckEnum
from ckenum import exc
from ckenum.backend import Backend
from ckenum.backend import backend_of

from . import toy
from .models import orders_with
from .roundtrip import Database

NAMES = {"postgresql", "sqlite", "mysql", "mariadb", "oracle", "mssql"}
HOME = Path(ckenum.__file__).parent
PACKAGES = (
    "backend",
    "alembic/ddl/mysql",
    "alembic/ddl/postgresql",
    "alembic/ddl/sqlite",
)


def orders(*values: str) -> sa.MetaData:
    return orders_with(sa.Column("status", CheckEnum(*values)))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(sa.make_url(f"toy:///{tmp_path}/toy.db"))
    yield database
    database.dispose()


def test_one_from_outside(db: Database) -> None:
    """Two registrations make a backend: it runs a migration up, down and up
    again, and a comparison finds no difference after each.
    """
    before = orders("new", "paid")
    db.create(before)
    toy.TOY.swaps.clear()
    after = orders("new", "paid", "sent")
    migration = db.round_trip(before, after)
    assert "op.alter_check_enum(" in migration.upgrade
    assert toy.TOY.swaps == ["orders.status"] * 3


def test_rows_of_one_from_outside(db: Database) -> None:
    """Rows change between the old list and the new one."""
    db.create(orders("new", "paid"))
    db.insert("orders", id=1, status="paid")
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["new", "settled"],
            existing_values=["new", "paid"],
            name="ck_orders_status",
            rename={"paid": "settled"},
        )
    assert db.column("orders") == ["settled"]
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=2, status="paid")


def test_rows_stop_one_from_outside(db: Database) -> None:
    """A value that leaves, and that a row holds, stops the directive."""
    db.create(orders("new", "paid"))
    db.insert("orders", id=1, status="paid")
    with pytest.raises(exc.RowsRemainError), db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["new"],
            existing_values=["new", "paid"],
            name="ck_orders_status",
        )
    assert db.column("orders") == ["paid"]


@pytest.mark.parametrize(
    "directive, what",
    [
        ("replace_native_enum", "native ENUM types"),
        ("restore_native_enum", "native ENUM types"),
        ("create_check_enum", "arrays"),
    ],
)
def test_what_one_has_not(db: Database, directive: str, what: str) -> None:
    """One error says what the backend lacks, and what to do."""
    options = {"array": True}
    if directive != "create_check_enum":
        options = {"existing_values": ["a"], "enum_name": "mood"}
    db.create(orders("a"))
    says = f"toy has no {what}.*Run this directive only if"
    with pytest.raises(exc.DirectiveError, match=says), db.operations() as op:
        run = getattr(op, directive)
        run("orders", "status", ["a"], name="ck", **options)


def test_no_codes(db: Database) -> None:
    """A backend that moves no columns of codes says so."""
    db.create(orders("a"))
    says = "does not move columns of codes on 'toy'.*changed nothing"
    with pytest.raises(exc.DirectiveError, match=says), db.operations() as op:
        op.replace_codes(  # type: ignore[attr-defined]
            "orders",
            "status",
            ["a"],
            existing_type=sa.Integer(),
            rename={1: "a"},
            name="ck",
        )


def test_unknown_one() -> None:
    """What is not registered is a backend without anything special."""
    assert type(backend_of("klingon")) is Backend


def modules() -> list[Path]:
    return [
        path
        for path in HOME.rglob("*.py")
        if not path.relative_to(HOME).as_posix().startswith(PACKAGES)
    ]


def branches(tree: ast.AST) -> Iterator[ast.AST]:
    """Names of dialects, but those that compile an element or register a
    backend, and comparisons of a dialect's name.
    """
    allowed = {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", None) in ("compiles", "register")
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in NAMES:
            if id(node) not in allowed:
                yield node
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(
                ast.unparse(side).endswith("dialect.name") for side in sides
            ):
                yield node


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_known_in_its_package_only(path: Path) -> None:
    """No module but a backend's own asks which backend it is."""
    assert [*map(ast.unparse, branches(ast.parse(path.read_text())))] == []


@pytest.mark.parametrize(
    "text",
    [
        "x = dialect.name == op.name",
        "if context.dialect.name in names: pass",
        "f('sqlite')",
        "x = {'postgresql': 1}",
    ],
)
def test_detector(text: str) -> None:
    """Each way of asking is seen."""
    assert [*branches(ast.parse(text))]


def test_text_of_oracle() -> None:
    """It is not cast where nothing is a native ENUM: Oracle cannot compare
    the CLOB that a cast to text is there.
    """
    text = backend_of("oracle").as_text(sa.column("status"))
    assert str(text.compile(dialect=oracle.dialect())) == "status"
