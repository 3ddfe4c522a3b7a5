"""From a native type."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    # On PostgreSQL a new type rewrites the table and rebuilds the
    # column's indexes, once for all columns of a batch.
    # Nobody can read or write the table meanwhile: the lock is
    # ACCESS EXCLUSIVE.
    op.replace_native_enum(
        "orders",
        "status",
        ["NEW", "PAYED", "IN_TRANSIT"],
        existing_values=["new", "payed", "in transit"],
        enum_name="order_status",
        name=op.f("ck_orders_status"),
        rename={"new": "NEW", "payed": "PAYED", "in transit": "IN_TRANSIT"},
        server_default="NEW",
        existing_server_default="new",
    )


def downgrade() -> None:
    op.restore_native_enum(
        "orders",
        "status",
        ["new", "payed", "in transit"],
        existing_values=["NEW", "PAYED", "IN_TRANSIT"],
        enum_name="order_status",
        name=op.f("ck_orders_status"),
        rename={"NEW": "new", "PAYED": "payed", "IN_TRANSIT": "in transit"},
        server_default="new",
        existing_server_default="NEW",
    )
