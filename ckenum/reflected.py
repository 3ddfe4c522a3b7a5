"""Which CHECKs SQLAlchemy has read from a database.

It makes them as a declaration does: only their being made inside
:meth:`~sqlalchemy.engine.reflection.Inspector.reflect_table` tells them
apart. And it has a naming convention convert their names again, so the names
that the database has are kept aside, where copies and pickles keep them.
"""

from __future__ import annotations

from traceback import walk_stack
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
    for frame, _ in walk_stack(None):
        if frame.f_code is _READ:
            dialect: Dialect = frame.f_locals["self"].dialect
            constraint.info[_KEPT] = (constraint.name, dialect.name)
            return
        if frame.f_code is _COPY:  # which gets its info later than a parent
            source: CheckConstraint = frame.f_locals["self"]
            if is_reflected(source):
                constraint.info[_KEPT] = source.info[_KEPT]
            return


def is_reflected(constraint: CheckConstraint) -> bool:
    return _KEPT in constraint.info


def reflected_name(constraint: CheckConstraint) -> str | None:
    """What a reflected constraint is called in its database."""
    name: str | None = constraint.info[_KEPT][0]
    return name


def reflected_dialect(constraint: CheckConstraint) -> Dialect | None:
    """The kind of its database, where SQLAlchemy knows it by name."""
    try:
        dialect: Dialect = registry.load(constraint.info[_KEPT][1])()
    except NoSuchModuleError:
        return None
    return dialect
