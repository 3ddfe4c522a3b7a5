"""A window for statements of your own."""

from alembic import op
import sqlalchemy as sa

revision = "1"
down_revision = None


def upgrade() -> None:
    # By hand: first old and new values ...
    op.alter_check_enum(
        "orders",
        "status",
        ["CLOSED", "NEW", "PAID", "CANCELLED"],
        existing_values=["CLOSED", "NEW"],
        name=op.f("ck_orders_status"),
    )

    # By hand: ... then what only you know ...
    orders = sa.table("orders", sa.column("status"), sa.column("paid"))
    closed = sa.update(orders).where(orders.c.status == "CLOSED")
    op.execute(closed.where(orders.c.paid > 0).values(status="PAID"))
    op.execute(closed.values(status="CANCELLED"))

    # ... then the new values alone; it stops if you forgot a row.
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "CANCELLED"],
        existing_values=["CLOSED", "NEW", "PAID", "CANCELLED"],
        name=op.f("ck_orders_status"),
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["CLOSED", "NEW"],
        existing_values=["NEW", "PAID", "CANCELLED"],
        name=op.f("ck_orders_status"),
        rename={"PAID": "CLOSED", "CANCELLED": "CLOSED"},  # by hand
    )
