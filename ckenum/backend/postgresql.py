"""PostgreSQL's SQL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import cast
from sqlalchemy import Text

from .. import array_literal
from .base import Backend
from .base import Clause
from .collated import collated
from .literals import literal
from .pg_catalog import qualified

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class PostgreSQL(Backend):
    """PostgreSQL, which has arrays and native ENUM types."""

    sqlglot = "postgres"
    has_arrays = True
    has_enum_types = True
    moves_enum_types = True

    def stored_name(self, name: str) -> str:
        """It cuts a name to 63 bytes ("Identifiers and Key Words", section
        4.1.1 of its manual).
        """
        return name.encode()[:63].decode(errors="ignore")

    def exact(self, text: ColumnElement[Any]) -> Any:
        return collated(text, 'pg_catalog."C"')

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, Text())

    def is_exact(self, collation: str) -> bool:
        """A collation decides only the order, if it is deterministic."""
        return True

    def spellings(
        self,
        column: str,
        values: Sequence[str],
        is_array: bool,
        exact: bool = False,
    ) -> Iterator[str]:
        if "\\" in "".join(values):
            return

        def array(cast: str) -> str:
            return f"ARRAY[{', '.join(literal(v) + cast for v in values)}]"

        text = "::character varying"
        if not is_array:
            column = f"{column}::text"
        if exact:
            column = f'({column} COLLATE "C")'
        constant = literal(array_literal.stored(values))
        if is_array:
            yield f"{column} <@ {constant}{text}[]"
            yield f"{column} <@ {array(text)}"
        elif len(values) == 1:
            yield f"{column} = {literal(values[0])}::text"
        else:
            yield f"{column} = ANY ({constant}::text[])"
            yield f"{column} = ANY ({array(text)}::text[])"
            # a constraint that was restored from a dump
            yield f"{column} = ANY ({array(f'{text}::text')})"

    def qualified(self, clause: Clause) -> Clause:
        return qualified(clause)
