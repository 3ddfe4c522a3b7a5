"""Two schemas (PostgreSQL)."""

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
        schema="archive",
    )
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["NEW", "PAYED"],
        name=op.f("ck_orders_status"),
        rename={"PAYED": "PAID"},
        schema="shop",
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAYED"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
        rename={"PAID": "PAYED"},
        schema="shop",
    )
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAYED"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
        rename={"PAID": "PAYED"},
        schema="archive",
    )
