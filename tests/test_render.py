"""The text of operations that autogenerate does not write by itself."""

from __future__ import annotations

from alembic.autogenerate import produce_migrations
from alembic.autogenerate import render_python_code
from alembic.operations.ops import UpgradeOps
import pytest
import sqlalchemy as sa

import ckenum
from ckenum.alembic.autogenerate.render.literals import quoted
from ckenum.alembic.ops import AlterCheckEnumOp

from .models import orders
from .roundtrip import body
from .roundtrip import Database
from .roundtrip import directives


def test_delete() -> None:
    """Autogenerate never deletes, but whoever edits its operations may."""
    op = AlterCheckEnumOp(
        "orders",
        "status",
        ["A"],
        existing_values=["A", "B"],
        name="ck",
        delete=["B"],
    )
    rendered = render_python_code(UpgradeOps([op]))
    assert body("    " + rendered).splitlines()[1:-1] == [
        "op.alter_check_enum(",
        '    "orders",',
        '    "status",',
        '    ["A"],',
        '    existing_values=["A", "B"],',
        '    name=op.f("ck"),',
        '    delete=["B"],',
        ")",
    ]


def test_by_alembic_alone(db: Database) -> None:
    """Rendered without the plugin's context, a table has the same name for
    its constraint, which no convention changes.
    """
    metadata = orders("A", convention="ck_%(table_name)s_%(constraint_name)s")
    with db.context(metadata) as context:
        script = produce_migrations(context, metadata)
    assert script.upgrade_ops
    rendered = render_python_code(script.upgrade_ops)
    assert "ckenum.CheckEnum('A', name=op.f('ck_orders_status'))" in rendered
    with db.operations(metadata) as op:
        exec(directives(rendered), {"op": op, "sa": sa, "ckenum": ckenum})
    assert db.diff(metadata) == []


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("a", '"a"'),
        ("it's", '"it\'s"'),
        ('"dq"', "'\"dq\"'"),
        ("a\nb\\", '"a\\nb\\\\"'),
        (None, "None"),
        (False, "False"),
    ],
)
def test_quoted(text: str | None, literal: str) -> None:
    """As black would write it."""
    assert quoted(text) == literal


def test_nothing_to_validate(sqlite: Database) -> None:
    """On SQLite a constraint is always valid: nothing is run."""
    sqlite.create(orders("A"))
    with sqlite.operations() as op:
        op.validate_check_enum(  # type: ignore[attr-defined]
            "orders", "status", ["A"], name="ck_of_no_table"
        )
