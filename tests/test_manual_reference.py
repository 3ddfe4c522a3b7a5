"""The reference and the troubleshooting leave out nothing that there is."""

from __future__ import annotations

import re

from alembic.operations import BatchOperations
from alembic.operations import Operations
import pytest

from ckenum import exc
from ckenum.alembic.autogenerate.options import OPTIONS

from .interpreters import commands
from .pages import page

DIRECTIVES = page("docs/reference/directives.md").text
OTHERS = page("docs/how-to/other_databases.md")
ERRORS = page("docs/reference/errors.md")
SETTINGS = page("docs/reference/settings.md").text


@pytest.mark.parametrize(
    "module, operations", [("op", Operations), ("batch_op", BatchOperations)]
)
def test_directives(module: str, operations: type) -> None:
    """Each directive is shown as migrations call it."""
    names = [
        n
        for n in vars(operations)
        if re.search("(check|native)_enum|_codes$", n)
    ]
    shown = re.findall(
        rf"^\.\. autofunction:: {module}\.(.+)", DIRECTIVES, re.M
    )
    assert sorted(shown) == sorted(names)


def test_errors() -> None:
    """Each error has a line with its cause and the way out."""
    errors = {
        name
        for name, value in vars(exc).items()
        if isinstance(value, type)
        and issubclass(value, exc.CheckEnumError)
        and value not in (exc.CheckEnumError, exc.MigrationError)
        and not name.startswith("_")
    }
    lines = {
        line[0].removeprefix("{exc}~ckenum.exc."): line[1:]
        for line in ERRORS.table("Errors")
    }
    assert lines.keys() == errors
    assert all(map(all, lines.values()))


@OTHERS.executes(like='like="postgresql"', standard='sqlglot="tsql"')
def test_other_databases(like: str, standard: str) -> None:
    """The lines that are shown describe both databases, to a process that
    knew neither.
    """
    code = f"{like}\n{standard}\n" + (
        "from ckenum.alembic.ddl.registry import registered\n"
        "print(*registered())"
    )
    done = commands().code(code)
    assert done.returncode == 0, done.stderr
    assert {"cockroachdb", "mssql"} <= set(done.stdout.split())


def test_settings() -> None:
    """Each option of ``context.configure()`` is told."""
    told = re.findall(r"^\.\. confval:: (ckenum\w+)$", SETTINGS, re.M)
    assert set(told) == OPTIONS
