"""Data moves into two new columns."""

from alembic import op
import sqlalchemy as sa

revision = "1"
down_revision = None


def upgrade() -> None:
    op.drop_check_enum(
        "orders",
        "state",
        ["OPEN_UNPAID", "OPEN_PAID", "DONE_PAID"],
        name=op.f("ck_orders_state"),
    )
    op.add_column(
        "orders", sa.Column("progress", sa.String(length=255), nullable=True)
    )
    op.create_check_enum(
        "orders",
        "progress",
        ["OPEN", "DONE"],
        name=op.f("ck_orders_progress"),
    )
    op.add_column(
        "orders", sa.Column("payment", sa.String(length=255), nullable=True)
    )
    op.create_check_enum(
        "orders",
        "payment",
        ["UNPAID", "PAID"],
        name=op.f("ck_orders_payment"),
    )
    # By hand: each old value says two things.
    orders = sa.table(
        "orders", *map(sa.column, ["state", "progress", "payment"])
    )
    open_, unpaid = ["OPEN_UNPAID", "OPEN_PAID"], ["OPEN_UNPAID"]
    op.execute(
        sa.update(orders)
        .where(orders.c.state.is_not(None))
        .values(
            progress=sa.case(
                (orders.c.state.in_(open_), "OPEN"), else_="DONE"
            ),
            payment=sa.case(
                (orders.c.state.in_(unpaid), "UNPAID"), else_="PAID"
            ),
        )
    )

    op.drop_column("orders", "state")


def downgrade() -> None:
    op.add_column(
        "orders", sa.Column("state", sa.VARCHAR(length=255), nullable=True)
    )
    # By hand: and back. What is done but unpaid has no old value: NULL.
    orders = sa.table(
        "orders", *map(sa.column, ["state", "progress", "payment"])
    )
    state = orders.c.progress + "_" + orders.c.payment
    op.execute(
        sa.update(orders)
        .where(state.in_(["OPEN_UNPAID", "OPEN_PAID", "DONE_PAID"]))
        .values(state=state)
    )

    op.drop_check_enum(
        "orders",
        "payment",
        ["UNPAID", "PAID"],
        name=op.f("ck_orders_payment"),
    )
    op.drop_column("orders", "payment")
    op.drop_check_enum(
        "orders",
        "progress",
        ["OPEN", "DONE"],
        name=op.f("ck_orders_progress"),
    )
    op.drop_column("orders", "progress")
    op.create_check_enum(
        "orders",
        "state",
        ["OPEN_UNPAID", "OPEN_PAID", "DONE_PAID"],
        name=op.f("ck_orders_state"),
    )
