"""The SQL of MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import re
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from .base import Backend

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Dialect

MARIADB = "utf8mb4_nopad_bin"
MYSQL = "utf8mb4_0900_bin"
"""Collations that compare strings byte by byte, trailing blanks included;
``utf8mb4_bin`` ignores those ("Character Sets and Collations", in the manual
of MySQL, section 12.10.1, and in that of MariaDB)."""


def exact_collation(dialect: Dialect) -> str:
    """The collation that considers no two strings equal.

    SQLAlchemy recognises MariaDB by the name in the URL, or by asking the
    server when it connects.
    """
    return MARIADB if getattr(dialect, "is_mariadb", False) else MYSQL


def changing_actions(
    on_update: str | None, on_delete: str | None
) -> list[str]:
    """The actions by which a foreign key writes its column. No CHECK may name
    such a column (errors 1901 and 3823; "CHECK Constraints", section
    15.1.20.6 of MySQL's manual).
    """
    written = ("CASCADE", "SET NULL", "SET DEFAULT")
    update, delete = (on_update or "").upper(), (on_delete or "").upper()
    found = [f"ON UPDATE {update}"] if update in written else []
    if delete in written[1:]:
        found.append(f"ON DELETE {delete}")
    return found


class ExactText(FunctionElement[str]):
    """Text of any character set and collation, compared byte by byte."""

    inherit_cache = True
    type = String()


@compiles(ExactText, "mysql", "mariadb")
def _exact_text(element: ExactText, compiler: Any, **kw: Any) -> str:
    text = compiler.process(element.clauses, **kw)
    collation = exact_collation(compiler.dialect)
    return f"(CONVERT({text} USING utf8mb4) COLLATE {collation})"


class MySQL(Backend):
    """MySQL or MariaDB; their collations may call different strings equal."""

    sqlglot = "mysql"
    moves_enum_types = True
    names_enum_types = False
    longest_name = 64

    def fold_name(self, name: str) -> str:
        """Case does not matter in names of columns and constraints
        ("Identifier Case Sensitivity", section 11.2.3 of MySQL's manual).
        """
        return name.lower()

    def exact(self, text: ColumnElement[Any]) -> Any:
        return ExactText(text)

    def is_exact(self, collation: str) -> bool:
        return collation.lower() in (MARIADB, MYSQL, "binary")

    def is_plain_cast(self, type_: str, collated: bool) -> bool:
        if type_ == "CHAR CHARACTER SET utf8mb4":
            return collated
        return type_ in ("CHAR CHARACTER SET binary", "BINARY")

    def string(self, dialect: Dialect, length: int | None) -> String:
        return String(length, collation=exact_collation(dialect))

    def prepare_literals(self, literal: Any, dialect: Any) -> None:
        """A backslash escapes, unless the server says otherwise
        (``NO_BACKSLASH_ESCAPES``).
        """
        literal._backslash_escapes = dialect._backslash_escapes
        literal.is_mariadb = dialect.is_mariadb

    def label(self, reflected: str) -> str:
        """Without the backslashes of SHOW CREATE TABLE, which it keeps."""

        def meant(match: re.Match[str]) -> str:
            return {"0": "\0", "n": "\n", "r": "\r"}.get(match[1], match[1])

        return re.sub(r"\\(.)", meant, reflected, flags=re.DOTALL)

    def spellings(
        self,
        column: str,
        values: Sequence[str],
        is_array: bool,
        exact: bool = False,
    ) -> Iterator[str]:
        """As ``ckenum.alembic.ddl.mysql.texts`` writes what the servers give
        back.
        """
        if column[0] not in '`"':
            column = f"`{column}`"
        listed = [literal(value) for value in values]
        test = f"in ({','.join(listed)})"
        if len(listed) == 1:
            test = f"= {listed[0]}"
        if not exact:
            yield f"{column} {test}"
            return
        text = f"convert({column} using utf8mb4) collate"
        yield f"{text} {MARIADB} {test}"
        yield f"({text} {MYSQL}) {test}"


def literal(value: str) -> str:
    """``value`` in SQL, where a backslash escapes."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
