"""A CheckEnum in the source text of a migration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TYPE_CHECKING

from alembic.autogenerate.render import _repr_type
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import _NoArg

from ....arrays import items_of
from ....arrays import undecorated
from ....types import CheckEnum
from .literals import final
from .literals import quoted

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

RenderItem = Callable[[str, Any, "AutogenContext"], "str | bool"]


def render_item(before: RenderItem | None) -> RenderItem:
    """A ``render_item`` that knows CheckEnum, after the one of ``env.py``.

    As described in "Affecting the Rendering of Types Themselves" in
    Alembic's manual; there is no other place to add the import.
    """

    def render(kind: str, item: Any, context: AutogenContext) -> str | bool:
        if before is not None:
            rendered = before(kind, item, context)
            if rendered is not False:
                return rendered
        type_ = items_of(item) if kind == "type" else None
        if not isinstance(type_, CheckEnum):
            return False
        rendered = _render_type(type_, context)
        whole = undecorated(item)
        if isinstance(whole, sa.ARRAY):
            rendered = _render_array(rendered, whole, context)
        for dialect, variant in sorted(item._variant_mapping.items()):
            other = _repr_type(variant, context)
            rendered += f".with_variant({other}, {quoted(dialect)})"
        return rendered

    return render


def _render_type(type_: CheckEnum, context: AutogenContext) -> str:
    # user_module_prefix may be "sa.", as advanced-alchemy has it
    context.imports.add("import ckenum")
    arguments = [quoted(value) for value in type_.enums]
    if type_.name:
        arguments.append(f"name={final(context, type_.name)}")
    if not isinstance(type_.length_given, _NoArg):
        arguments.append(f"length={type_.length_given!r}")
    return f"ckenum.CheckEnum({', '.join(arguments)})"


def _render_array(
    items: str, type_: sa.ARRAY[Any], context: AutogenContext
) -> str:
    """SQLAlchemy's own, or that of its dialect, never a class of theirs.

    Alembic puts the items in by a regular expression, in which values are
    not escaped.
    """
    prefix = context.opts["sqlalchemy_module_prefix"] or ""
    if isinstance(type_, postgresql.ARRAY):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        prefix = "postgresql."
    options = [
        f", {name}={value!r}"
        for name in ("as_tuple", "dimensions", "zero_indexes")
        if (value := getattr(type_, name)) not in (None, False)
    ]
    return f"{prefix}ARRAY({items}{''.join(options)})"
