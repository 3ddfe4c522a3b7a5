"""Backends that ckenum does not know, described by those who use them."""

from __future__ import annotations

from collections.abc import Collection
import copy
from typing import Any

from . import registry
from . import toimpl
from ... import backend as backends
from ...exc import SettingsError
from .generic import GenericImpl

__all__ = ["register_backend", "toimpl"]

CAPABILITIES: dict[str, dict[str, Any]] = {
    "arrays": {"has_arrays": False},
    "native_enums": {"has_enum_types": False, "moves_enum_types": False},
    "online": {"online": "refused"},
}
"""What a backend can lack, and how that is said."""


def register_backend(
    name: str,
    like: str | None = None,
    *,
    lacks: Collection[str] = (),
    sqlglot: str | None = None,
) -> None:
    """Say how a database that ckenum does not know changes constraints.

    To be called once, in ``env.py``. Without it the type and ``create_all()``
    work on any database of SQLAlchemy, and every directive is refused before
    it changes anything.

    :param name: SQLAlchemy's name of the dialect (``dialect.name``), such as
        ``"cockroachdb"``.
    :param like: the name of a backend that it is like, such as
        ``"postgresql"``: the directives do what they do there. Default: the
        generic way, for a database that takes ``ALTER TABLE ... ADD
        CONSTRAINT`` and ``DROP CONSTRAINT``. If Alembic says that its DDL is
        transactional, directives drop the constraint, change the rows and
        add the constraint. If not, they add a second constraint first, which
        allows old and new values, so that the table is never without one
        and a migration that was stopped may run again.
    :param lacks: what it lacks of that: ``"arrays"``, ``"native_enums"``,
        ``"online"``. A directive that needs it is refused.
    :param sqlglot: the name of its SQL in sqlglot, which reads the CHECKs,
        such as ``"tsql"``. Default: that of ``like``, or else ``name``.

    Raises :class:`~ckenum.exc.SettingsError` for a ``like`` that is not
    registered, and for something in ``lacks`` that it does not know.
    """
    if like is not None and like not in registry.registered():
        known = ", ".join(map(repr, registry.registered()))
        raise SettingsError("like", like, f"one of {known}")
    if not CAPABILITIES.keys() >= {*lacks}:
        known = ", ".join(map(repr, CAPABILITIES))
        raise SettingsError("lacks", lacks, f"some of {known}")
    backend: Any = copy.copy(backends.backend_of(like or ""))
    impl: Any = copy.copy(registry.named(like) if like else GenericImpl())
    if sqlglot is not None:
        backend.sqlglot = sqlglot
    for lacking in lacks:
        for attribute, value in CAPABILITIES[lacking].items():
            for described in (backend, impl):
                if hasattr(described, attribute):
                    setattr(described, attribute, value)
    backends.register(name, backend)
    registry.register(name, impl)
