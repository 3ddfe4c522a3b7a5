"""The server default is removed, its rows get the new one."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    # If any row still holds a removed value, this stops before
    # changing anything. To move such rows to another value (None
    # for NULL), add rename={"CART": "NEW"};
    # to delete them, add delete=["CART"].
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID"],
        existing_values=["CART", "NEW", "PAID"],
        name=op.f("ck_orders_status"),
        rename={"CART": "NEW"},  # by hand
        server_default="NEW",
        existing_server_default="CART",
    )


def downgrade() -> None:
    op.alter_check_enum(
        "orders",
        "status",
        ["CART", "NEW", "PAID"],
        existing_values=["NEW", "PAID"],
        name=op.f("ck_orders_status"),
        server_default="CART",
        existing_server_default="NEW",
    )
