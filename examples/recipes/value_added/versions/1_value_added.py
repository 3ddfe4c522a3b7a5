"""A value is added."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "SHIPPED"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["NEW", "PAID", "SHIPPED"],
        name=op.f("ck_orders_status"),
        rename={"SHIPPED": "PAID"},  # by hand
    )
