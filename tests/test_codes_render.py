"""What autogenerate writes for columns of codes."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op_text
import sqlalchemy as sa

from .roundtrip import body
from .roundtrip import Database
from .test_codes import op_of


def rendered(db: Database, op: Any) -> str:
    with db.context(sa.MetaData()) as context:
        return render_op_text(AutogenContext(context, sa.MetaData()), op)


def test_both_ways(sqlite: Database) -> None:
    """The mapping is written as it is given, in both directions."""
    op = op_of(
        sa.SmallInteger(),
        [1, 2],
        ["NEW", "PAID"],
        server_default="NEW",
        existing_server_default=1,
    )
    cost = """
        # On PostgreSQL a new type rewrites the table and rebuilds the
        # column's indexes, once for all columns of a batch.
        # Nobody can read or write the table meanwhile: the lock is
        # ACCESS EXCLUSIVE.
    """
    assert rendered(sqlite, op) == body(cost) + "\n" + body("""
        op.replace_codes(
            "orders",
            "status",
            ["NEW", "PAID"],
            existing_type=sa.SmallInteger(),
            rename={1: "NEW", 2: "PAID"},
            name=op.f("ck_orders_status"),
            server_default="NEW",
            existing_server_default=1,
        )
        """)
    assert rendered(sqlite, op.reverse()) == body(cost) + "\n" + body("""
        op.restore_codes(
            "orders",
            "status",
            ["NEW", "PAID"],
            type_=sa.SmallInteger(),
            rename={"NEW": 1, "PAID": 2},
            name=op.f("ck_orders_status"),
            server_default=1,
            existing_server_default="NEW",
        )
        """)


def test_unknown_codes(sqlite: Database) -> None:
    """Where nobody has said what the codes mean, the text asks for it."""
    op = op_of(sa.CHAR(1), [], ["NEW"], rename={})
    assert body("""
        # TODO: say in rename what each code means, for example
        # rename={"1": "NEW"}. If any row holds another code,
        # this stops before it changes anything, and lists what it found.
        op.replace_codes(
            "orders",
            "status",
            ["NEW"],
            existing_type=sa.CHAR(length=1),
            rename={},
        """) in rendered(sqlite, op)
    assert body("""
        # TODO: say in rename which code each value gets, for example
        # rename={"NEW": "1"}. If any row holds another value,
        # this stops before it changes anything, and lists what it found.
        op.restore_codes(
            "orders",
            "status",
            ["NEW"],
            type_=sa.CHAR(length=1),
            rename={},
        """) in rendered(sqlite, op.reverse())


def test_lost(sqlite: Database) -> None:
    """The way back says what it cannot tell apart."""
    op = op_of(sa.Integer(), [], ["NEW"], rename={1: "NEW", 2: "NEW"})
    assert (
        "\n# Lost: 1 and 2 became 'NEW': all of them become 1.\n"
    ) in rendered(sqlite, op.reverse())


def test_online(sqlite: Database) -> None:
    """Online it says so, and what it keeps."""
    op = op_of(
        sa.Integer(), [1], ["NEW"], length=9, online=True, keep_column=True
    )
    assert rendered(sqlite, op) == body("""
        # On PostgreSQL the column becomes the table's last one.
        op.replace_codes(
            "orders",
            "status",
            ["NEW"],
            existing_type=sa.Integer(),
            rename={1: "NEW"},
            name=op.f("ck_orders_status"),
            length=9,
            keep_column=True,
            online=True,
        )
        """)
