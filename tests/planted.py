"""Functions and operators in a schema on the search path, which tell when
they are called, and then do what PostgreSQL's own do.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from contextlib import contextmanager
import itertools
import re
import sys
from typing import Any

import sqlalchemy as sa

from .qualification import is_ours

_ALIKE = {
    "text": ["text", "varchar", "name"],
    "name": ["name", "varchar"],
    "oid": ["oid", "regclass", "regtype"],
    "bigint": ["bigint", "integer"],
    "integer": ["integer", "smallint"],
    "anyarray": ["varchar[]", "text[]"],
    "anycompatiblearray": ["varchar[]", "text[]"],
    "anyelement": ["varchar", "pg_constraint"],
    "anycompatible": ["varchar", "text"],
}
"""PostgreSQL prefers what takes the types that are given to what could take
them: where its own takes text, another's that takes a varchar wins."""

_SIGNATURES = sa.text("""
    SELECT 'function', p.proname, p.proargtypes::regtype[]::text[],
           p.prorettype::regtype::text, p.proretset
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND p.proname = ANY (:functions)
      AND p.prokind = 'f' AND p.provariadic = 0
    UNION ALL
    SELECT 'operator', o.oprname,
           ARRAY[o.oprleft, o.oprright]::regtype[]::text[],
           o.oprresult::regtype::text, false
    FROM pg_operator o
    WHERE o.oprnamespace = 'pg_catalog'::regnamespace
      AND o.oprname = ANY (:operators) AND o.oprleft <> 0
    """)

_COUNT = """
    CREATE FUNCTION public.planted_count(bigint) RETURNS bigint
    LANGUAGE plpgsql AS $$
    BEGIN
        RAISE NOTICE 'planted count';
        RETURN $1 OPERATOR(pg_catalog.+) 1;
    END
    $$;
    CREATE AGGREGATE public.count(*) (
        SFUNC = public.planted_count, STYPE = bigint, INITCOND = '0'
    )
    """


def used(statements: Collection[str]) -> dict[str, list[str]]:
    """The names in ``pg_catalog`` of what these call."""
    text = "\n".join(statements).replace("%%", "%")
    return {
        "functions": sorted({*re.findall(r"pg_catalog\.(\w+)\(", text)}),
        "operators": sorted(
            {*re.findall(r"OPERATOR\(pg_catalog\.([^)]+)\)", text)}
        ),
    }


def plant(connection: sa.Connection, names: dict[str, list[str]]) -> None:
    """One for each signature that PostgreSQL's own have, and for others that
    are nearer to what is given.
    """
    planted: dict[tuple[Any, ...], str] = {}
    for kind, name, types, result, is_set in connection.execute(
        _SIGNATURES, names
    ):
        for given in itertools.product(*(_ALIKE.get(t, [t]) for t in types)):
            planted.setdefault(
                (kind, name, given), _create(kind, name, given, result, is_set)
            )
    connection.exec_driver_sql(
        ";\n".join([*planted.values(), _COUNT]).replace("%", "%%")
    )


def _create(
    kind: str, name: str, types: tuple[str, ...], result: str, is_set: bool
) -> str:
    if result.startswith("any"):
        result = types[0].removesuffix("[]")
        result += "[]" if "array" in name else ""
    args = [f"${i}" for i, _ in enumerate(types, start=1)]
    function = name
    call = f"pg_catalog.{name}({', '.join(args)})"
    if kind == "operator":
        function = f"planted_{name.encode().hex()}"
        call = f" OPERATOR(pg_catalog.{name}) ".join(args)
    listed = ", ".join(types)
    create = (
        f"CREATE FUNCTION public.{function}({listed})"
        f" RETURNS {'SETOF ' * is_set}{result} LANGUAGE plpgsql AS $$"
        f"BEGIN RAISE NOTICE 'planted {name.replace('%', '%%')}({listed})';"
        f" RETURN {'QUERY SELECT ' * is_set}{call}; END$$"
    )
    if kind == "operator":
        create += (
            f"; CREATE OPERATOR public.{name} (LEFTARG = {types[0]},"
            f" RIGHTARG = {types[1]}, FUNCTION = public.{function})"
        )
    return create


@contextmanager
def heard(engine: sa.Engine, ours: bool = True) -> Iterator[list[str]]:
    """What was called by statements of ours, or by others, each with the
    statement.
    """
    called: list[str] = []
    running: list[str] = []

    def connect(connection: Any, _: Any) -> None:
        connection.add_notice_handler(notice)

    def notice(diagnostic: Any) -> None:
        if diagnostic.message_primary.startswith("planted ") and running:
            called.append(f"{diagnostic.message_primary} by {running[0]}")

    def before(*args: Any) -> None:
        running[:] = [args[2]] if is_ours(sys._getframe()) is ours else []

    listeners = {"connect": connect, "before_cursor_execute": before}
    for name, listener in listeners.items():
        sa.event.listen(engine, name, listener)
    try:
        yield called
    finally:
        for name, listener in listeners.items():
            sa.event.remove(engine, name, listener)
        engine.dispose()
