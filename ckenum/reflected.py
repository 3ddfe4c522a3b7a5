"""Which CHECKs SQLAlchemy has read from a database.

A reflected CHECK looks like a declared one. The only difference is that
:meth:`~sqlalchemy.engine.reflection.Inspector.reflect_table` makes it. A
naming convention also converts its name a second time, so the name that the
database has is kept in ``info``, which copies and pickles keep.
"""

from __future__ import annotations

from inspect import currentframe
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy import Dialect
from sqlalchemy import event
from sqlalchemy import Inspector
from sqlalchemy.dialects import registry
from sqlalchemy.exc import NoSuchModuleError

_KEPT = "ckenum_reflected"
_READ = Inspector.reflect_table.__code__
_COPY = CheckConstraint._copy.__code__


@event.listens_for(CheckConstraint, "before_parent_attach")
def _keep_name(constraint: CheckConstraint, parent: Any) -> None:
    frame = currentframe()
    while frame is not None:
        if frame.f_code is _READ:
            dialect: Dialect = frame.f_locals["self"].dialect
            constraint.info[_KEPT] = (constraint.name, dialect.name)
            return
        if frame.f_code is _COPY:  # it gets its info later than a parent
            source: CheckConstraint = frame.f_locals["self"]
            if is_reflected(source):
                constraint.info[_KEPT] = source.info[_KEPT]
            return
        frame = frame.f_back


def is_reflected(constraint: CheckConstraint) -> bool:
    return _KEPT in constraint.info


def reflected_name(constraint: CheckConstraint) -> str | None:
    """The name that a reflected constraint has in its database."""
    name: str | None = constraint.info[_KEPT][0]
    return name


def reflected_dialect(constraint: CheckConstraint) -> Dialect | None:
    """The name of its database's dialect, if SQLAlchemy knows it."""
    try:
        dialect: Dialect = registry.load(constraint.info[_KEPT][1])()
    except NoSuchModuleError:
        return None
    return dialect
