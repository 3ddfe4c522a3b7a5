"""What every backend requires of an operation before running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import rows
from ...backend import backend_of
from .constraint import constraint_of
from .registry import impl_of

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import CheckConstraint

    from ...exc import DirectiveError
    from ..ops import CheckEnumOp
    from ..ops.native_base import NativeEnumOp


def require_possible(operations: Operations, op: CheckEnumOp) -> None:
    """Raise if something would stop ``op`` halfway, or hide rows from it."""
    require_arrays(operations, op)
    context = operations.migration_context
    if not context.as_sql:
        impl_of(context.dialect).require_possible(operations, op)


def require_arrays(operations: Operations, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``op`` needs arrays and
    the backend has none.
    """
    backend = backend_of(operations.migration_context.dialect)
    if (op.array or op.existing_array) and not backend.has_arrays:
        raise _lacking(operations, op, "arrays")


def require_native(operations: Operations, op: NativeEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if no column of a native
    type moves on the backend, or not one of arrays.
    """
    require_arrays(operations, op)
    if not backend_of(operations.migration_context.dialect).moves_enum_types:
        raise _lacking(operations, op, "native ENUM types that ckenum moves")


def _lacking(
    operations: Operations, op: CheckEnumOp, what: str
) -> DirectiveError:
    """The error for a backend that has no ``what``."""
    dialect = operations.migration_context.dialect
    return op.error(
        f"{dialect.name} has no {what}. Run this directive only if "
        f"op.get_context().dialect.name names a backend that has them, such "
        f"as 'postgresql'"
    )


def require_names(
    operations: Operations,
    op: CheckEnumOp,
    *,
    old: CheckConstraint | None = None,
    new: CheckConstraint | None = None,
) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` if ``old`` is not the
    column's, or if the name of ``new`` is taken.
    """
    context = operations.migration_context
    if not context.as_sql:
        impl_of(context.dialect).require_names(operations, op, old, new)


def require_only(
    operations: Operations,
    op: CheckEnumOp,
    accepted: Sequence[str | None],
    advice: str,
) -> None:
    """Raise if rows hold anything but ``accepted``; a script has no rows."""
    if operations.migration_context.as_sql:
        return
    strings = [value for value in accepted if value is not None]
    if len(strings) == len(accepted):
        rows.require_none_left(operations.get_bind(), op, strings, advice)


def require_one_item(operations: Operations, op: CheckEnumOp) -> None:
    """Where arrays become single values, look for those that cannot."""
    becomes_single = op.existing_array and not op.array
    if becomes_single and not operations.migration_context.as_sql:
        rows.require_one_item(operations.get_bind(), op)


def existing(
    operations: Operations,
    op: CheckEnumOp,
    name: str,
    values: Sequence[str | None],
) -> CheckConstraint:
    """The existing constraint.

    Raises :class:`~ckenum.exc.DirectiveError` if it has no name and the
    backend needs one to drop it.
    """
    dialect = operations.migration_context.dialect
    if not name and not impl_of(dialect).drops_nameless:
        raise op.error("a constraint without a name cannot be dropped here")
    return constraint_of(operations, op, name, values)
