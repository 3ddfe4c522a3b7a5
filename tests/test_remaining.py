"""Rows that stop a directive, when they hold very many different values."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckenum import exc

from .models import orders_with
from .roundtrip import Database

MANY = 5000


def fill(db: Database, column: sa.Column[Any], *values: Any) -> None:
    metadata = orders_with(column)
    db.create(metadata)
    rows = [{"id": n, column.name: value} for n, value in enumerate(values)]
    with db.engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["orders"]), rows)


@pytest.fixture
def many(db: Database) -> Database:
    """Each value in two rows, and one in a third."""
    values = [f"value_{n:04}" for n in range(MANY)] * 2
    fill(db, sa.Column("status", sa.String(20)), *values, "value_0000")
    return db


def remaining(db: Database) -> exc.RowsRemainError:
    with pytest.raises(exc.RowsRemainError) as caught:
        with db.operations() as op:
            op.create_check_enum("orders", "status", ["NEW"], name="ck")
    return caught.value


def test_first_values(many: Database) -> None:
    """The error has some, and the number of the others and of their rows."""
    error = remaining(many)
    assert len(error.counts) == 20
    assert error.counts["value_0000"] == 3
    assert (error.more, error.more_rows) == (MANY - 20, 2 * (MANY - 20))
    others = "'value_0019' in 2 rows, and 4,980 other values in 9,960 rows. "
    assert others in str(error)


@pytest.mark.parametrize("number, more", [(20, 0), (21, 1)])
def test_few_values(db: Database, number: int, more: int) -> None:
    """All that there are, as far as they fit."""
    values = [f"value_{n:04}" for n in range(number)]
    fill(db, sa.Column("status", sa.String(20)), *values)
    error = remaining(db)
    assert (len(error.counts), error.more) == (20, more)
    assert str(error).count("1 other value in 1 row.") == more


def test_items(postgresql: Database) -> None:
    """So it is with the items of arrays."""
    arrays = [[f"item_{n}", f"item_{n + 1}"] for n in range(0, 60, 2)]
    fill(postgresql, sa.Column("tags", sa.ARRAY(sa.String(20))), *arrays)
    with pytest.raises(exc.RowsRemainError) as caught:
        with postgresql.operations() as op:
            op.create_check_enum(
                "orders", "tags", ["NEW"], name="ck", array=True
            )
    assert (caught.value.more, caught.value.more_rows) == (40, 40)
