"""What lives as long as the process does not grow with what comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from functools import lru_cache
import gc
import importlib
import itertools
import pkgutil
import sys
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.event import registry

import ckenum
from ckenum import CheckEnum
from ckenum import constraint

from .models import orders_with
from .roundtrip import Database
from .test_script import script

_FOREIGN = ("__builtins__", "__path__", "__annotations__")


def sizes() -> dict[str, int]:
    """How much each thing holds that a module of ckenum keeps, and
    SQLAlchemy's listeners; by the way that leads there.
    """
    for module in pkgutil.walk_packages(ckenum.__path__, "ckenum."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    modules = {
        name: module
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] == "ckenum"
    }
    gc.collect()
    seen: dict[int, Any] = {}
    found = {"listeners": len(registry._key_to_collection)}
    for name, module in modules.items():
        found.update(_sizes(name, vars(module), seen))
    return found


def _sizes(
    way: str, value: Any, seen: dict[int, Any], depth: int = 0
) -> Iterator[tuple[str, int]]:
    if id(value) in seen or isinstance(value, (str, bytes)) or depth > 8:
        return
    seen[id(value)] = value
    parts = dict(_parts(value))
    if hasattr(value, "cache_info"):
        yield way, value.cache_info().currsize
    elif isinstance(value, Collection):
        yield way, len(value)
    for name, part in parts.items():
        yield from _sizes(f"{way}.{name}", part, seen, depth + 1)


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """What it holds, as far as that is ckenum's or nobody's."""
    if isinstance(value, Mapping):
        yield from ((k, v) for k, v in [*value.items()] if k not in _FOREIGN)
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from enumerate(value)
    elif isinstance(value, FunctionType):
        if _is_ours(value):
            cells = value.__closure__ or ()
            yield from (("cell", cell.cell_contents) for cell in cells if cell)
            yield "defaults", value.__defaults__
            yield "options", value.__kwdefaults__
            yield "attributes", vars(value)
    elif _is_ours(value) or _is_ours(type(value)):
        yield "attributes", dict(getattr(value, "__dict__", {}))


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "ckenum"


def copies(times: int) -> None:
    """Of a table, each in metadata of its own."""
    table = orders_with(sa.Column("status", CheckEnum("a"))).tables["orders"]
    for number in range(times):
        table.to_metadata(sa.MetaData(), schema=f"tenant_{number}")


def tables(times: int) -> None:
    """With types of their own, and dropped again."""
    metadata = sa.MetaData(naming_convention={"ck": "%(column_0_name)s"})
    for number in range(times):
        check = sa.CheckConstraint("status <> 'c'", name="own")
        type_ = CheckEnum(f"a{number}", f"b{number}")
        column = sa.Column("status", type_, check)
        metadata.remove(sa.Table(f"table_{number}", metadata, column))


def statements(times: int) -> None:
    """Compiled ones, and values that come back."""
    for number in range(times):
        table = sa.table("t", sa.column("x", CheckEnum(f"a{number}", "b")))
        ordered = sa.select(table).order_by(table.c.x.ordinal())
        assert "CASE" in str(ordered.compile(dialect=postgresql.dialect()))
        read = table.c.x.type.result_processor(sqlite.dialect(), None)
        with pytest.raises(LookupError):
            read("c")


def scripts(times: int) -> None:
    for number in range(times):
        script(
            "postgresql",
            lambda op: op.create_check_enum(
                "orders", "status", [f"a{number}"], name="ck"
            ),
        )


def grown(work: Callable[[int], object], times: int) -> set[str]:
    """What holds more than before, after ``work`` that was done before."""
    work(2)
    before = sizes()
    work(times)
    return {way for way, n in sizes().items() if n > before.get(way, 0)}


@pytest.mark.parametrize(
    "times", [50, pytest.param(1000, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("work", [copies, tables, statements, scripts])
def test_nothing_is_left(work: Callable[[int], None], times: int) -> None:
    """Of tables, types, statements and scripts that have gone, no module of
    ckenum keeps anything.
    """
    assert grown(work, times) == set()


def test_nothing_is_left_of_comparisons(db: Database) -> None:
    """With models and with what is read, and of the migrations' runs."""
    numbers = itertools.count()

    def compare(times: int) -> None:
        for _ in range(times):
            metadata = orders_with(sa.Column("status", CheckEnum("a")))
            metadata.create_all(db.engine)
            read = sa.MetaData()
            read.reflect(db.engine)
            assert db.diff(metadata) == db.diff(read) == []
            type_ = CheckEnum("b", f"c{next(numbers)}")
            after = orders_with(sa.Column("status", type_))
            db.upgrade(after, db.autogenerate(after))
            after.drop_all(db.engine)
        db.engine.clear_compiled_cache()  # it keeps tables that batches copy

    assert grown(compare, 4) == set()


class Key:
    """One that something else keeps alive."""

    alive: list[Key] = []

    def __init__(self) -> None:
        self.alive.append(self)


@lru_cache(maxsize=None)
def cached(number: int) -> int:
    return number


KEPT: list[tuple[Any, Callable[[Any, int], object]]] = [
    ([], lambda kept, number: kept.append(number)),
    ({"a": [set()]}, lambda kept, number: kept["a"][0].add(number)),
    (WeakKeyDictionary(), lambda kept, number: kept.setdefault(Key())),
    (cached, lambda kept, number: kept(number)),
]


@pytest.mark.parametrize("kept, keep", KEPT)
def test_what_is_left_is_seen(
    kept: Any,
    keep: Callable[[Any, int], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In whatever a module may come to keep."""
    numbers = itertools.count()
    monkeypatch.setattr(constraint, "_kept", kept, raising=False)
    (way,) = grown(lambda times: keep(kept, next(numbers)), 1)
    assert way.startswith("ckenum.constraint._kept")
