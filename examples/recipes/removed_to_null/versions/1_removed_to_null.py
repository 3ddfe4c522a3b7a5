"""A value is removed, its rows get NULL."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    # If any row still holds a removed value, this stops before
    # changing anything. To move such rows to another value (None
    # for NULL), add rename={"UNKNOWN": "NEW"};
    # to delete them, add delete=["UNKNOWN"].
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["UNKNOWN", "NEW", "PAID"],
        name=op.f("ck_orders_status"),
        rename={"UNKNOWN": None},  # by hand
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["UNKNOWN", "NEW", "PAID"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
    )
