"""What the operations on a column of codes have in common."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Union

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from . import arguments
from .arguments import Error
from .base import Default
from .move import TypeMoveOp

Code = Union[int, str]
"""What stands for a value in a column of codes."""

GivenType = Union[TypeEngine[Any], type[TypeEngine[Any]]]
GivenDefault = Union[int, Default]

_BITS = [(sa.SmallInteger, 16), (sa.BigInteger, 64), (sa.Integer, 32)]


class CodeType:
    """The type of a column of codes, and its codes as strings.

    As strings they are what PostgreSQL gives for ``column::text``: a CHAR
    loses the blanks that it is filled up with.
    """

    def __init__(self, error: Error, argument: str, given: GivenType) -> None:
        self._error = error
        type_ = sa.types.to_instance(given)
        if not isinstance(type_, (sa.Integer, sa.CHAR)):
            raise error(
                f"{argument}={given!r} must be an integer type or a CHAR, "
                f"such as sa.SmallInteger() or sa.CHAR(1)"
            )
        self.type: TypeEngine[Any] = type_
        self.is_integer = isinstance(type_, sa.Integer)

    def __str__(self) -> str:
        return repr(self.type)

    def text(self, argument: str, code: Any) -> str:
        """``code`` as a string.

        Raises :class:`~ckenum.exc.DirectiveError` if no column of the type
        holds it.
        """
        wanted = int if self.is_integer else str
        if type(code) is not wanted:
            raise self._error(
                f"{argument} has {code!r}, but a code of the type {self} is "
                f"of type {wanted.__name__}"
            )
        text = str(code).rstrip(" ")
        if not self.fits(text):
            raise self._error(
                f"{argument} has {code!r}, which does not fit the type {self}"
            )
        return text

    def fits(self, text: str) -> bool:
        """Whether a column of the type can hold ``text`` as it is."""
        if not self.is_integer:
            length = getattr(self.type, "length", None) or 1
            return len(text) <= length and text == text.rstrip(" ")
        try:
            number = int(text)
        except ValueError:
            return False
        bits = next(b for base, b in _BITS if isinstance(self.type, base))
        least = -(2 ** (bits - 1))
        return str(number) == text and least <= number < -least

    def code(self, text: str) -> Code:
        return int(text) if self.is_integer else text

    def default(self, argument: str, given: GivenDefault) -> Default:
        if given is None or given is False:
            return given
        return self.text(argument, given)


class CodesOp(TypeMoveOp):
    """Base of both: it maps codes to strings, or strings to codes.

    ``existing_values`` and ``values`` have codes as strings. A string that
    the type can hold may stay as it is without being in ``rename``.

    :ivar codes: the type of the column while it holds codes.
    :ivar remarks: lines of a comment about ``rename``.
    :ivar computed_default: the existing default, in SQL, if it is an
        expression.
    """

    codes: CodeType
    remarks: Sequence[str] = ()
    computed_default: str | None = None

    @property
    def changes_rows(self) -> bool:
        """Whatever they hold, it is of another type."""
        return True

    def _strings(self, argument: str, values: Any) -> tuple[str | None, ...]:
        """There may be no codes: autogenerate does not know them."""
        if not values:
            return ()
        return super()._strings(argument, values)

    def shown(self, value: str) -> object:
        return self._old(value) if self.codes.fits(value) else value

    @property
    def ways_out(self) -> str:
        """What to do about rows that hold what ``rename`` lacks."""
        if self.becomes_text:
            return (
                f"Say in the migration's {self.kind}() what each of them "
                f"means, in rename: a value, or None for NULL."
            )
        return (
            f"Say in the migration's {self.kind}() which code each of them "
            f"gets, in rename; None stores NULL."
        )

    def _check_rules(self) -> None:
        for old, new in self.rename.items():
            if new is not None and new not in self.values:
                raise self.error(
                    f"rename turns {self._old(old)!r} into {new!r}, which is "
                    f"not in values: {list(self.values)}"
                )
        super()._check_rules()

    def _check(self, values: Collection[str | None]) -> None:
        new = self.server_default
        if (
            not self.becomes_text
            and isinstance(new, str)
            and self.values
            and new not in self.values
        ):
            known = [self._new(v) for v in self.values if v is not None]
            raise self.error(
                f"server_default={self._new(new)!r} is not among the codes "
                f"in rename: {known}"
            )
        super()._check(values)

    def _check_keeping(self) -> None:
        super()._check_keeping()
        if not self.is_one_to_one:
            raise self.error(
                "keep_column=True keeps codes and values in step in both "
                "directions, so each value needs a code of its own in rename"
            )

    @property
    def is_one_to_one(self) -> bool:
        """Whether each new value comes from one old one."""
        olds = [*self.rename.values()]
        return (
            None not in olds
            and len({*olds}) == len(olds)
            and {*self.values} <= {*self._new_names}
        )

    @property
    def _new_names(self) -> Collection[str | None]:
        """The new values that a row may get."""
        stay = {v for v in self.existing_values if v not in self.rename}
        return {*self.rename.values(), *stay}

    def _rename_back(self) -> Mapping[str, str | None]:
        """To the first of the old ones, if several became one."""
        back: dict[str, str | None] = {}
        for old, new in self.rename.items():
            if new is not None:
                back.setdefault(new, old)
        return back

    @property
    def lost(self) -> list[str]:
        """What the way back cannot tell apart, a sentence for each."""
        back = self._rename_back()
        merged: dict[str | None, list[object]] = {}
        for old, new in self.rename.items():
            merged.setdefault(new, []).append(self._old(old))
        told = []
        if self.computed_default and self.changes_default:
            text = " ".join(self.computed_default.split())
            told.append(f"the default {text}.")
        for new, olds in merged.items():
            names = " and ".join(map(repr, olds))
            if new is None:
                told.append(f"{names} became NULL and stay NULL.")
            elif len(olds) > 1:
                first = self._old(back[new] or "")
                told.append(
                    f"{names} became {self._new(new)!r}: all of them become "
                    f"{first!r}."
                )
        return told

    def _old(self, value: str) -> object:
        return self.codes.code(value) if self.becomes_text else value

    def _new(self, value: str) -> object:
        return value if self.becomes_text else self.codes.code(value)

    @property
    def rename_given(self) -> dict[object, object]:
        """``rename`` as the directive has it."""
        return {
            self._old(old): None if new is None else self._new(new)
            for old, new in self.rename.items()
        }

    @property
    def defaults_given(self) -> tuple[object, object]:
        new, existing = self.server_default, self.existing_server_default
        if self.becomes_text:
            return new, self._as_code(existing)
        return self._as_code(new), existing

    def _as_code(self, default: Default) -> GivenDefault:
        return self.codes.code(default) if default else default

    def _noted(self, op: CodesOp) -> None:
        """Have ``op``, the way back, say what is lost."""
        if self.lost:
            op.remarks = [f"# Lost: {line}" for line in self.lost]

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (
            self.kind,
            self.schema,
            self.table_name,
            self.column_name,
            self.name,
            str(self.codes),
            self.rename_given,
            list(self.checked_values),
        )


def mapping(
    error: Error, rename: Any, codes: CodeType, to_codes: bool
) -> dict[str, str | None]:
    """``rename``, checked, with codes as strings.

    :param to_codes: whether it maps to codes, not from them.
    """
    if not isinstance(rename, Mapping):
        raise error(f"rename must be a mapping, not {rename!r}")
    found: dict[str, str | None] = {}
    for old, new in rename.items():
        if to_codes:
            found[old] = None if new is None else codes.text("rename", new)
            continue
        text = codes.text("rename", old)
        if text in found:
            raise error(f"rename has the code {text!r} more than once")
        found[text] = new
    return arguments.renames(error, found)
