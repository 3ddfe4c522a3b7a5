"""What README.md says is so."""

from __future__ import annotations

import enum
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import textwrap
from typing import Any

from alembic.operations import Operations
import pytest
import sqlalchemy as sa
from sqlalchemy_utils import ChoiceType

from ckenum import CheckEnum

from .models import orders_with
from .roundtrip import Database
from .roundtrip import PLUGINS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(part: str) -> str:
    """The only code block that has ``part`` in it."""
    blocks = re.findall(r"^```\w+\n(.*?)^```$", README, re.DOTALL | re.M)
    (found,) = [text for text in blocks if part in text]
    return str(found)


def in_bash(
    command: str, directory: Path, commands: Path
) -> subprocess.CompletedProcess[str]:
    """Run ``command``, with what is in ``commands`` before all others."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env={
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            # models.py changes faster than bytecode is told to be stale
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def metadata(model: str) -> sa.MetaData:
    namespace: dict[str, Any] = {"__name__": "models"}
    # or this module's "from __future__ import" would be the model's too
    exec(compile(model, "models", "exec", dont_inherit=True), namespace)
    return namespace["Base"].metadata


MODEL = block("class Order(Base):")
MODEL_BEFORE = re.sub(r".*# added\n", "", MODEL)
MIGRATION = block("def upgrade() -> None:")


def function(name: str) -> str:
    """The body of a function of the migration that is shown."""
    found = re.search(
        rf"^def {name}\(\) -> None:\n((?:    .*\n)+)", MIGRATION, re.M
    )
    assert found is not None
    return textwrap.dedent(found[1]).strip()


def test_migration(db: Database) -> None:
    """The model that is shown gives the migration that is shown."""
    before, after = metadata(MODEL_BEFORE), metadata(MODEL)
    db.create(before)
    migration = db.round_trip(before, after)
    assert migration.upgrade == function("upgrade")
    assert migration.downgrade == function("downgrade")


def test_env_py() -> None:
    """The line for env.py is the one that all tests run with."""
    line = block('autogenerate_plugins=["alembic.autogenerate.*", "ckenum"],')
    assert eval(f"dict({line})") == {"autogenerate_plugins": PLUGINS}


def test_rename(db: Database) -> None:
    """The alias that is shown gives the rename that is told, both ways."""
    alias = block("    PAID = SETTLED")
    renamed, n = re.subn(
        r"class Status.*?\n\n", lambda _: alias + "\n", MODEL, flags=re.DOTALL
    )
    assert n == 1
    db.create(metadata(MODEL))
    db.insert("orders", status="PAID")
    migration = db.autogenerate(metadata(renamed))
    (rename,) = re.findall(r"`(rename=.*?)`", README)
    assert f"    {rename},\n" in migration.upgrade
    db.upgrade(metadata(renamed), migration)
    assert db.column("orders") == ["SETTLED"]
    db.downgrade(metadata(MODEL), migration)
    assert db.column("orders") == ["PAID"]


def test_rename_by_spelling(db: Database) -> None:
    """Case, and what stands between words, do not make another member."""
    before = metadata(MODEL.replace("SHIPPED", "In_Transit"))
    after = metadata(MODEL.replace("SHIPPED", "IN_TRANSIT"))
    db.create(before)
    migration = db.autogenerate(after)
    assert '    rename={"In_Transit": "IN_TRANSIT"},\n' in migration.upgrade


def test_rename_by_hint(tmp_path: Path) -> None:
    """The command that is shown makes the rename of it."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "quickstart", project)

    def bash(command: str) -> None:
        done = in_bash(command, project, Path(sys.executable).parent)
        assert done.returncode == 0, done.stdout

    (project / "models.py").write_text(MODEL)
    bash("alembic revision --autogenerate && alembic upgrade head")
    (project / "models.py").write_text(MODEL.replace("PAID", "SETTLED"))
    command = block('alembic -x "ckenum.rename=')
    bash(f"{command.strip()} --rev-id hinted")
    (migration,) = project.glob("migrations/versions/hinted_*.py")
    assert 'rename={"PAID": "SETTLED"},\n' in migration.read_text()


@pytest.mark.parametrize("to, stored", [('"PAID"', "PAID"), ("None", None)])
def test_rules(db: Database, to: str, stored: str | None) -> None:
    """The rules that are shown do to the rows what is told."""
    values = ("NEW", "PAID", "SHIPPED", "JUNK")
    directive = block('    delete=["JUNK"],')
    assert directive.count('"SHIPPED": "PAID"') == 1
    directive = directive.replace('"SHIPPED": "PAID"', f'"SHIPPED": {to}')
    with db.operations() as op:
        create_orders(op, values)
    for value in values:
        db.insert("orders", status=value)
    with db.operations() as op:
        exec(directive, {"op": op})
    assert db.column("orders") == ["NEW", "PAID", stored]


def create_orders(op: Operations, values: tuple[str, ...]) -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("status", CheckEnum(*values)),
    )


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


MOVES = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(op\..+?)` \|$", README, re.M)


def column_of(type_: str) -> sa.MetaData:
    names = {
        "CheckEnum": CheckEnum,
        "ChoiceType": ChoiceType,
        "Enum": sa.Enum,
        "Status": Status,
        "String": sa.String,
    }
    return orders_with(sa.Column("status", eval(type_, names)))


@pytest.mark.parametrize("before, after, directive", MOVES)
def test_moves(
    postgresql: Database, before: str, after: str, directive: str
) -> None:
    """Each move takes the directive that the table has, and goes back."""
    stored = "paid" if "ChoiceType" in before else "PAID"
    old, new = column_of(before), column_of(after)
    postgresql.create(old)
    with postgresql.engine.begin() as connection:
        row = {"id": 1, "status": stored}
        if "ChoiceType" in before:
            row["status"] = Status.PAID
        connection.execute(sa.insert(old.tables["orders"]), row)
    migration = postgresql.round_trip(old, new)
    calls = re.findall(r"^op\.\w+", migration.upgrade, re.M)
    assert calls == [directive]
    assert postgresql.column("orders") == [stored]


@pytest.mark.parametrize("before, after, directive", MOVES)
def test_moves_on_sqlite(
    sqlite: Database, before: str, after: str, directive: str
) -> None:
    """There and back on SQLite too."""
    sqlite.create(column_of(before))
    sqlite.round_trip(column_of(before), column_of(after))


def test_moves_are_found() -> None:
    assert len(MOVES) == README.count("| `op.") == 7


def test_own_update_enum(postgresql: Database) -> None:
    """A type that was made anew by hand is a native type as any other."""
    old, new = column_of("Enum(Status)"), column_of("CheckEnum(Status)")
    old.create_all(postgresql.engine)
    with postgresql.engine.begin() as connection:
        for statement in (
            "ALTER TYPE status RENAME TO status_old",
            "CREATE TYPE status AS ENUM ('NEW', 'PAID')",
            "ALTER TABLE orders ALTER COLUMN status TYPE status"
            " USING status::text::status",
            "DROP TYPE status_old",
        ):
            connection.execute(sa.text(statement))
    migration = postgresql.round_trip(old, new)
    assert "op.replace_native_enum(" in migration.upgrade


def test_plain_alembic(db: Database) -> None:
    """The line that is shown gives what is told, without ckenum."""
    db.options.update(eval(f"dict({block('ckenum_render=')})"))
    before, after = metadata(MODEL_BEFORE), metadata(MODEL)
    db.create(before)
    migration = db.round_trip(before, after)
    for told in (
        "batch_op.create_check_constraint",
        'sa.column("status").in_([',
    ):
        assert told in README
        assert told in migration.upgrade
    assert "ckenum" not in migration.source


def test_recipes() -> None:
    """Each is linked, and each link leads somewhere."""
    links = re.findall(r"\((examples/recipes/\w+/README\.md)\)", README)
    files = ROOT.glob("examples/recipes/*/README.md")
    assert sorted(links) == sorted(
        path.relative_to(ROOT).as_posix() for path in files
    )


def test_quickstart_command(tmp_path: Path) -> None:
    """The command for the quickstart does all its own set-up."""
    (command,) = re.findall(r"^python3 .*quickstart\.py$", README, re.M)
    checkout = tmp_path / "checkout"
    shutil.copytree(
        ROOT,
        checkout,
        ignore=shutil.ignore_patterns(
            ".*", "build", "dist", "*.egg-info", "__pycache__"
        ),
    )
    python3 = tmp_path / "bin" / "python3"
    python3.parent.mkdir()
    python3.symlink_to(sys.executable)
    done = in_bash(command, checkout, python3.parent)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\ntables: none\n")


def test_test_command() -> None:
    """CI runs the command that is shown, and finds it."""
    (command,) = re.findall(r"^python3 .*/pytest$", README, re.M)
    assert command.startswith("python3 -m venv .venv && ")
    assert command.endswith(" && .venv/bin/pytest")
