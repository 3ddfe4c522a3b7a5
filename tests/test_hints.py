"""Renames that the command line tells autogenerate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic.config import main
from alembic.util import CommandError
import pytest

from ckenum.alembic.autogenerate.compare.hints import Hints

from .models import orders
from .roundtrip import Database

ENV = """
from alembic import context
import sqlalchemy as sa
from ckenum import CheckEnum

metadata = sa.MetaData()
sa.Table(
    "orders", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("status", CheckEnum("new", "paid", "a=b")),
)
url = context.config.get_main_option("sqlalchemy.url")
with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        autogenerate_plugins=["alembic.autogenerate.*", "ckenum"],
    )
    with context.begin_transaction():
        context.run_migrations()
"""

Autogenerate = Callable[..., str]


@pytest.fixture
def autogenerate(sqlite: Database, tmp_path: Path) -> Autogenerate:
    """Runs ``alembic revision --autogenerate`` and returns the script."""
    sqlite.create(orders("new", "payed", "x=y", "gone"))
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "script.py.mako").write_text(
        "revision = ${repr(up_revision)}\n"
        "down_revision = ${repr(down_revision)}\n"
        "def upgrade():\n    ${upgrades}\n"
    )
    ini = tmp_path / "alembic.ini"
    url = sqlite.engine.url.render_as_string()
    ini.write_text(
        f"[alembic]\nscript_location = {tmp_path}\nsqlalchemy.url = {url}\n"
    )

    def run(*hints: str) -> str:
        options = [part for hint in hints for part in ("-x", hint)]
        main(
            ["-c", str(ini), "--raiseerr", *options]
            + ["revision", "--autogenerate", "-m", "x", "--rev-id", "x"]
        )
        return (versions / "x_x.py").read_text()

    return run


def test_hint_makes_a_rename(autogenerate: Autogenerate) -> None:
    """What leaves without an alias is renamed as told, several at once."""
    script = autogenerate(
        "ckenum.rename=orders.status:payed=paid",
        "ckenum.rename=orders.status:x=y=a=b",
    )
    assert 'rename={"payed": "paid", "x=y": "a=b"},' in script


def test_other_arguments_are_not_ours(autogenerate: Autogenerate) -> None:
    """``-x`` belongs to everybody."""
    script = autogenerate("tenant=a")
    assert "op.alter_check_enum(" in script
    assert "\n        rename=" not in script


def test_other_keys_of_ours(autogenerate: Autogenerate) -> None:
    """But what begins with ckenum. is, and must be known."""
    with pytest.raises(CommandError, match="ckenum does not know that"):
        autogenerate("ckenum.renames=orders.status:payed=paid")


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        ("oders.status:payed=paid", "no CheckEnum column of that name"),
        ("orders.state:payed=paid", "no CheckEnum column of that name"),
        ("orders.status:paid=paid", "the old value must be one of"),
        ("orders.status:payed=pait", "the new one of"),
        ("orders.status:payed", "the old value must be one of"),
        ("nonsense", "no CheckEnum column of that name"),
    ],
)
def test_hint_that_fits_nothing(
    autogenerate: Autogenerate, hint: str, message: str
) -> None:
    """An unknown table, column or value is an error, not a silence."""
    with pytest.raises(CommandError, match=message):
        autogenerate(f"ckenum.rename={hint}")


def test_hint_with_schema() -> None:
    """A table of another schema is named with it."""
    hints = Hints(["other.orders.status:a=b"])
    assert hints.renames("orders.status", ["a"], ["b"]) == {}
    assert hints.renames("other.orders.status", ["a"], ["b"]) == {"a": "b"}
    hints.require_all_used()
