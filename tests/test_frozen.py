from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

from alembic.operations import Operations
import pytest
import sqlalchemy as sa

from .frozen import first_release
from .reflect import accepted
from .roundtrip import Database

DIRECTIVES = [
    "create_check_enum",
    "drop_check_enum",
    "alter_check_enum",
    "validate_check_enum",
    "drop_check_enum_trigger",
    "replace_native_enum",
    "restore_native_enum",
]


def run(db: Database, function: Any) -> None:
    with db.context(sa.MetaData()) as context, Operations.context(context):
        function()


def rows(db: Database) -> list[Any]:
    with db.engine.connect() as connection:
        return connection.exec_driver_sql(
            "SELECT id, status, size, channel FROM orders ORDER BY id"
        ).all()  # type: ignore[return-value]


def takes(db: Database, column: str, *values: str) -> set[str]:
    return accepted(db.engine, "orders", column, values)


def test_upgrade(db: Database) -> None:
    """A released migration goes on doing the same on its way up."""
    run(db, first_release.upgrade)
    assert rows(db) == [
        (1, "NEW", "small", "web"),
        (2, "SETTLED", "large", "web"),
        (4, None, None, None),
    ]
    statuses = ["NEW", "PAYED", "PAID", "SETTLED", "SHIPPED", "JUNK"]
    assert takes(db, "status", *statuses) == {"NEW", "SETTLED", "SHIPPED"}
    assert takes(db, "channel", "web", "shop", "phone") == {"web", "phone"}
    db.insert("orders", id=9)
    assert rows(db)[-1] == (9, "NEW", "small", None)


def test_downgrade(db: Database) -> None:
    """A released migration goes on doing the same on its way down."""
    run(db, first_release.upgrade)
    db.insert("orders", id=5, status="SHIPPED", channel="web")
    run(db, first_release.downgrade)
    assert rows(db) == [
        (1, "NEW", "S", "web"),
        (2, "PAYED", "L", "web"),
        (4, None, None, None),
        (5, None, "S", "web"),
    ]
    assert takes(db, "status", "NEW", "PAYED", "PAID") == {"NEW", "PAYED"}
    assert takes(db, "size", "S", "M", "L", "XL") == {"S", "M", "L"}
    assert takes(db, "channel", "any") == {"any"}


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_each_keyword(directive: str) -> None:
    """Each directive of the first release keeps all keywords it had then."""
    tree = ast.parse(Path(first_release.__file__).read_text())
    used = {
        keyword.arg
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == directive
        for keyword in call.keywords
    }
    signature = inspect.signature(getattr(Operations, directive))
    assert used <= {*signature.parameters}
    assert used
