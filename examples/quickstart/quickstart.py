"""The life of an enum column: model, migrations and rows, step by step.

Works on a copy of this directory, which is deleted at the end.
"""

from __future__ import annotations

from contextlib import closing
from contextlib import redirect_stderr
from contextlib import redirect_stdout
import difflib
import io
from pathlib import Path
import re
import shutil
import sqlite3
import sys
import tempfile
import textwrap

from alembic.config import CommandLine
from alembic.config import Config

from ckenum.exc import CheckEnumError

try:
    from rich.console import Console

    RICH: Console | None = Console()
except ModuleNotFoundError:  # the extra "cli" is not installed
    RICH = None

# models.py changes faster than bytecode is told to be stale
sys.dont_write_bytecode = True

HERE = Path(__file__).parent


def story(project: Project) -> None:
    say("A copy of examples/quickstart, and a SQLite file.")

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
    say("What becomes of shipped orders on the way down is ours to say:")
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
    say("A row still holds it, and nobody said what becomes of that:")
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
        command = " ".join(f'"{a}"' if " " in a else a for a in arguments)
        say(f"$ alembic {command}", "bold")
        log, failure = _alembic(self.directory, arguments)
        if bool(failure) is not fails:
            sys.exit(log + failure)
        for line in re.sub(r"^INFO .*?\] ", "", log, flags=re.M).splitlines():
            if line.startswith(("Running", "Detected", "No new")):
                show(line)
        if fails:
            show(failure, "red")

    def autogenerate(self, message: str) -> None:
        """Write the next migration; show its upgrade."""
        self.revision += 1
        rev_id = f"{self.revision:04}"
        self.alembic(
            *("revision", "--autogenerate", "--rev-id", rev_id),
            *("-m", message),
        )
        say(self.migration.relative_to(self.directory).as_posix(), "bold")
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
        say(f"edit {path.relative_to(self.directory).as_posix()}", "bold")
        for line in difflib.ndiff(before.splitlines(), after.splitlines()):
            if line[0] in "-+":
                show(line, "green" if line[0] == "+" else "red")

    def status_class(self) -> str:
        text = (self.directory / "models.py").read_text()
        found = re.search(r"class Status.*?\n\n", text, re.DOTALL)
        assert found is not None
        return found[0]

    def sql(self, statement: str) -> None:
        """Run a statement, past all models; the database may refuse it."""
        say(f"sqlite> {statement}", "bold")
        try:
            self._query(statement)
        except sqlite3.IntegrityError as error:
            show(f"refused: {error}", "red")

    def show_rows(self) -> None:
        rows = self._query("SELECT id, status FROM orders ORDER BY id")
        text = "  ".join(f"{id} {status}" for id, status in rows)
        say(f"rows: {text}", "cyan")

    def show_tables(self) -> None:
        tables = self._query(
            "SELECT name FROM sqlite_master "
            "WHERE type = 'table' AND name <> 'alembic_version'"
        )
        text = ", ".join(name for name, in tables)
        say(f"tables: {text or 'none'}", "cyan")

    def _query(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.directory / "orders.db")) as db:
            with db:
                return db.execute(statement).fetchall()


def _alembic(directory: Path, arguments: tuple[str, ...]) -> tuple[str, str]:
    """What the command ``alembic`` prints, and its error if it fails."""
    sys.modules.pop("models", None)  # it has been edited
    command_line = CommandLine(prog="alembic")
    options = command_line.parser.parse_args(arguments)
    with io.StringIO() as log:
        config = Config(
            directory / "alembic.ini", cmd_opts=options, stdout=log
        )
        try:
            with redirect_stdout(log), redirect_stderr(log):
                command_line.run_cmd(config, options)
        except SystemExit:
            text, failed, error = log.getvalue().partition("FAILED: ")
            return text, failed + error
        except CheckEnumError as error:
            return log.getvalue(), f"{type(error).__name__}: {error}"
        return log.getvalue(), ""


def heading(text: str) -> None:
    say(f"\n{text}\n{'-' * len(text)}", "bold magenta")


def show(text: str, style: str = "") -> None:
    """Print what another program wrote."""
    text = textwrap.dedent(text).rstrip().lstrip("\n")
    say(textwrap.indent(text, "    "), style)


def say(text: str, style: str = "") -> None:
    """Print lines, on a terminal in colour and wrapped to its width."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(_wrapped(line, width) for line in text.split("\n"))
        if RICH is not None:
            RICH.print(text, style=style, markup=False, highlight=False)
            return
    print(text)


def _wrapped(line: str, width: int) -> str:
    """With the rest of a long line as far in as its beginning."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        story(Project(Path(directory, "quickstart")))
