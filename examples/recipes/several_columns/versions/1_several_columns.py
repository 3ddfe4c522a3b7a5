"""One enum on several columns and tables."""

from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.alter_check_enum(
        "alarms",
        "level",
        ["LOW", "MIDDLE", "HIGH"],
        existing_values=["LOW", "HIGH"],
        name=op.f("ck_alarms_level"),
    )
    op.alter_check_enum(
        "tickets",
        "urgency",
        ["LOW", "MIDDLE", "HIGH"],
        existing_values=["LOW", "HIGH"],
        name=op.f("ck_tickets_urgency"),
    )
    op.alter_check_enum(
        "tickets",
        "impact",
        ["LOW", "MIDDLE", "HIGH"],
        existing_values=["LOW", "HIGH"],
        name=op.f("ck_tickets_impact"),
    )


def downgrade() -> None:
    op.alter_check_enum(
        "tickets",
        "impact",
        ["LOW", "HIGH"],
        existing_values=["LOW", "MIDDLE", "HIGH"],
        name=op.f("ck_tickets_impact"),
    )
    op.alter_check_enum(
        "tickets",
        "urgency",
        ["LOW", "HIGH"],
        existing_values=["LOW", "MIDDLE", "HIGH"],
        name=op.f("ck_tickets_urgency"),
    )
    op.alter_check_enum(
        "alarms",
        "level",
        ["LOW", "HIGH"],
        existing_values=["LOW", "MIDDLE", "HIGH"],
        name=op.f("ck_alarms_level"),
        delete=["MIDDLE"],  # by hand
    )
