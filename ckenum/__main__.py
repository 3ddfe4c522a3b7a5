"""The commands: ``python -m ckenum check`` and ``python -m ckenum audit``."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import asdict
import io
import json
import sys
import traceback
from typing import Union

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError

from .exc import CheckEnumError
from .inspection.audit import Audit
from .inspection.audit import audit
from .inspection.differences import Comparison
from .inspection.drift import compare
from .inspection.report import sections
from .inspection.report import show
from .inspection.report import visible
from .inspection.target import visit

Found = Union[Comparison, Audit]

_PROG = "python -m ckenum"

_TARGET = """\
The database and the models are those of Alembic's env.py, which is run as
"alembic current" runs it, or what --url and --metadata say. Nothing is ever
written to the database.
"""

_CHECK = f"""\
Compare the CheckEnum columns of the models with a database. The exit code
is 0 where they agree, 1 where they differ, 2 where they cannot be compared.

{_TARGET}"""

_AUDIT = f"""\
Count the rows of each value that the CheckEnum columns hold, and mark
strangers (which mean no member of the enum), renamed values (which mean one
by an alias or by _missing_) and members that are unused. Of arrays, the rows
that hold an item are counted.

Each column takes one query that reads the whole table: for large ones, ask
a replica or when there is little to do.

{_TARGET}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code.

    Raises :class:`SystemExit` with code 2 for arguments that make no sense.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    _check_options(parser, options)
    try:
        found: list[Found] = visit(options, options.look)
    except DBAPIError as error:
        return _fail(f"The database says: {error.orig}")
    except (CheckEnumError, CommandError, SQLAlchemyError, OSError) as error:
        return _fail(str(error))
    except Exception as error:
        # of the project's modules: where it comes from matters
        traceback.print_exc()
        return _fail(f"{type(error).__name__}: {error}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.json:
        json.dump({"databases": [*map(asdict, found)]}, sys.stdout, indent=2)
        print()
    else:
        for each in found:
            show(sections(each), sys.stdout)
    return int(any(isinstance(f, Comparison) and f.drift for f in found))


def _fail(what: str) -> int:
    lines = map(visible, what.strip().split("\n"))
    print(f"{_PROG}: error:", "\n".join(lines), file=sys.stderr)
    return 2


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=_PROG, description="Look at the CheckEnum columns of a database."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for look, text in (compare, _CHECK), (audit, _AUDIT):
        name = "check" if look is compare else "audit"
        command = commands.add_parser(
            name,
            help=text.partition(". ")[0].replace("\n", " "),
            description=text,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.set_defaults(look=look)
        _add_options(command)
    return parser


def _add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--json", action="store_true", help="write JSON to standard output")
    add("--url", help="the database's URL, as of SQLAlchemy")
    add(
        "--metadata",
        action="append",
        metavar="MODULE:ATTRIBUTE",
        help="the models' metadata, as app.models:Base.metadata; the module "
        "is found from the current directory; may be given more than once",
    )
    add(
        "-c",
        "--config",
        action="append",
        help="Alembic's configuration: alembic.ini (the default, after "
        "ALEMBIC_CONFIG) or pyproject.toml; may be given for both",
    )
    add(
        "--enums",
        action="store_true",
        help="also SQLAlchemy's own Enums that have a CHECK, as "
        "ckenum_enums=True in env.py",
    )
    add("-n", "--name", help="section of alembic.ini (default: alembic)")
    add("-x", action="append", help="argument for env.py, as of Alembic")


def _check_options(parser: ArgumentParser, options: Namespace) -> None:
    if (options.url is None) != (options.metadata is None):
        parser.error("--url and --metadata need each other.")
    if options.url and (options.config or options.name or options.x):
        parser.error(
            "--url and --metadata stand in place of Alembic's configuration: "
            "without --config, --name and -x."
        )
    options.name = options.name or "alembic"


if __name__ == "__main__":
    sys.exit(main())
