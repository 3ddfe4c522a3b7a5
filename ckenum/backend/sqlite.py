"""SQLite's SQL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import cast
from sqlalchemy import Text

from .base import Backend
from .collated import collated
from .literals import literal

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Connection
    from sqlalchemy import URL


class SQLite(Backend):
    """SQLite, whose VARCHAR takes strings of any length."""

    moves_enum_types = True
    enforces_length = False

    def fold_name(self, name: str) -> str:
        """SQLite ignores the case of ASCII letters only."""
        return name.encode().lower().decode()

    def exact(self, text: ColumnElement[Any]) -> Any:
        return collated(text, "BINARY")

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, Text())

    def is_exact(self, collation: str) -> bool:
        return collation.upper() == "BINARY"

    def spellings(
        self,
        column: str,
        values: Sequence[str],
        is_array: bool,
        exact: bool = False,
    ) -> Iterator[str]:
        listed = f"IN ({', '.join(map(literal, values))})"
        if exact:
            yield f"({column} COLLATE BINARY) {listed}"
            # the spelling of ALTER TABLE ... ADD
            yield f"{column} IS NULL OR ({column} COLLATE BINARY) {listed}"
            return
        yield f"{column} {listed}"

    def only_read(self, connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    def missing_file(self, url: URL) -> str | None:
        file = url.database or ":memory:"
        if file.startswith((":memory:", "file:")) or Path(file).exists():
            return None
        return file
