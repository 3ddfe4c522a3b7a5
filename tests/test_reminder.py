"""An env.py that lacks a line is told which."""

from __future__ import annotations

import logging
from typing import Any

from alembic.autogenerate import compare_metadata
import pytest
import sqlalchemy as sa

from ckenum.drift import find_drift

from .models import orders
from .models import orders_with
from .roundtrip import Database

LINE = 'autogenerate_plugins=["alembic.autogenerate.*", "ckenum"]'


def told(
    db: Database, caplog: pytest.LogCaptureFixture, *plugins: str, **more: Any
) -> list[str]:
    """The warnings that name the line, with these plugins."""
    with caplog.at_level(logging.WARNING, "alembic"):
        db.autogenerate(
            more.pop("metadata", orders("NEW", "PAID")),
            autogenerate_plugins=list(plugins),
            **more,
        )
    return [text for text in caplog.messages if LINE in text]


def test_forgotten(sqlite: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What Alembic runs by default says once that ckenum does not run."""
    metadata = orders("NEW", "PAID")
    sqlite.create(orders("NEW"))
    (said,) = told(sqlite, caplog, "alembic.autogenerate.*", metadata=metadata)
    assert said.startswith("The models have CheckEnum columns")


def test_default_plugins(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """An env.py that names no plugin at all is told the same."""
    sqlite.options["autogenerate_plugins"] = None
    with sqlite.context(orders("NEW")) as context:
        del context.opts["autogenerate_plugins"]
        compare_metadata(context, orders("NEW"))
    assert LINE in caplog.text


@pytest.mark.parametrize(
    "plugins",
    [("alembic.autogenerate.*", "ckenum"), ("alembic.*", "ckenum")],
)
def test_silent_with_ours(
    sqlite: Database,
    caplog: pytest.LogCaptureFixture,
    plugins: tuple[str, ...],
) -> None:
    """Where the plugin runs nothing is said."""
    assert told(sqlite, caplog, *plugins) == []


def test_silent_without_an_enum(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Models without a CheckEnum are none of its business."""
    plain = orders_with(sa.Column("status", sa.String(9)))
    default = "alembic.autogenerate.*"
    assert told(sqlite, caplog, default, metadata=plain) == []


@pytest.mark.parametrize(
    "plugins", [("ckenum",), ("alembic.autogenerate.types", "ckenum")]
)
def test_ours_alone(
    sqlite: Database,
    caplog: pytest.LogCaptureFixture,
    plugins: tuple[str, ...],
) -> None:
    """Without Alembic's own plugins no table is compared, and that is said."""
    (said,) = told(sqlite, caplog, *plugins)
    assert "so no table is compared" in said


def test_find_drift_says_nothing(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It chooses the plugins itself."""
    sqlite.create(orders("NEW"))
    with sqlite.engine.connect() as connection:
        find_drift(connection, orders("NEW"))
    assert LINE not in caplog.text
