"""The commands of README.md and of the manual, followed to the letter."""

from __future__ import annotations

import os
from pathlib import Path
import re
import shlex
import shutil
import subprocess
import sys
import textwrap

import pytest
import sqlalchemy as sa

from .backends import MYSQL_URLS
from .backends import POSTGRESQL_URL
from .backends import Servers
from .backends import SQLITES
from .interpreters import commands
from .pages import metadata
from .pages import MODEL
from .pages import MODEL_BEFORE
from .pages import MODEL_RENAMED
from .pages import page
from .pages import README
from .pages import ROOT
from .roundtrip import PLUGINS

CHECK = page("docs/how-to/check.md")
RENAME = page("docs/how-to/rename.md")

HERE = Path(sys.executable).parent
"""The commands of the environment that the tests run in."""


def bash(
    command: str, directory: Path, commands: Path = HERE, **environ: str
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
            **environ,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(block: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """As :func:`bash`, in interpreters that have imported Alembic already:
    a module, or a command that is one.
    """
    said, status = "", 0
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["python", "-m"]:
            del words[:2]
        if words and not status:
            done = commands().module(*words, cwd=directory, env={**os.environ})
            said += done.stdout + done.stderr
            status = done.returncode
    return subprocess.CompletedProcess(block, status, said)


def must(block: str, directory: Path) -> str:
    done = run(block, directory)
    assert done.returncode == 0, done.stdout
    return done.stdout


def text_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


# -- in an empty directory -----------------------------------------------

SHOP = "sqlite:///shop.db"
CALL = README.block("context.configure(")
COMMANDS = README.block("alembic upgrade head")


def edit(path: Path, old: str, new: str) -> None:
    text, times = re.subn(old, lambda _: new, path.read_text(), flags=re.S)
    assert times == 1
    path.write_text(text)


def begin(directory: Path, url: str = SHOP, template: str = "") -> None:
    """From ``alembic init`` to a model, as the text says."""
    init = README.told(r"`(alembic init migrations)`")
    must(f"{init} {template}", directory)
    ini = README.told(r"`(sqlalchemy\.url = sqlite:///shop\.db)`")
    edit(
        directory / "alembic.ini",
        r"sqlalchemy\.url = [^\n]+",
        ini.replace(SHOP, url.replace("%", "%%")),
    )
    env = directory / "migrations" / "env.py"
    placeholder = README.told(r"replace `(.+?)`")
    model = README.told(r"`(from models.+?)`")
    target = README.told(r"and `(target_metadata.+?)`")
    edit(env, placeholder, f"{model}\n{target}")
    call = textwrap.indent(CALL, " " * 8).strip()
    edit(env, r"context\.configure\(\s*connection=.+?\)", call)
    (directory / "models.py").write_text(MODEL_BEFORE)


@pytest.mark.parametrize(
    "backend, driver, template",
    [
        ("sqlite", "sqlite", ""),
        (
            "postgresql",
            "postgresql+asyncpg",
            README.told(r"\(`(-t async)` for"),
        ),
    ],
)
@README.executes(upgrade="alembic upgrade head")
def test_from_an_empty_directory(
    servers: Servers,
    tmp_path: Path,
    backend: str,
    driver: str,
    template: str,
    upgrade: str,
) -> None:
    """A table, a member more, and nothing that differs in the end."""
    with servers.database(backend) as url:
        begin(tmp_path, text_of(url.set(drivername=driver)), template)
        must(upgrade, tmp_path)
        (tmp_path / "models.py").write_text(MODEL)
        must(upgrade, tmp_path)
        said = bash("alembic check", tmp_path).stdout  # the command itself
        assert "No new upgrade operations detected." in said
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        (check,) = sa.inspect(engine).get_check_constraints("orders")
    assert check["name"] == "ck_orders_status"
    assert "SHIPPED" in check["sqltext"]


@README.executes(call="context.configure(")
def test_env_py(call: str) -> None:
    """The line for env.py is the one that all tests run with."""
    (line,) = [line for line in call.splitlines() if "# this one" in line]
    assert eval(f"dict({line}\n)") == {"autogenerate_plugins": PLUGINS}


@RENAME.executes(command='alembic -x "ckenum.rename=')
def test_rename_by_hint(tmp_path: Path, command: str) -> None:
    """The command that is shown makes the rename of it."""
    begin(tmp_path)
    must(COMMANDS, tmp_path)
    edit(tmp_path / "models.py", 'PAID = "paid"', 'SETTLED = "settled"')
    must(f"{command.strip()} --rev-id hinted", tmp_path)
    (migration,) = tmp_path.glob("migrations/versions/hinted_*.py")
    assert 'rename={"PAID": "SETTLED"},\n' in migration.read_text()


# -- look before you leap ------------------------------------------------

IN_LIST = ["NEW", "PAID", "JUNK"]
ROWS = ["NEW", "NEW", "PAID", "JUNK", None]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The models, and a database whose table is older."""
    (tmp_path / "models.py").write_text(MODEL_RENAMED)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    status = sa.Column("status", sa.String(255))
    orders = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        status,
        sa.CheckConstraint(status.in_(IN_LIST), name="ck_orders_status"),
    )
    with engine.begin() as connection:
        orders.create(connection)
        rows = [{"status": status} for status in ROWS]
        connection.execute(orders.insert(), rows)
    engine.dispose()
    return tmp_path


@CHECK.executes(session="$ python -m ckenum check")
def test_check_and_audit(shop: Path, session: str) -> None:
    """They print what is shown, and nothing else."""
    assert CHECK.told(r"has ((?:`\w+`,? ?)+and `\w+`) in its list") == (
        "`NEW`, `PAID` and `JUNK`"
    )
    typed = re.findall(r"^\$ (.+)$", session, re.M)
    assert [command.split()[3] for command in typed] == ["check", "audit"]
    done = [run(each, shop) for each in typed]
    printed = [f"$ {each.args}\n{each.stdout}" for each in done]
    assert "".join(printed) == session
    assert [each.returncode for each in done] == [1, 0]


SUITE = """\
import pytest
import sqlalchemy as sa

from models import Base


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite:///shop.db")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


"""


@CHECK.executes(test="def test_migrations_are_complete(")
def test_assert_no_drift(shop: Path, test: str) -> None:
    """The test fails with the diff that is shown, until it is migrated."""
    (shop / "test_shop.py").write_text(SUITE + test)
    pytest_ = "python -m pytest -q -p no:cacheprovider"
    failed = run(pytest_, shop)
    assert failed.returncode == 1
    assert "1 failed" in failed.stdout
    for line in ("~ 'PAID' -> 'SETTLED'", "- 'JUNK'", "+ 'SHIPPED'"):
        assert f"E         {line}\n" in failed.stdout
    (shop / "shop.db").unlink()
    engine = sa.create_engine(f"sqlite:///{shop / 'shop.db'}")
    metadata(MODEL_RENAMED).create_all(engine)
    assert "1 passed" in must(pytest_, shop)


@CHECK.executes(steps="- run: ckenum check", hook="- repo: local")
def test_pipeline(tmp_path: Path, steps: str, hook: str) -> None:
    """The steps pass, and fail where a migration is missing; the hook of
    pre-commit is the one that is defined here, and runs the last step.
    """
    begin(tmp_path)
    must(COMMANDS, tmp_path)
    commands = re.findall(r"^- run: (.+)$", steps, re.M)
    for command in commands:
        must(command, tmp_path)
    (tmp_path / "models.py").write_text(MODEL)
    assert [bash(each, tmp_path).returncode for each in commands] == [0, 1]
    lines = [line.strip(" -") for line in hook.splitlines()[2:]]
    defined = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert f"entry: {commands[-1]}" in lines
    for line in lines[:-1]:
        assert line in defined


# -- in a checkout -------------------------------------------------------


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean one."""
    ignored = (".*", "build", "dist", "*.egg-info", "__pycache__")
    ignore = shutil.ignore_patterns(*ignored)
    copy = tmp_path_factory.mktemp("clean") / "checkout"
    return shutil.copytree(ROOT, copy, ignore=ignore)


@pytest.fixture
def python3(tmp_path: Path) -> Path:
    """The directory of a command of this name, and no other."""
    (tmp_path / "python3").symlink_to(sys.executable)
    return tmp_path


@pytest.mark.slow
@README.executes(command="quickstart.py")
def test_quickstart_command(
    checkout: Path, python3: Path, command: str
) -> None:
    """It does all its own set-up."""
    done = bash(command, checkout, python3)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\ntables: none\n")


@pytest.mark.slow
@README.executes(command='pip install -e ".[test]"')
def test_test_command(
    servers: Servers, checkout: Path, python3: Path, command: str
) -> None:
    """So does this; and the tests run on a server of one's own as well,
    where a variable has its URL.
    """
    variable = README.told(r"If `(\w+)` has a URL")
    assert variable == POSTGRESQL_URL
    urls = dict.fromkeys(MYSQL_URLS.values(), "")
    urls[variable] = text_of(servers.postgresql())
    done = bash(
        command,
        checkout,
        python3,
        PYTEST_ADDOPTS="-v tests/test_constraint.py -k test_lets_null",
        **urls,
    )
    assert done.returncode == 0, done.stdout
    passed = re.findall(r"PASSED .*_pass\[(.+?)\]", done.stdout)
    backends = [*SQLITES, "postgresql", "postgresql-by-url"]
    assert sorted(passed) == sorted(backends)
