"""The life of an enum column: model, migrations and rows, step by step.

Works on a copy of this directory, which is deleted at the end.
"""

from __future__ import annotations

from contextlib import closing
import difflib
import os
from pathlib import Path
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap

HERE = Path(__file__).parent


def story(project: Project) -> None:
    print("A copy of examples/quickstart, and a SQLite file.")

    heading("1. Create the table")
    show(project.status_class())
    project.autogenerate("create orders")
    project.alembic("upgrade", "head")
    project.sql(
        "INSERT INTO orders (status) VALUES ('CART'), ('NEW'), ('PAYED')"
    )
    project.show_rows()

    heading("2. Add a member")
    project.sql("INSERT INTO orders (status) VALUES ('SHIPPED')")
    project.edit_model(
        '    PAYED = "payed"\n',
        '    PAYED = "payed"\n    SHIPPED = "shipped"\n',
    )
    project.autogenerate("add shipped")
    print("What becomes of shipped orders on the way down is ours to say:")
    project.add_rule(
        'existing_values=["CART", "NEW", "PAYED", "SHIPPED"]',
        'rename={"SHIPPED": "PAYED"}',
    )
    project.alembic("upgrade", "head")
    project.sql("INSERT INTO orders (status) VALUES ('SHIPPED')")
    project.show_rows()

    heading("3. Rename a member: the old name stays as an alias")
    project.edit_model(
        '    PAYED = "payed"\n',
        '    PAID = "paid"\n    PAYED = PAID\n',
    )
    project.autogenerate("rename payed to paid")
    project.show_rows()
    project.alembic("upgrade", "head")
    project.show_rows()

    heading("4. Remove a member")
    project.edit_model('    CART = "cart"\n', "")
    project.autogenerate("remove cart")
    print("A row still holds it, and nobody said what becomes of that:")
    project.show_rows()
    project.alembic("upgrade", "head", fails=True)
    project.add_rule(
        'existing_values=["CART", "NEW", "PAID", "SHIPPED"]',
        'delete=["CART"]',
    )
    project.alembic("upgrade", "head")
    project.show_rows()
    project.alembic("check")

    heading("5. All the way back")
    project.alembic("downgrade", "0001")
    project.show_rows()
    project.alembic("downgrade", "base")
    project.show_tables()


class Project:
    """An Alembic project, and what a person does to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.revision = 0
        shutil.copytree(HERE, directory, ignore=shutil.ignore_patterns("*.db"))

    def alembic(self, *arguments: str, fails: bool = False) -> None:
        """Run a command of Alembic's; show what it says, in short."""
        print("$ alembic", *(f'"{a}"' if " " in a else a for a in arguments))
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.directory,
            # models.py changes faster than bytecode is told to be stale
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if bool(done.returncode) is not fails:
            sys.exit(done.stdout)
        log = re.sub(r"^INFO .*?\] ", "", done.stdout, flags=re.MULTILINE)
        for line in log.splitlines():
            if line.startswith(("Running", "Detected", "No new")):
                show(line)
        if fails:
            show(log[log.index("ckenum.exc.") :])

    def autogenerate(self, message: str) -> None:
        """Write the next migration; show its upgrade."""
        self.revision += 1
        rev_id = f"{self.revision:04}"
        self.alembic(
            *("revision", "--autogenerate", "--rev-id", rev_id),
            *("-m", message),
        )
        print(self.migration.relative_to(self.directory).as_posix())
        body = re.search(
            r"def upgrade.*?please adjust! ###\n(.*?) *# ### end",
            self.migration.read_text(),
            re.DOTALL,
        )
        assert body is not None
        show(body[1])

    @property
    def migration(self) -> Path:
        """The newest one."""
        versions = self.directory / "migrations" / "versions"
        (path,) = versions.glob(f"{self.revision:04}_*.py")
        return path

    def edit_model(self, old: str, new: str) -> None:
        self._edit(self.directory / "models.py", old, new)

    def add_rule(self, after: str, rule: str) -> None:
        """Add an argument to the directive that has another one."""
        after = f"        {after},\n"
        self._edit(self.migration, after, f"{after}        {rule},\n")

    def _edit(self, path: Path, old: str, new: str) -> None:
        before = path.read_text()
        assert before.count(old) == 1, f"{old!r} in {path}"
        after = before.replace(old, new)
        path.write_text(after)
        print(f"edit {path.relative_to(self.directory).as_posix()}")
        lines = difflib.ndiff(before.splitlines(), after.splitlines())
        show("\n".join(line for line in lines if line[0] in "-+"))

    def status_class(self) -> str:
        text = (self.directory / "models.py").read_text()
        found = re.search(r"class Status.*?\n\n", text, re.DOTALL)
        assert found is not None
        return found[0]

    def sql(self, statement: str) -> None:
        """Run a statement, past all models; the database may refuse it."""
        print(f"sqlite> {statement}")
        try:
            self._query(statement)
        except sqlite3.IntegrityError as error:
            show(f"refused: {error}")

    def show_rows(self) -> None:
        rows = self._query("SELECT id, status FROM orders ORDER BY id")
        print("rows:", "  ".join(f"{id} {status}" for id, status in rows))

    def show_tables(self) -> None:
        tables = self._query(
            "SELECT name FROM sqlite_master "
            "WHERE type = 'table' AND name <> 'alembic_version'"
        )
        print("tables:", ", ".join(name for name, in tables) or "none")

    def _query(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.directory / "orders.db")) as db:
            with db:
                return db.execute(statement).fetchall()


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def show(text: str) -> None:
    """Print what another program wrote."""
    text = textwrap.dedent(text).strip()
    print(textwrap.indent(text, "    "))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        story(Project(Path(directory, "quickstart")))
