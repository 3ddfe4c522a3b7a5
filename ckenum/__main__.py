"""The commands ``ckenum check`` and ``ckenum audit``."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
import io
import json
import os
import sys
import traceback
from typing import Any
from typing import Union

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError

from . import __version__
from .exc import CheckEnumError
from .inspection.audit import Audit
from .inspection.audit import audit
from .inspection.differences import Comparison
from .inspection.drift import columns_of
from .inspection.drift import compare
from .inspection.drift import unknown_column
from .inspection.report import sections
from .inspection.report import show
from .inspection.report import visible
from .inspection.target import visit

Found = Union[Comparison, Audit]

_TARGET = """\
The database and the models are those of Alembic's env.py, which is run as
"alembic current" runs it. --url names another database, --metadata other
models; with both, no env.py is needed. Nothing is ever written to the
database.
"""

_CHECK = f"""\
Compare the CheckEnum columns of the models with a database. The exit code
is 0 if they agree, 1 if they differ, and 2 if that cannot be said: a column
could not be compared, the database is down, the report cannot be written.

{_TARGET}"""

_AUDIT = f"""\
Count the rows of each value that the CheckEnum columns hold, and mark
strangers (which mean no member of the enum), renamed values (which mean one
by an alias, by its spelling or by _missing_) and members that are unused. Of
arrays, the rows that hold an item are counted. The exit code is 0, or 2 if a
table or a column does not exist, or if anything else went wrong.

Each column takes one query that reads the whole table. Query a replica if the
table is large, or run this when the database has little to do.

{_TARGET}"""


def main(arguments: Sequence[str] | None = None, prog: str = "ckenum") -> int:
    """Run a command, and return its exit code.

    :param arguments: of the command line; default: ``sys.argv``.
    :param prog: how the command is called, for help and errors.

    Raises :class:`SystemExit` with code 2 for arguments that make no sense.
    """
    parser = _parser(prog)
    options = parser.parse_args(arguments)
    _check_options(parser, options)
    fail = partial(_fail, prog)
    try:
        found: list[Found] = visit(options, options.look(options))
        for where in sorted(options.unknown):
            raise unknown_column(where)
    except DBAPIError as error:
        return fail(f"The database says: {error.orig}")
    except (CheckEnumError, CommandError, SQLAlchemyError, OSError) as error:
        return fail(str(error))
    except Exception as error:
        # an error of the project's own modules: its traceback matters
        traceback.print_exc()
        return fail(f"{type(error).__name__}: {error}")
    try:
        _write(found, options.json)
    except BrokenPipeError:
        return _no_more_output()  # the reader has closed the pipe
    except OSError as error:
        _no_more_output()
        return fail(f"The report cannot be written: {error}")
    for each in found:
        for missing in each.missing if isinstance(each, Audit) else ():
            fail(missing)
    return max(map(_exit_code, found))


def _write(found: Sequence[Found], as_json: bool) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if as_json:
        json.dump({"databases": [*map(asdict, found)]}, sys.stdout, indent=2)
        print()
    else:
        for each in found:
            show(sections(each), sys.stdout)
    sys.stdout.flush()


def _no_more_output() -> int:
    """Keep the interpreter from flushing stdout at exit, which would fail too
    (note on SIGPIPE in the manual of Python's ``signal``).
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2


def _exit_code(found: Found) -> int:
    if isinstance(found, Audit):
        return 2 if found.missing else 0
    return 1 if found.drift else 2 if found.uncompared else 0


def _fail(prog: str, what: str) -> int:
    lines = map(visible, what.strip().split("\n"))
    print(f"{prog}: error:", "\n".join(lines), file=sys.stderr)
    return 2


def _parser(prog: str) -> ArgumentParser:
    parser = ArgumentParser(
        prog=prog,
        description="Look at the CheckEnum columns of a database.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"ckenum {__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _command(commands, "check", _CHECK)
    check.set_defaults(look=_comparing)
    check.add_argument(
        "--accept-uncompared",
        action="append",
        default=[],
        metavar="[SCHEMA.]TABLE.COLUMN",
        help="a column that need not be compared; may be given more than once",
    )
    audits = _command(commands, "audit", _AUDIT)
    audits.set_defaults(look=lambda _: audit, unknown=())
    return parser


def _comparing(options: Namespace) -> Callable[..., Comparison]:
    unknown = options.unknown = {*options.accept_uncompared}

    def look(context: MigrationContext) -> Comparison:
        # env.py may configure several databases, each with its models
        unknown.difference_update(columns_of(context))
        return compare(context, options.accept_uncompared)

    return look


def _command(commands: Any, name: str, text: str) -> ArgumentParser:
    command: ArgumentParser = commands.add_parser(
        name,
        help=text.partition(". ")[0].replace("\n", " "),
        description=text,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = command.add_argument
    add("--json", action="store_true", help="write JSON to standard output")
    add("--url", metavar="URL", help="the database's URL, as of SQLAlchemy")
    add(
        "--metadata",
        action="append",
        metavar="MODULE:NAME",
        help="the models' metadata, as app.models:Base.metadata; the module "
        "is found from the current directory; may be given more than once",
    )
    add(
        "-c",
        "--config",
        action="append",
        metavar="FILE",
        help="Alembic's configuration: alembic.ini (the default, after "
        "ALEMBIC_CONFIG) or pyproject.toml, may be given for both; or "
        "MODULE:NAME of an alembic.config.Config, of a function that returns "
        "one, or of advanced-alchemy's configuration",
    )
    add(
        "--enums",
        action="store_true",
        help="also SQLAlchemy's own Enums that have a CHECK, as "
        "ckenum_enums=True in env.py",
    )
    add(
        "-n",
        "--name",
        metavar="SECTION",
        help="section of alembic.ini (default: alembic)",
    )
    add(
        "-x",
        action="append",
        metavar="ARGUMENT",
        help="argument for env.py, as of Alembic",
    )
    return command


def _check_options(parser: ArgumentParser, options: Namespace) -> None:
    needs_env = not (options.url and options.metadata)
    if not needs_env and (options.config or options.name or options.x):
        parser.error(
            "--url and --metadata stand in place of Alembic's configuration: "
            "without --config, --name and -x."
        )
    options.name = options.name or "alembic"


if __name__ == "__main__":
    sys.exit(main(prog="python -m ckenum"))
