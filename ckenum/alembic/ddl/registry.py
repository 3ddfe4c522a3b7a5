"""Which implementation runs the operations on which dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .impl import DefaultImpl

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Dialect

    from ..ops import CheckEnumOp

_UNKNOWN = DefaultImpl()
_IMPLS: dict[str, DefaultImpl] = {}


def register(name: str, impl: DefaultImpl) -> None:
    """Make ``impl`` run the operations on a dialect.

    :param name: SQLAlchemy's name of the dialect (``dialect.name``).
    """
    _IMPLS[name] = impl


def impl_of(dialect: Dialect) -> DefaultImpl:
    """The implementation that runs the operations on a dialect."""
    return _IMPLS.get(dialect.name, _UNKNOWN)


def is_known(dialect: Dialect) -> bool:
    """Whether an implementation is registered for a dialect."""
    return impl_of(dialect) is not _UNKNOWN


def registered() -> list[str]:
    """The dialects that an implementation is registered for."""
    return sorted(_IMPLS)


def named(name: str) -> DefaultImpl:
    """The implementation that is registered for a dialect of that name."""
    return _IMPLS[name]


def require_known(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if nobody has said how the
    backend runs operations.
    """
    dialect = operations.migration_context.dialect
    if not is_known(dialect):
        raise op.error(f"{unknown(dialect)} This directive changed nothing")


def unknown(dialect: Dialect) -> str:
    """What to do about a backend that is not registered."""
    return (
        f"ckenum does not know how {dialect.name!r} changes constraints. "
        f'Write its migrations with ckenum_render="alembic" in '
        f"context.configure(), or say in env.py what it is like: "
        f"ckenum.alembic.register_backend({dialect.name!r}, ...)."
    )
