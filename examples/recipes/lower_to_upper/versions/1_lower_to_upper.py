"""Lower to upper case."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "IN_TRANSIT"],
        existing_values=["new", "in-transit"],
        name=op.f("ck_orders_status"),
        rename={"new": "NEW", "in-transit": "IN_TRANSIT"},
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["new", "in-transit"],
        existing_values=["NEW", "IN_TRANSIT"],
        name=op.f("ck_orders_status"),
        rename={"NEW": "new", "IN_TRANSIT": "in-transit"},
    )
