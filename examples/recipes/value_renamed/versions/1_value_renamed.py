"""A value is renamed."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["NEW", "PAYED"],
        name=op.f("ck_orders_status"),
        rename={"PAYED": "PAID"},
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAYED"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
        rename={"PAID": "PAYED"},
    )
