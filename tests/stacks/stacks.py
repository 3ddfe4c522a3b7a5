"""What differs between the stacks: their commands, and how a request comes
to their application.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

_WEB = """
import json, sys
from app import app
{client}
with client:
    for status in sys.argv[1:]:
        response = client.post("/orders/" + status)
        assert response.status_code == 201, response.text
    print(client.get("/orders").text)
"""

_SCRIPT = """
import contextlib, io, json, runpy
output = io.StringIO()
with contextlib.redirect_stdout(output):
    runpy.run_path("app.py", run_name="__main__")
print(json.dumps(output.getvalue().split()))
"""


PRELOADED = (
    *("alembic.config", "ckenum", "psycopg", "sqlglot.dialects.postgres"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite"),
    *("sqlalchemy.orm", "tqdm"),
)
"""What all have imported before they are forked."""

SAYS = {
    "alembic check": "No new upgrade operations detected.",
    "flask db check": "No new upgrade operations detected.",
    "litestar database check": "No new upgrade operations detected.",
    "ckenum check": "No drift in 1 column.",
    "pytest --test-alembic": "7 passed",
}
"""What the commands that look for drift say if there is none."""

SYNC = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
ASYNC = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


@dataclass(frozen=True)
class Stack:
    """:param revise: the command that writes the next migration."""

    name: str
    revise: str
    upgrade: str
    downgrade: str
    app: str
    drivers: Mapping[str, str] = field(default_factory=lambda: SYNC)
    shown: tuple[str, ...] = ("sqlite:///shop.db",)
    """The URLs on its page."""

    preloaded: tuple[str, ...] = ()
    """What its processes have imported before they are forked."""


def _alembic(name: str, options: str = "", **others: object) -> Stack:
    return Stack(
        name,
        f'alembic revision --autogenerate{options} -m "{{}}"',
        "alembic upgrade head",
        "alembic downgrade {}",
        _SCRIPT,
        **others,  # type: ignore[arg-type]
    )


STACKS = [
    Stack(
        "flask-migrate",
        'flask db migrate -m "{}"',
        "flask db upgrade",
        "flask db downgrade {}",
        _WEB.format(client="client = app.test_client()"),
        preloaded=("flask.cli", "flask_migrate", "flask_sqlalchemy"),
    ),
    Stack(
        "fastapi-sqlmodel",
        'alembic revision --autogenerate -m "{}"',
        "alembic upgrade head",
        "alembic downgrade {}",
        _WEB.format(
            client="from fastapi.testclient import TestClient\n"
            "client = TestClient(app)"
        ),
        preloaded=("fastapi.testclient", "sqlmodel"),
    ),
    Stack(
        "litestar",
        'litestar database make-migrations --no-prompt -m "{}"',
        "litestar database upgrade --no-prompt",
        "litestar database downgrade --no-prompt {}",
        _WEB.format(
            client="from litestar.testing import TestClient\n"
            "client = TestClient(app)"
        ),
        drivers=ASYNC,
        shown=("sqlite+aiosqlite:///shop.db",),
        preloaded=(
            *("litestar.cli", "litestar.testing", "pydantic"),
            "advanced_alchemy.alembic.commands",
            "litestar.middleware.response_cache",
            *("litestar.plugins.sqlalchemy", "aiosqlite", "asyncpg"),
        ),
    ),
    _alembic("alembic"),
    _alembic(
        "alembic-async",
        drivers=ASYNC,
        shown=("sqlite+aiosqlite:///shop.db",),
        preloaded=("sqlalchemy.ext.asyncio", "aiosqlite", "asyncpg"),
    ),
    _alembic("alembic-pyproject"),
    _alembic(
        "alembic-multidb", shown=("sqlite:///shop.db", "sqlite:///stock.db")
    ),
    _alembic(
        "pytest-alembic",
        options=" --rev-id {id}",
        shown=("sqlite:///shop.db", "TEST_DATABASE_URL"),
        preloaded=("pytest", "pytest_alembic"),
    ),
    _alembic(
        "alembic-utils",
        drivers={"postgresql": "postgresql+psycopg"},
        shown=("postgresql+psycopg://postgres@localhost/shop",),
        preloaded=("alembic_utils.replaceable_entity",),
    ),
]
