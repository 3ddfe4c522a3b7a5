"""Off a native ENUM on a table in use."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    # online=True commits what came before it in this revision, so
    # it should be alone: move anything else to another revision.
    # On PostgreSQL the column becomes the table's last one.
    op.replace_native_enum(
        "orders",
        "status",
        ["NEW", "PAID", "SHIPPED"],
        existing_values=["NEW", "PAID", "SHIPPED"],
        enum_name="order_status",
        name=op.f("ck_orders_status"),
        server_default="NEW",
        existing_server_default="NEW",
        online=True,
        keep_column=True,  # by hand
    )


def downgrade() -> None:
    # online=True commits what came before it in this revision, so
    # it should be alone: move anything else to another revision.
    # On PostgreSQL the column becomes the table's last one.
    op.restore_native_enum(
        "orders",
        "status",
        ["NEW", "PAID", "SHIPPED"],
        existing_values=["NEW", "PAID", "SHIPPED"],
        enum_name="order_status",
        name=op.f("ck_orders_status"),
        server_default="NEW",
        existing_server_default="NEW",
        online=True,
    )
