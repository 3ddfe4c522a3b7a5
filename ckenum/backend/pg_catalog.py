"""SQL for PostgreSQL that uses only functions, operators and types of its own.

PostgreSQL looks up a name without a schema along the search path. Anyone who
may create objects in one of those schemas could make the migrating role call
another function or operator ("Writing SECURITY DEFINER Functions Safely", in
"CREATE FUNCTION" of PostgreSQL's manual, warns of the same).
"""

from __future__ import annotations

from typing import Any
from typing import TypeVar

from sqlalchemy import all_
from sqlalchemy import any_
from sqlalchemy import ARRAY
from sqlalchemy import BindParameter
from sqlalchemy import literal
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql import operators
from sqlalchemy.sql import visitors

Clause = TypeVar("Clause")

_SYMBOLS: dict[Any, str] = {
    operators.eq: "=",
    operators.ne: "<>",
    operators.lt: "<",
    operators.le: "<=",
    operators.gt: ">",
    operators.ge: ">=",
    operators.in_op: "=",
    operators.not_in_op: "<>",
}


def qualified(clause: Clause) -> Clause:
    """``clause`` with functions, operators and types of ``pg_catalog``.

    A DDL element qualifies its own parts.
    """
    if isinstance(clause, DDLElement):
        return clause
    visit: dict[str, Any] = {
        "binary": _qualify_operator,
        "function": _qualify_function,
        "cast": _qualify_type,
    }
    element: Any = clause
    cloned: Clause = visitors.cloned_traverse(element, {}, visit)
    return cloned


def operator(symbol: str) -> str:
    """The operator of ``pg_catalog``, in SQL."""
    return f"OPERATOR(pg_catalog.{symbol})"


def _qualify_operator(binary: Any) -> None:
    symbol = _SYMBOLS.get(binary.operator)
    if isinstance(binary.operator, operators.custom_op):
        symbol = binary.operator.opstring
    if symbol is None or symbol.startswith("OPERATOR("):
        return  # syntax, such as IS NULL
    if binary.operator in (operators.in_op, operators.not_in_op):
        binary.right = _any_of(binary)
    binary.operator = operators.custom_op(operator(symbol), is_comparison=True)
    binary.negate = None
    binary.left = binary.left.self_group(binary.operator)
    binary.right = binary.right.self_group(binary.operator)


def _any_of(binary: Any) -> Any:
    """The values of an IN, as the right side of an operator."""
    values = _values(binary.right)
    if len(values) == 1:
        return literal(values[0], String())
    array = literal(values, ARRAY(String()))
    is_in = binary.operator is operators.in_op
    return any_(array) if is_in else all_(array)


def _values(listed: Any) -> list[Any]:
    if isinstance(listed, BindParameter):
        return list(listed.value or ())
    return [parameter.value for parameter in listed.element.clauses]


def _qualify_function(function: Any) -> None:
    function.packagenames = function.packagenames or ("pg_catalog",)


class _Text(Text):
    """PostgreSQL's type ``text``, which is a name; VARCHAR is syntax."""

    cache_ok = True


@compiles(_Text)
def _text(type_: _Text, compiler: Any, **kw: Any) -> str:
    return "pg_catalog.text"


def _qualify_type(cast: Any) -> None:
    if type(cast.type) is Text:
        cast.type = cast.typeclause.type = _Text()
    elif type(cast.type) is ARRAY and type(cast.type.item_type) is Text:
        cast.type = cast.typeclause.type = ARRAY(_Text())
