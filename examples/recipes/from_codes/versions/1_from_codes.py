"""From integer codes."""

from alembic import op
import sqlalchemy as sa

revision = "1"
down_revision = None


def upgrade() -> None:
    # On PostgreSQL a new type rewrites the table and rebuilds the
    # column's indexes, once for all columns of a batch.
    # Nobody can read or write the table meanwhile: the lock is
    # ACCESS EXCLUSIVE.
    # The codes in rename are the values of the enum's members: see to it
    # that rows hold these.
    op.replace_codes(
        "orders",
        "status",
        ["NEW", "PAID", "IN_TRANSIT"],
        existing_type=sa.SMALLINT(),
        rename={1: "NEW", 2: "PAID", 5: "IN_TRANSIT"},
        name=op.f("ck_orders_status"),
        server_default="NEW",
        existing_server_default=1,
    )


def downgrade() -> None:
    op.restore_codes(
        "orders",
        "status",
        ["NEW", "PAID", "IN_TRANSIT"],
        type_=sa.SMALLINT(),
        rename={"NEW": 1, "PAID": 2, "IN_TRANSIT": 5},
        name=op.f("ck_orders_status"),
        server_default=1,
        existing_server_default="NEW",
    )
