from ckenum.testing import assert_no_drift
from pytest_alembic import MigrationContext
import sqlalchemy as sa

from models import Base


def orders(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.text("SELECT status FROM orders")))


def test_rows_are_renamed(
    alembic_runner: MigrationContext, alembic_engine: sa.Engine
) -> None:
    """Paid orders stay paid under the new name, and come back."""
    alembic_runner.migrate_up_before("rename_payed")
    alembic_runner.insert_into("orders", [{"status": "PAYED"}])
    alembic_runner.migrate_up_one()
    assert orders(alembic_engine) == ["PAID"]
    alembic_runner.migrate_down_one()
    assert orders(alembic_engine) == ["PAYED"]


def test_no_drift(
    alembic_runner: MigrationContext, alembic_engine: sa.Engine
) -> None:
    """The migrations make what the models say."""
    alembic_runner.migrate_up_to("heads")
    with alembic_engine.connect() as connection:
        assert_no_drift(connection, Base.metadata)
