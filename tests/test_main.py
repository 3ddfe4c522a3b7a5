from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
import enum
from importlib import metadata
import json
import os
from pathlib import Path
import pty
import subprocess
import sys
from typing import Any
import warnings

import pytest
import sqlalchemy as sa

from ckenum.inspection.target import visit
from ckenum.testing import assert_no_drift

from .backends import BACKENDS
from .backends import Servers
from .interpreters import commands
from .models import orders
from .roundtrip import body
from .roundtrip import Database
from .sqlite import execute
from .terminal import read_all
from .test_project import ENVIRON

MODELS = """\
import enum

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    SHIPPED = "shipped"


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status | None] = mapped_column(CheckEnum(Status))
"""


class Status(enum.Enum):
    """As in those models."""

    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    SHIPPED = "shipped"


METADATA = "app.models:Base.metadata"
UNREADABLE = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, status VARCHAR(255),"
    " CONSTRAINT ck_orders_status CHECK (id > 0))"
)
AGREES = ("NEW", "PAID", "SHIPPED")
DIFFERS = ("NEW", "PAYED", "JUNK")


# the commands cannot open the newer SQLite: its dialect is a test's
@pytest.fixture(params=[name for name in BACKENDS if name != "sqlite-3.53"])
def url(request: pytest.FixtureRequest, servers: Servers) -> Iterator[sa.URL]:
    with servers.database(request.param) as url:
        yield url


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with models."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "models.py").write_text(MODELS)
    return tmp_path


def text_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def ckenum(
    project: Path, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    return commands().module("ckenum", *arguments, cwd=project, env=ENVIRON)


def alembic(project: Path, *arguments: str) -> None:
    done = commands().module("alembic", *arguments, cwd=project, env=ENVIRON)
    assert done.returncode == 0, done.stderr


def of_url(
    project: Path, command: str, url: sa.URL, *more: str
) -> subprocess.CompletedProcess[str]:
    target = ("--url", text_of(url), "--metadata", METADATA)
    return ckenum(project, command, *target, *more)


def error(done: subprocess.CompletedProcess[str]) -> str:
    """What a command says that could not do its work."""
    assert (done.returncode, done.stdout) == (2, "")
    _, found, said = done.stderr.rpartition("error: ")
    assert found
    return said.strip()


def heading(db: Database) -> str:
    url = db.engine.url
    return text_of(
        sa.URL.create(
            url.drivername, host=url.host, port=url.port, database=url.database
        )
    )


# -- by URL --------------------------------------------------------------


def test_check_agrees(db: Database, project: Path) -> None:
    """The exit code is 0 where nothing differs."""
    db.create(orders(*AGREES))
    done = of_url(project, "check", db.engine.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"--- {heading(db)}\n+++ models\n\nNo drift in 1 column.\n"
    )


def test_check_differs(db: Database, project: Path) -> None:
    """The exit code is 1, and the text is that of assert_no_drift()."""
    db.create(orders(*DIFFERS))
    done = of_url(project, "check", db.engine.url)
    assert (done.returncode, done.stderr) == (1, "")
    with pytest.raises(AssertionError) as failure:
        with db.engine.connect() as connection:
            assert_no_drift(connection, orders(Status))
    assert done.stdout == str(failure.value).lstrip()
    assert "\n  ~ 'PAYED' -> 'PAID'\n  - 'JUNK'\n" in done.stdout


def test_check_json(db: Database, project: Path) -> None:
    """One object, of this shape."""
    db.create(orders(*DIFFERS))
    done = of_url(project, "check", db.engine.url, "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout) == {
        "databases": [
            {
                "database": heading(db),
                "compared": 1,
                "drift": [
                    {
                        "schema": None,
                        "table": "orders",
                        "column": "status",
                        "constraint": "ck_orders_status",
                        "differences": [
                            {
                                "kind": "value",
                                "database": "PAYED",
                                "models": "PAID",
                            },
                            {
                                "kind": "value",
                                "database": "JUNK",
                                "models": None,
                            },
                            {
                                "kind": "value",
                                "database": None,
                                "models": "SHIPPED",
                            },
                        ],
                    }
                ],
                "skipped": [],
            }
        ]
    }


STOCK = MODELS.replace(
    "CheckEnum(Status)",
    "Enum(Status, native_enum=False, create_constraint=True)",
).replace("from ckenum import CheckEnum", "from sqlalchemy import Enum")


def test_enums(db: Database, project: Path) -> None:
    """With --enums SQLAlchemy's own Enums are looked at, without it not."""
    (project / "app" / "models.py").write_text(STOCK)
    names = {"name": "status", "length": 7}
    db.create(orders(*DIFFERS, **names))
    db.insert("orders", status="PAYED")
    done = of_url(project, "check", db.engine.url)
    assert "No drift in 0 columns." in done.stdout
    done = of_url(project, "check", db.engine.url, "--enums")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.partition("\n\n")[2].strip() == body("""
        orders.status (status)
          ~ 'PAYED' -> 'PAID'
          - 'JUNK'
          + 'SHIPPED'

        Drift in 1 column.
        """)
    done = of_url(project, "audit", db.engine.url, "--enums")
    assert "1 'PAYED'    renamed: 'PAID'" in done.stdout


def test_check_cannot_tell(db: Database, project: Path) -> None:
    """A column that cannot be compared is neither agreement nor drift."""
    execute(db, UNREADABLE)
    done = of_url(project, "check", db.engine.url)
    assert (done.returncode, done.stderr) == (2, "")
    assert "orders.status\n  ? not compared, because" in done.stdout
    assert done.stdout.endswith(
        "\nNo drift in 0 columns. Could not compare 1 column.\n"
    )


def test_check_need_not_tell(sqlite: Database, project: Path) -> None:
    """A column that need not be compared is named, and is still told."""
    execute(sqlite, UNREADABLE)
    accept = ("--accept-uncompared", "orders.status")
    done = of_url(project, "check", sqlite.engine.url, *accept)
    assert (done.returncode, done.stderr) == (0, "")
    assert "? not compared, which is accepted, because" in done.stdout


def test_accept_unknown_column(sqlite: Database, project: Path) -> None:
    """A column that no models have is an error, and nothing is told."""
    execute(sqlite, UNREADABLE)
    accept = ("--accept-uncompared", "orders.other")
    done = of_url(project, "check", sqlite.engine.url, *accept)
    assert "'orders.other' must be a CheckEnum column" in error(done)


def test_drift_beside_what_cannot_be_compared(
    sqlite: Database, project: Path
) -> None:
    """Drift that was found comes first."""
    more = MODELS.replace('"orders"', '"more"')
    (project / "more.py").write_text(more)
    execute(sqlite, UNREADABLE)
    also = ("--metadata", "more:Base.metadata")
    done = of_url(project, "check", sqlite.engine.url, *also)
    assert done.returncode == 1
    assert "Drift in 1 column. Could not compare 1 column." in done.stdout


def test_audit(db: Database, project: Path) -> None:
    """Rows for each value, and what is to be said of it."""
    db.create(orders(*DIFFERS))
    for value in "NEW", "NEW", "PAYED", "JUNK", None:
        db.insert("orders", status=value)
    done = of_url(project, "audit", db.engine.url)
    assert (done.returncode, done.stderr) == (0, "")
    title, _, said = done.stdout.partition("\n\n")
    assert title == heading(db)
    assert said.strip() == body("""
        orders.status (ck_orders_status)
          2 'NEW'
          0 'PAID'     unused
          0 'SHIPPED'  unused
          1 'PAYED'    renamed: 'PAID'
          1 'JUNK'     stranger
          1 NULL
        """)


def test_audit_not_valid(postgresql: Database, project: Path) -> None:
    """A constraint that older rows may break is marked."""
    execute(
        postgresql,
        "CREATE TABLE orders (id SERIAL, status VARCHAR(255))",
        "ALTER TABLE orders ADD CONSTRAINT ck CHECK (status IN ('NEW'))"
        " NOT VALID",
    )
    done = of_url(project, "audit", postgresql.engine.url)
    assert "orders.status (ck NOT VALID)\n" in done.stdout


def test_audit_json(db: Database, project: Path) -> None:
    """One object, of this shape."""
    db.create(orders("NEW", "PAYED"))
    db.insert("orders", status="PAYED")
    done = of_url(project, "audit", db.engine.url, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    values = [("NEW", 0), ("PAID", 0), ("SHIPPED", 0)]
    assert json.loads(done.stdout) == {
        "databases": [
            {
                "database": heading(db),
                "columns": [
                    {
                        "schema": None,
                        "table": "orders",
                        "column": "status",
                        "array": False,
                        "missing": None,
                        "constraints": [
                            {"name": "ck_orders_status", "not_valid": False}
                        ],
                        "values": [
                            *(
                                {
                                    "value": value,
                                    "rows": rows,
                                    "kind": "member",
                                    "means": value,
                                }
                                for value, rows in values
                            ),
                            {
                                "value": "PAYED",
                                "rows": 1,
                                "kind": "renamed",
                                "means": "PAID",
                            },
                        ],
                        "nulls": 0,
                        "more": 0,
                        "more_rows": 0,
                    }
                ],
            }
        ]
    }


def test_audit_missing(db: Database, project: Path) -> None:
    """A table that is not there is told, and an error."""
    db.create(sa.MetaData())
    done = of_url(project, "audit", db.engine.url)
    assert done.returncode == 2
    assert done.stderr.endswith(
        "error: 'orders.status' cannot be audited: the database has no such "
        "table.\n"
    )
    assert "orders.status\n  no such table\n" in done.stdout


def test_several_metadata(db: Database, project: Path) -> None:
    """All that are named are compared."""
    more = MODELS.replace('"orders"', '"more"')
    (project / "more.py").write_text(more)
    db.create(orders(*AGREES))
    done = of_url(
        project, "check", db.engine.url, "--metadata", "more:Base.metadata"
    )
    assert done.returncode == 1
    assert "more.status (ck_more_status)\n  + table 'more'\n" in done.stdout


def test_async_url(db: Database, project: Path) -> None:
    """A URL may name an asynchronous driver."""
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
    }
    db.create(orders(*DIFFERS))
    url = db.engine.url.set(drivername=drivers[db.name])
    for command, code in ("check", 1), ("audit", 0):
        done = of_url(project, command, url)
        assert (done.returncode, done.stderr) == (code, "")


def test_any_letters(sqlite: Database, project: Path) -> None:
    """What a terminal's encoding has not is escaped."""
    sqlite.create(orders(*AGREES, "Größe\N{SNOWMAN}"))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ckenum", "check"),
            *("--url", text_of(sqlite.engine.url), "--metadata", METADATA),
        ],
        cwd=project,
        env={**ENVIRON, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
    )
    assert done.returncode == 1
    assert b"- 'Gr\xf6\xdfe\\u2603'\n" in done.stdout


def test_only_reads(
    db: Database,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database itself refuses to write to such a connection."""
    db.create(orders(*AGREES))
    (project / "read_models.py").write_text(MODELS)
    monkeypatch.chdir(project)
    options = Namespace(
        url=text_of(db.engine.url),
        metadata=["read_models:Base.metadata"],
        enums=False,
    )

    def write(context: Any) -> None:
        context.connection.execute(sa.insert(sa.table("orders")))

    with pytest.raises(sa.exc.DBAPIError, match="read.?only"):
        visit(options, write)


# -- where output goes ---------------------------------------------------


def on_terminal(project: Path, *command: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with warnings.catch_warnings():
        # Python warns of forks beside threads, of which tests have some
        warnings.simplefilter("ignore", DeprecationWarning)
        process = subprocess.Popen(
            command,
            cwd=project,
            env={**ENVIRON, "TERM": "xterm", "COLUMNS": "80"},
            stdout=theirs,
        )
    os.close(theirs)
    written = read_all(ours)
    process.wait()
    return written


def test_terminal(db: Database, project: Path) -> None:
    """With rich, a terminal gets tables and colours."""
    db.create(orders(*DIFFERS))
    said = on_terminal(
        project,
        *(sys.executable, "-m", "ckenum", "check"),
        *("--url", text_of(db.engine.url), "--metadata", METADATA),
    )
    assert "\x1b[31m'JUNK'" in said
    assert "╭" in said


def test_terminal_without_rich(db: Database, project: Path) -> None:
    """It gets the plain text where rich is not installed."""
    db.create(orders(*DIFFERS))
    arguments = ["", "check", "--url", text_of(db.engine.url)]
    arguments += ["--metadata", METADATA]
    without = (
        f"import runpy, sys; sys.modules['rich'] = None;"
        f" sys.argv = {arguments!r};"
        f" runpy.run_module('ckenum', run_name='__main__')"
    )
    said = on_terminal(project, sys.executable, "-c", without)
    plain = of_url(project, "check", db.engine.url).stdout
    assert said.replace("\r\n", "\n") == plain


def test_version(project: Path) -> None:
    """It is the package's."""
    done = ckenum(project, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"ckenum {metadata.version('ckenum')}\n"


def test_console_script(capsys: pytest.CaptureFixture[str]) -> None:
    """The command has a short name, by which errors call it."""
    (script,) = metadata.entry_points(group="console_scripts", name="ckenum")
    assert script.load()(["check", "--metadata", "x"]) == 2
    assert capsys.readouterr().err.startswith("ckenum: error: ")


@pytest.mark.parametrize("how", ["", "--json"])
def test_report_that_cannot_be_written(
    sqlite: Database, project: Path, how: str
) -> None:
    """Drift that nobody reads is no drift found: the exit code says so."""
    sqlite.create(orders(*DIFFERS))
    said = redirected(sqlite, project, how, ">/dev/full")
    assert said == (
        "python -m ckenum: error: The report cannot be written: "
        "[Errno 28] No space left on device\n2\n"
    )


def test_reader_that_is_gone(sqlite: Database, project: Path) -> None:
    """A closed pipe is quiet, as of any command."""
    sqlite.create(orders(*DIFFERS))
    assert redirected(sqlite, project, "", "| true") == "2\n"


def redirected(db: Database, project: Path, how: str, where: str) -> str:
    """What is said on standard error, and the exit code."""
    target = f"--url {text_of(db.engine.url)} --metadata {METADATA}"
    command = f"{sys.executable} -m ckenum check {target} {how}"
    shell = f"{{ sleep 0.1; {command}; echo $? >&2; }} {where}"
    done = subprocess.run(
        ["bash", "-c", shell],
        cwd=project,
        env=ENVIRON,
        capture_output=True,
        text=True,
    )
    return done.stderr


def test_help_tells_the_cost(project: Path) -> None:
    """Who asks learns that whole tables are read."""
    done = ckenum(project, "audit", "--help")
    assert done.returncode == 0
    assert "reads the whole table" in done.stdout


# -- by env.py -----------------------------------------------------------


def alembic_init(
    project: Path, url: sa.URL, template: str = "generic"
) -> None:
    alembic(project, "init", "-t", template, "migrations")
    edit(
        project / "migrations" / "env.py",
        "target_metadata = None\n",
        "from app.models import Base\ntarget_metadata = Base.metadata\n",
    )
    edit(
        project / "alembic.ini",
        "sqlalchemy.url = driver://user:pass@localhost/dbname\n",
        f"sqlalchemy.url = {text_of(url).replace('%', '%%')}\n",
    )


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))


def tables(db: Database) -> list[str]:
    return sa.inspect(db.engine).get_table_names()


@pytest.mark.parametrize("template", ["generic", "pyproject"])
def test_env(db: Database, project: Path, template: str) -> None:
    """The URL and the models are those of env.py, which runs as it is, also
    without the plugin; the version table is not created.
    """
    alembic_init(project, db.engine.url, template)
    db.create(orders(*AGREES))
    done = ckenum(project, "check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"--- {heading(db)}\n+++ models\n\nNo drift in 1 column.\n"
    )
    assert ckenum(project, "audit").stdout.count("unused") == 3
    assert tables(db) == ["orders"]


def test_env_with_enums(sqlite: Database, project: Path) -> None:
    """What env.py does not say of Enums, --enums says."""
    (project / "app" / "models.py").write_text(STOCK)
    alembic_init(project, sqlite.engine.url)
    sqlite.create(orders(*DIFFERS, name="status"))
    assert ckenum(project, "check").returncode == 0
    done = ckenum(project, "check", "--enums")
    assert "- 'JUNK'" in done.stdout, done.stderr


@pytest.mark.parametrize("template", ["async", "pyproject_async"])
def test_async_env(db: Database, project: Path, template: str) -> None:
    """It may be one of Alembic's asynchronous templates."""
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
    }
    url = db.engine.url.set(drivername=drivers[db.name])
    alembic_init(project, url, template)
    db.create(orders(*DIFFERS))
    done = ckenum(project, "check")
    assert done.returncode == 1, done.stderr
    assert "- 'JUNK'" in done.stdout


def test_env_migrates(db: Database, project: Path) -> None:
    """A database that migrations have made has no drift."""
    alembic_init(project, db.engine.url)
    edit(
        project / "migrations" / "env.py",
        "connection=connection, target_metadata=target_metadata\n",
        "connection=connection, target_metadata=target_metadata,\n"
        'autogenerate_plugins=["alembic.autogenerate.*", "ckenum"],\n',
    )
    alembic(project, "revision", "--autogenerate")
    assert ckenum(project, "check").returncode == 1
    alembic(project, "upgrade", "head")
    assert ckenum(project, "check").returncode == 0


def test_alembic_prints_what_failed(sqlite: Database, project: Path) -> None:
    """An error of a migration is a few lines, without a traceback."""
    alembic_init(project, sqlite.engine.url)
    alembic(project, "revision")
    (revision,) = (project / "migrations" / "versions").glob("*.py")
    edit(
        revision,
        'def upgrade() -> None:\n    """Upgrade schema."""\n    pass\n',
        "def upgrade() -> None:\n"
        "    op.alter_check_enum('orders', 'status', ['NEW'],\n"
        "        existing_values=['NEW', 'OLD'], name='ck_orders_status')\n",
    )
    sqlite.create(orders("NEW", "OLD"))
    sqlite.insert("orders", status="OLD")
    done = commands().module(
        "alembic", "upgrade", "head", cwd=project, env=ENVIRON
    )
    assert done.returncode != 0
    assert "FAILED: Rows of 'orders.status' hold values" in done.stdout
    assert "Traceback" not in done.stderr


def test_env_filters(sqlite: Database, project: Path) -> None:
    """What env.py leaves out is left out."""
    alembic_init(project, sqlite.engine.url)
    edit(
        project / "migrations" / "env.py",
        "connection=connection, target_metadata=target_metadata\n",
        "connection=connection, target_metadata=target_metadata,\n"
        "include_object=lambda item, name, *rest: name != 'orders',\n",
    )
    sqlite.create(orders(*DIFFERS))
    assert ckenum(project, "check").returncode == 0
    assert ckenum(project, "audit").stdout == f"{heading(sqlite)}\n"


def test_env_that_prints(sqlite: Database, project: Path) -> None:
    """Standard output has the report alone, so JSON stays JSON."""
    alembic_init(project, sqlite.engine.url)
    env = project / "migrations" / "env.py"
    env.write_text(f"print('hello')\n{env.read_text()}\nprint('bye')\n")
    sqlite.create(orders(*AGREES))
    done = ckenum(project, "check", "--json")
    assert list(json.loads(done.stdout)) == ["databases"]
    assert "hello\n" in done.stderr


def test_config_and_name(sqlite: Database, project: Path) -> None:
    """Another file, and another section of it, as of Alembic."""
    alembic_init(project, sqlite.engine.url)
    ini = project / "alembic.ini"
    text = ini.read_text().replace("[alembic]", "[sales]")
    (project / "other.ini").write_text(text)
    ini.unlink()
    sqlite.create(orders(*AGREES))
    arguments = ("check", "--config", "other.ini", "--name", "sales")
    assert ckenum(project, *arguments).returncode == 0


def test_x_arguments(sqlite: Database, project: Path) -> None:
    """env.py gets them as from Alembic."""
    alembic_init(project, sqlite.engine.url)
    env = project / "migrations" / "env.py"
    env.write_text(
        env.read_text().replace(
            "config = context.config\n",
            "config = context.config\n"
            "print(context.get_x_argument(as_dictionary=True))\n",
        )
    )
    sqlite.create(orders(*AGREES))
    done = ckenum(project, "check", "-x", "tenant=one")
    assert "{'tenant': 'one'}" in done.stderr


def test_url_beside_env(db: Database, servers: Servers, project: Path) -> None:
    """The models and filters of env.py against another database."""
    alembic_init(project, sa.make_url("sqlite:///never.db"))
    edit(
        project / "migrations" / "env.py",
        "connection=connection, target_metadata=target_metadata\n",
        "connection=connection, target_metadata=target_metadata,\n"
        "include_object=lambda item, name, *rest: name != 'more',\n",
    )
    (project / "app" / "more.py").write_text(
        "import sqlalchemy as sa\nfrom ckenum import CheckEnum\n"
        "from .models import Base\n"
        "sa.Table('more', Base.metadata, sa.Column('kind', CheckEnum('a')))\n"
    )
    edit(
        project / "migrations" / "env.py",
        "from app.models import Base\n",
        "from app.models import Base\nimport app.more\n",
    )
    db.create(orders(*DIFFERS))
    done = ckenum(project, "check", "--url", text_of(db.engine.url))
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"--- {heading(db)}\n")
    assert "Drift in 1 column.\n" in done.stdout
    assert not (project / "never.db").exists()


def test_url_that_env_does_not_take(
    sqlite: Database, servers: Servers, project: Path
) -> None:
    """An env.py may connect elsewhere: what is compared is at the URL."""
    with servers.database("sqlite") as other:
        alembic_init(project, other)
        edit(
            project / "migrations" / "env.py",
            "config.get_section(config.config_ini_section, {})",
            repr({"sqlalchemy.url": text_of(other)}),
        )
        sqlite.create(orders(*AGREES))
        url = ("--url", text_of(sqlite.engine.url))
        assert ckenum(project, "check").returncode == 1
        assert ckenum(project, "check", *url).returncode == 0


def test_metadata_beside_env(sqlite: Database, project: Path) -> None:
    """Models that are named, in the database of env.py."""
    alembic(project, "init", "migrations")
    edit(
        project / "alembic.ini",
        "driver://user:pass@localhost/dbname",
        text_of(sqlite.engine.url),
    )
    sqlite.create(orders(*DIFFERS))
    done = ckenum(project, "check", "--metadata", METADATA)
    assert done.returncode == 1, done.stderr
    assert "- 'JUNK'" in done.stdout


def test_config_without_directory(sqlite: Database, project: Path) -> None:
    """Flask-Migrate keeps alembic.ini beside env.py, and does not say so."""
    alembic_init(project, sqlite.engine.url)
    ini = project / "migrations" / "alembic.ini"
    (project / "alembic.ini").rename(ini)
    edit(ini, "script_location = %(here)s/migrations\n", "")
    sqlite.create(orders(*DIFFERS))
    done = ckenum(project, "check", "-c", "migrations/alembic.ini")
    assert done.returncode == 1, done.stderr
    assert "- 'JUNK'" in done.stdout


CONFIG = """\
from alembic.config import Config

alembic_config = Config("alembic.ini")


def make():
    return alembic_config
"""


@pytest.mark.parametrize("name", ["conf:alembic_config", "conf:make"])
def test_config_of_the_project(
    sqlite: Database, project: Path, name: str
) -> None:
    """It may be an object of the project, or a function that returns it."""
    alembic_init(project, sqlite.engine.url)
    (project / "conf.py").write_text(CONFIG)
    sqlite.create(orders(*DIFFERS))
    done = ckenum(project, "check", "-c", name)
    assert done.returncode == 1, done.stderr


def test_config_that_is_none(project: Path) -> None:
    """Another object is told, with what it should be."""
    (project / "conf.py").write_text(CONFIG)
    said = error(ckenum(project, "check", "-c", "conf:__name__"))
    assert said.startswith("--config conf:__name__: 'conf' is neither an")


def test_several_databases(
    servers: Servers, sqlite: Database, project: Path
) -> None:
    """Each that env.py visits is reported, and any drift counts."""
    sqlite.create(orders(*AGREES))
    with servers.database("sqlite") as other:
        alembic(project, "init", "-t", "multidb", "migrations")
        for place, url in (
            ("localhost/dbname\n", sqlite.engine.url),
            ("localhost/dbname2\n", other),
        ):
            edit(
                project / "alembic.ini",
                f"driver://user:pass@{place}",
                f"{text_of(url)}\n",
            )
        edit(
            project / "migrations" / "env.py",
            "target_metadata = {}\n",
            "from app.models import Base\ntarget_metadata = "
            "{'engine1': Base.metadata, 'engine2': Base.metadata}\n",
        )
        done = ckenum(project, "check", "--json")
    assert done.returncode == 1, done.stderr
    first, second = json.loads(done.stdout)["databases"]
    assert first["drift"] == []
    assert second["drift"][0]["differences"][0]["kind"] == "table"


# -- what goes wrong -----------------------------------------------------


def test_no_command(project: Path) -> None:
    """A command is needed."""
    assert "COMMAND" in error(ckenum(project))


def test_no_target(project: Path) -> None:
    """Neither said nor found: the error names both ways."""
    said = error(ckenum(project, "check"))
    assert "neither alembic.ini nor pyproject.toml" in said
    assert "--url and --metadata" in said


@pytest.mark.parametrize(
    "arguments", [("--url", "sqlite://"), ("--metadata", METADATA)]
)
def test_half_a_target(project: Path, arguments: tuple[str, ...]) -> None:
    """The other half is env.py's, which must be there."""
    said = error(ckenum(project, "check", *arguments))
    assert said.startswith("There is neither alembic.ini nor pyproject.toml")


def test_two_targets(project: Path) -> None:
    """A URL stands in place of Alembic's configuration."""
    target = ("--url", "sqlite://", "--metadata", METADATA)
    said = error(ckenum(project, "check", *target, "--config", "alembic.ini"))
    assert "in place of Alembic's configuration" in said


@pytest.mark.parametrize(
    "url, expected",
    [
        ("postgresql", "--url is not a URL"),
        ("postgresql://host:port/db", "--url is not a URL"),
        (
            "nothing://host/db",
            "Can't load plugin: sqlalchemy.dialects:nothing",
        ),
        ("mysql+mysqldb://host/db", "driver of mysql+mysqldb is not install"),
        ("sqlite:///none.db", "There is no database file 'none.db'."),
        ("postgresql+psycopg://127.0.0.1:1/db", "The database says: "),
        ("postgresql+asyncpg://127.0.0.1:1/db", "Connect call failed"),
    ],
)
def test_bad_url(project: Path, url: str, expected: str) -> None:
    """The error says what is wrong with it, and no traceback."""
    done = ckenum(project, "check", "--url", url, "--metadata", METADATA)
    assert expected in error(done)
    assert "Traceback" not in done.stderr
    assert not (project / "none.db").exists()


@pytest.mark.parametrize(
    "metadata, expected",
    [
        ("app.models", "write the module, a colon"),
        (":Base", "write the module, a colon"),
        ("nothing.models:Base.metadata", "there is no module 'nothing'"),
        ("app.none:Base.metadata", "there is no module 'app.none'"),
        ("app.models:Bass", "has no attribute 'Bass'"),
        (
            "app.models:Base",
            "is not a MetaData: write app.models:Base.metadata.",
        ),
        ("app.models:Status", "is not a MetaData."),
        ("app:__dict__.x", "has no attribute 'x'"),
        ("empty:metadata", "empty:metadata has no tables"),
    ],
)
def test_bad_metadata(project: Path, metadata: str, expected: str) -> None:
    """The error says what is wrong with it, and no traceback."""
    (project / "empty.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
    )
    target = ("--url", "sqlite://", "--metadata", metadata)
    done = ckenum(project, "check", *target)
    assert expected in error(done)
    assert "Traceback" not in done.stderr


def test_module_that_fails(project: Path) -> None:
    """Where an error of the project's own comes from is shown."""
    (project / "broken.py").write_text("import no_such_module\n")
    target = ("--url", "sqlite://", "--metadata", "broken:metadata")
    done = ckenum(project, "check", *target)
    assert error(done) == (
        "ModuleNotFoundError: No module named 'no_such_module'"
    )
    assert 'broken.py", line 1' in done.stderr


def test_no_such_config(project: Path) -> None:
    """A configuration that is named must be there."""
    said = error(ckenum(project, "check", "--config", "other.ini"))
    assert said == "There is no file 'other.ini'."


def test_no_such_section(sqlite: Database, project: Path) -> None:
    """A section that is named must be there."""
    alembic_init(project, sqlite.engine.url)
    said = error(ckenum(project, "check", "--name", "nothing"))
    assert said.startswith("Alembic's configuration in alembic.ini")
    assert "'script_location'" in said


def test_no_target_metadata(sqlite: Database, project: Path) -> None:
    """env.py must tell which models there are."""
    alembic(project, "init", "migrations")
    edit(
        project / "alembic.ini",
        "driver://user:pass@localhost/dbname",
        text_of(sqlite.engine.url),
    )
    said = error(ckenum(project, "check"))
    assert said.endswith("env.py configures no target_metadata.")


def test_env_without_database(project: Path) -> None:
    """A database that is down is told without a traceback."""
    url = sa.make_url("postgresql+psycopg://127.0.0.1:1/db")
    alembic_init(project, url)
    done = ckenum(project, "check")
    assert error(done).startswith("The database says: ")
    assert "Traceback" not in done.stderr


def test_env_that_fails(sqlite: Database, project: Path) -> None:
    """Where an error of env.py comes from is shown."""
    alembic_init(project, sqlite.engine.url)
    env = project / "migrations" / "env.py"
    env.write_text(f"{env.read_text()}\n1 / 0\n")
    done = ckenum(project, "audit")
    assert error(done) == "ZeroDivisionError: division by zero"
    assert "env.py" in done.stderr


def test_forbidden_table(postgresql: Database, project: Path) -> None:
    """What the database refuses is told in its words."""
    postgresql.create(orders(*AGREES))
    name = f"reader_{postgresql.engine.url.database}"[:60]
    execute(postgresql, f"CREATE ROLE {name} LOGIN")
    try:
        url = postgresql.engine.url.set(username=name)
        said = error(of_url(project, "audit", url))
    finally:
        execute(postgresql, f"DROP ROLE {name}")
    assert said == "The database says: permission denied for table orders"


def test_help(project: Path) -> None:
    """It names the commands."""
    said = ckenum(project, "--help").stdout
    assert "check" in said and "audit" in said
