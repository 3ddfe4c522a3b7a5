"""As a user has it: the wheel in a fresh environment, Alembic's commands."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
import zipfile

import alembic
import pytest
import sqlalchemy as sa

from .interpreters import commands
from .interpreters import Interpreters
from .interpreters import interpreters
from .roundtrip import body
from .roundtrip import Database

ROOT = Path(__file__).parents[1]
MADE = (
    *(".git", ".venv", ".nox", ".hypothesis", "*_cache", ".coverage*"),
    *("build", "dist", "_build", "*.egg-info", "__pycache__", "PKG-INFO"),
)
"""What is in a checkout, or a source distribution, but not in its source."""

ENVIRON = {
    **{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
    # models.py changes faster than bytecode is told to be stale
    "PYTHONDONTWRITEBYTECODE": "1",
}


def must(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=ENVIRON, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: a build leaves files, and takes up those of older ones."""
    copy = tmp_path_factory.mktemp("source") / "ckenum"
    return shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*MADE))


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    """Built from the source distribution, which so must be whole."""
    must(sys.executable, "-m", "build", "--outdir", "../dist", cwd=source)
    (wheel,) = source.parent.glob("dist/*.whl")
    return wheel


@pytest.fixture(
    params=["here", pytest.param("installed", marks=pytest.mark.slow)]
)
def user(request: pytest.FixtureRequest) -> Interpreters:
    """Those of the tests' environment, or of one's own."""
    if request.param == "here":
        return commands()
    found: Interpreters = request.getfixturevalue("installed")
    return found


@pytest.fixture(scope="module")
def installed(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Interpreters]:
    """Those of an environment that has ckenum and what it asks for, in the
    versions that are tested here.
    """
    directory = tmp_path_factory.mktemp("user")
    must(sys.executable, "-m", "venv", "venv", cwd=directory)
    must(
        *("venv/bin/python", "-m", "pip", "install", "-q"),
        f"{wheel}[postgresql]",
        f"sqlalchemy=={sa.__version__}",
        f"alembic=={alembic.__version__}",
        cwd=directory,
    )
    python = directory / "venv" / "bin" / "python"
    with interpreters("alembic.config", python=python) as started:
        yield started


def test_wheel(wheel: Path) -> None:
    """All modules are in the wheel, and the mark that they are typed."""
    names = zipfile.ZipFile(wheel).namelist()
    modules = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ckenum").rglob("*.py")
    ]
    assert "ckenum/py.typed" in names
    assert {name for name in names if name.startswith("ckenum/")} == {
        "ckenum/py.typed",
        *modules,
    }


def test_source_distribution(source: Path, wheel: Path) -> None:
    """All that a checkout has is in it: tests, docs, examples, benchmarks."""
    (path,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {
            Path(*Path(member.name).parts[1:]).as_posix()
            for member in archive
            if member.isfile()
        }
    files = {
        file.relative_to(source).as_posix()
        for file in source.rglob("*")
        if file.is_file() and "ckenum.egg-info" not in file.parts
    }
    assert files - names == set()
    assert {name.partition("/")[0] for name in names - files} == {
        "PKG-INFO",
        "ckenum.egg-info",
    }


def test_readme_on_an_index_page(wheel: Path) -> None:
    """It names the files that it has links to in a checkout."""
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
    text = archive.read(name).decode()
    links = re.findall(r"\]\((?!https?://|#).+?\)", text)
    assert "(`docs/benchmarks.md`)" in text
    assert links == []


class Project:
    """What a person does, from ``alembic init`` on."""

    def __init__(
        self, directory: Path, url: sa.URL, user: Interpreters
    ) -> None:
        self.directory = directory
        self.user = user
        self.revision = 0
        self.alembic("init", "migrations")
        self.edit(
            "migrations/env.py",
            "target_metadata = None\n",
            "from models import Base\ntarget_metadata = Base.metadata\n",
        )
        self.edit(
            "migrations/env.py",
            "connection=connection, target_metadata=target_metadata\n",
            "connection=connection, target_metadata=target_metadata,\n"
            "            autogenerate_plugins="
            '["alembic.autogenerate.*", "ckenum"],\n',
        )
        text = url.render_as_string(hide_password=False)
        self.edit(
            "alembic.ini",
            "sqlalchemy.url = driver://user:pass@localhost/dbname\n",
            f"sqlalchemy.url = {text.replace('%', '%%')}\n",
        )

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.directory / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def alembic(self, *arguments: str, fails: bool = False) -> str:
        done = self.user.module(
            "alembic", *arguments, cwd=self.directory, env=ENVIRON
        )
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, said
        return said

    def alembic_fails(self, *arguments: str) -> str:
        return self.alembic(*arguments, fails=True)

    def model(self, members: str) -> None:
        (self.directory / "models.py").write_text(
            MODEL.format(members=textwrap.indent(body(members), "    "))
        )

    def autogenerate(self) -> str:
        self.revision += 1
        rev_id = str(self.revision)
        return self.alembic("revision", "--autogenerate", "--rev-id", rev_id)

    @property
    def migration(self) -> Path:
        versions = self.directory / "migrations" / "versions"
        (path,) = versions.glob(f"{self.revision}_*.py")
        return path

    def directives(self, function: str) -> str:
        """What autogenerate wrote into one function of the migration."""
        found = re.search(
            rf"def {function}\(\).*?please adjust! ###\n(.*?) *# ### end",
            self.migration.read_text(),
            re.DOTALL,
        )
        assert found is not None
        return body(found[1])

    def add_rule(self, after: str, rule: str) -> None:
        self.edit(
            str(self.migration),
            f"        {after},\n",
            f"        {after},\n        {rule},\n",
        )

    def upgrade(self) -> None:
        self.alembic("upgrade", "head")
        self.check()

    def take_back(self, members: str) -> None:
        """As if the newest migration and its model had never been."""
        self.alembic("downgrade", "-1")
        self.migration.unlink()
        self.revision -= 1
        self.model(members)
        self.check()

    def check(self) -> None:
        said = self.alembic("check")
        assert "No new upgrade operations detected." in said


MODEL = """\
import enum

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ckenum import CheckEnum


class Base(DeclarativeBase):
    pass


class Status(enum.Enum):
{members}


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(CheckEnum(Status))
"""

CREATED = """
    NEW = "new"
    PAYED = "payed"
    JUNK = "junk"
"""

ADDED = """
    NEW = "new"
    PAYED = "payed"
    JUNK = "junk"
    SHIPPED = "shipped"
"""

RENAMED = """
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    JUNK = "junk"
    SHIPPED = "shipped"
"""

REMOVED = """
    NEW = "new"
    PAID = "paid"
    PAYED = PAID
    SHIPPED = "shipped"
"""


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)
def db(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(request.param)
    return database


def test_story(db: Database, user: Interpreters, tmp_path: Path) -> None:
    """Create, add, rename by alias, remove with a rule, and all the way
    back: exact text, exact rows, and ``alembic check`` clean at each step.
    """
    project = Project(tmp_path, db.engine.url, user)

    project.model(CREATED)
    log = project.autogenerate()
    assert "Detected added table 'orders'" in log
    assert "check enum" not in log
    assert "\nimport ckenum\n" in project.migration.read_text()
    assert project.directives("upgrade") == body("""
        op.create_table('orders',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('status', ckenum.CheckEnum("NEW", "PAYED", "JUNK", \
name=op.f("ck_orders_status")), nullable=False),
        sa.PrimaryKeyConstraint('id')
        )
        """)
    assert project.directives("downgrade") == "op.drop_table('orders')"
    project.upgrade()
    for status in "NEW", "PAYED", "JUNK":
        db.insert("orders", status=status)

    project.model(ADDED)
    log = project.autogenerate()
    assert (
        "INFO  [alembic.autogenerate.ckenum] "
        "Detected changed check enum on 'orders.status': added 'SHIPPED'\n"
    ) in log
    assert "import ckenum" not in project.migration.read_text()
    assert project.directives("upgrade") == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAYED", "JUNK", "SHIPPED"],
            existing_values=["NEW", "PAYED", "JUNK"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert project.directives("downgrade") == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAYED", "JUNK"],
            existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"],
            name=op.f("ck_orders_status"),
        )
        """)
    project.add_rule(
        'existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"]',
        'rename={"SHIPPED": "PAYED"}',
    )
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="SHIPPED")
    project.upgrade()
    db.insert("orders", status="SHIPPED")

    project.model(RENAMED)
    log = project.autogenerate()
    assert "on 'orders.status': renamed 'PAYED' to 'PAID'\n" in log
    assert project.directives("upgrade") == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID", "JUNK", "SHIPPED"],
            existing_values=["NEW", "PAYED", "JUNK", "SHIPPED"],
            name=op.f("ck_orders_status"),
            rename={"PAYED": "PAID"},
        )
        """)
    assert project.directives("downgrade") == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAYED", "JUNK", "SHIPPED"],
            existing_values=["NEW", "PAID", "JUNK", "SHIPPED"],
            name=op.f("ck_orders_status"),
            rename={"PAID": "PAYED"},
        )
        """)
    project.upgrade()
    assert held(db) == ["JUNK", "NEW", "PAID", "SHIPPED"]

    project.model(REMOVED)
    log = project.autogenerate()
    assert "on 'orders.status': removed 'JUNK'\n" in log
    assert project.directives("upgrade") == body("""
        # If any row still holds a removed value, this stops before
        # changing anything. To move such rows to another value (None
        # for NULL), add rename={"JUNK": "NEW"};
        # to delete them, add delete=["JUNK"].
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID", "SHIPPED"],
            existing_values=["NEW", "PAID", "JUNK", "SHIPPED"],
            name=op.f("ck_orders_status"),
        )
        """)
    assert project.directives("downgrade") == body("""
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "PAID", "JUNK", "SHIPPED"],
            existing_values=["NEW", "PAID", "SHIPPED"],
            name=op.f("ck_orders_status"),
        )
        """)
    said = project.alembic_fails("upgrade", "head")
    assert "'JUNK' in 1 row" in said
    assert held(db) == ["JUNK", "NEW", "PAID", "SHIPPED"]
    project.add_rule(
        'existing_values=["NEW", "PAID", "JUNK", "SHIPPED"]',
        'delete=["JUNK"]',
    )
    project.upgrade()
    assert held(db) == ["NEW", "PAID", "SHIPPED"]

    project.take_back(RENAMED)
    assert held(db) == ["NEW", "PAID", "SHIPPED"]
    db.insert("orders", status="JUNK")

    project.take_back(ADDED)
    assert held(db) == ["JUNK", "NEW", "PAYED", "SHIPPED"]

    project.take_back(CREATED)
    assert held(db) == ["JUNK", "NEW", "PAYED", "PAYED"]

    project.alembic("downgrade", "base")
    assert not sa.inspect(db.engine).has_table("orders")


def held(db: Database) -> list[str]:
    return sorted(db.column("orders"))
