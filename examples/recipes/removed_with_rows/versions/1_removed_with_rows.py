"""A value is removed, and its rows."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    # If any row still holds a removed value, this stops before
    # changing anything. To move such rows to another value (None
    # for NULL), add rename={"JUNK": "NEW"};
    # to delete them, add delete=["JUNK"].
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["NEW", "PAID", "JUNK"],
        name=op.f("ck_orders_status"),
        delete=["JUNK"],  # by hand
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "JUNK"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
    )
