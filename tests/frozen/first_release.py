"""Every directive of the first release, with each of its keywords.

Never edit this file: people have committed migrations like it.
"""

from alembic import op
import sqlalchemy as sa

import ckenum


def on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            ckenum.CheckEnum(
                "NEW", "PAYED", "JUNK", name=op.f("ck_orders_status")
            ),
            nullable=True,
        ),
        sa.Column(
            "size",
            ckenum.CheckEnum("S", "L", name=op.f("ck_orders_size"), length=5),
            nullable=True,
        ),
        sa.Column("channel", sa.String(length=3), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO orders (id, status, size, channel) VALUES"
        " (1, 'NEW', 'S', 'web'), (2, 'PAYED', 'L', 'web'),"
        " (3, 'JUNK', 'L', 'web'), (4, NULL, NULL, NULL)"
    )
    op.create_check_enum(
        "orders",
        "channel",
        ["web", "shop"],
        name=op.f("ck_channel"),
        length=255,
        existing_length=3,
        server_default="web",
        existing_server_default=None,
        schema=None,
        array=False,
        online=False,
    )
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "SHIPPED"],
        existing_values=["NEW", "PAYED", "JUNK"],
        name=op.f("ck_status"),
        existing_name=op.f("ck_orders_status"),
        rename={"PAYED": "PAID"},
        delete=["JUNK"],
        length=100,
        existing_length=255,
        server_default="NEW",
        existing_server_default=None,
        schema=None,
        array=False,
        online=False,
        keep_trigger=False,
    )
    op.validate_check_enum(
        "orders",
        "status",
        ["NEW", "PAID", "SHIPPED"],
        name=op.f("ck_status"),
        schema=None,
        array=False,
    )
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_check_enum(
            "size",
            ["S", "M", "L"],
            existing_values=["S", "L"],
            name=op.f("ck_orders_size"),
        )
        batch_op.drop_check_enum(
            "channel",
            ["web", "shop"],
            name=op.f("ck_channel"),
            server_default=None,
            existing_server_default="web",
        )
        batch_op.create_check_enum(
            "channel", ["web", "phone"], name=op.f("ck_orders_channel")
        )
        batch_op.validate_check_enum(
            "channel", ["web", "phone"], name=op.f("ck_orders_channel")
        )
    op.restore_native_enum(
        "orders",
        "size",
        ["small", "medium", "large"],
        existing_values=["S", "M", "L"],
        enum_name="size",
        name=op.f("ck_orders_size"),
        enum_schema=None,
        rename={"S": "small", "M": "medium", "L": "large"},
        length=5,
        drop_type=True,
        server_default="small",
        existing_server_default=None,
        schema=None,
        array=False,
    )
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "SETTLED", "SHIPPED"],
        existing_values=["NEW", "PAID", "SHIPPED"],
        name=op.f("ck_status"),
        rename={"PAID": "SETTLED"},
        server_default=False,
        online=True,
        keep_trigger=True,
    )
    op.drop_check_enum_trigger("orders", "status", schema=None, online=True)
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_check_enum_trigger("status")
    if on_postgresql():
        op.add_column("orders", sa.Column("tags", sa.ARRAY(sa.String(255))))
        op.create_check_enum(
            "orders",
            "tags",
            ["a", "b"],
            name=op.f("ck_orders_tags"),
            array=True,
        )
        op.alter_check_enum(
            "orders",
            "tags",
            ["a", "c"],
            existing_values=["a", "b"],
            name=op.f("ck_orders_tags"),
            rename={"b": "c"},
            array=True,
        )


def downgrade() -> None:
    if on_postgresql():
        op.drop_check_enum(
            "orders",
            "tags",
            ["a", "c"],
            name=op.f("ck_orders_tags"),
            schema=None,
            array=True,
            online=True,
        )
        op.drop_column("orders", "tags")
    op.replace_native_enum(
        "orders",
        "size",
        ["S", "M", "L"],
        existing_values=["small", "medium", "large"],
        enum_name="size",
        name=op.f("ck_orders_size"),
        enum_schema=None,
        rename={"small": "S", "medium": "M", "large": "L"},
        length=5,
        drop_type=True,
        server_default=None,
        existing_server_default="small",
        schema=None,
        array=False,
    )
    op.alter_check_enum(
        "orders",
        "status",
        ["NEW", "PAYED"],
        existing_values=["NEW", "SETTLED", "SHIPPED"],
        name=op.f("ck_orders_status"),
        existing_name=op.f("ck_status"),
        rename={"SETTLED": "PAYED", "SHIPPED": None},
        length=255,
        existing_length=100,
        server_default=None,
        existing_server_default="NEW",
    )
    op.drop_check_enum(
        "orders",
        "channel",
        ["web", "phone"],
        name=op.f("ck_orders_channel"),
        length=4,
        existing_length=255,
    )
