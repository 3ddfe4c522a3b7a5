"""Rewrite definitions that name an enum's labels for a column of another type.

PostgreSQL does not alter a column's type while a CHECK or the predicate of an
index compares it with ``'a'::status``, so the object is dropped and created
again. Only casts change, and literals whose type comes from the column.
Anything else that depends on the type is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from .... import array_literal
from .definitions import apply
from .definitions import CannotRewriteError
from .definitions import Edit
from .definitions import expressions
from .usage import CannotReadError
from .usage import Cast
from .usage import Expression
from .usage import Group
from .usage import Literal
from .usage import tokenize

Quote = Callable[[str], str]
"""From a string to its literal in SQL."""


@dataclass(frozen=True)
class _Rewriting:
    """How a definition is rewritten for a column of another type.

    :ivar type_name: the native type, as ``format_type()`` spells it.
    :ivar existing: the values that rows can hold so far.
    :ivar along: the columns that the same statement changes.
    """

    definition: str
    column: str
    type_name: str
    rename: Mapping[str, str | None]
    quote: Quote
    existing: Collection[str | None]
    along: Collection[str]

    def reasons(self, group: Group) -> list[str]:
        """Why the type of a group depends on more than the column.

        Columns that the same statement changes do not matter, if nothing
        else is compared with them.
        """
        named = bool(group.literals or self.rename)
        return group.others + [
            f"it has to do with column {name!r}"
            for name in group.beside
            if named or name not in self.along
        ]

    def groups(self, divides: bool) -> Iterator[Group]:
        for span in expressions(self.definition):
            text = self.definition[slice(*span)]
            if not any(t.text == self.column for t in tokenize(text)):
                continue
            try:
                yield from Expression(
                    self.definition, span, self.column, self.type_name, divides
                ).groups()
            except CannotReadError:
                raise CannotRewriteError("it cannot be read") from None

    def literal(self, literal: Literal, labels: Labels = None) -> Edit:
        """The string or the array, with values renamed.

        :param labels: the labels that are allowed; ``None`` for any string.
        """
        values: list[str | None] = [literal.text]
        is_array = literal.casts and literal.casts[0].is_array
        if is_array:
            try:
                values = list(array_literal.read(literal.text))
            except ValueError:
                raise CannotRewriteError("its array cannot be read") from None
        new = [self._renamed(value, labels) for value in values]
        text = array_literal.stored(new) if is_array else new[0]
        return Edit(literal.start, literal.end, self.quote(text))

    def _renamed(self, value: str | None, labels: Labels) -> str:
        if value is None:
            raise CannotRewriteError("its array has a NULL in it")
        new = self.rename.get(value, value)
        if value in {*self.rename.values()} - {*self.existing}:
            raise CannotRewriteError(
                f"it names {value!r}, which no row holds till now"
            )
        if new is None:
            raise CannotRewriteError(f"it names {value!r}, which becomes NULL")
        if labels is not None and new not in labels:
            raise CannotRewriteError(f"it names {value!r}, which is no label")
        return new


Labels = Union[Collection[Union[str, None]], None]


def to_text(
    definition: str,
    column: str,
    type_name: str,
    rename: Mapping[str, str | None],
    quote: Quote,
    existing: Collection[str | None],
    along: Collection[str] = (),
) -> str:
    """``definition`` for a column that was an ENUM and becomes a VARCHAR.

    :param definition: as PostgreSQL gives it.
    :param column: the column's name.
    :param type_name: the type, as ``format_type()`` spells it.
    :param rename: renamed labels.
    :param existing: the existing labels.
    :param along: the table's columns that the same statement changes.

    Raises :class:`CannotRewriteError`.
    """
    rewriting = _Rewriting(
        definition, column, type_name, rename, quote, existing, along
    )
    edits: list[Edit] = []
    for group in rewriting.groups(divides=True):
        if group.columns:
            edits += _enum_to_text(rewriting, group)
        else:
            edits += _text_of_enum(rewriting, group)
    return apply(definition, edits)


def _enum_to_text(rewriting: _Rewriting, group: Group) -> Iterator[Edit]:
    if group.ordered:
        raise CannotRewriteError("it compares the order of labels")
    for why in rewriting.reasons(group):
        raise CannotRewriteError(why)
    for literal in group.literals:
        yield rewriting.literal(literal)
        # as PostgreSQL itself writes it for a VARCHAR column
        text = "::character varying" if literal.in_array else "::text"
        for cast in literal.casts:
            yield _cast(cast, text)
    for cast in group.casts:
        yield _cast(cast, "::text")


def _text_of_enum(rewriting: _Rewriting, group: Group) -> Iterator[Edit]:
    """A comparison as text stays one.

    It is marked with a cast that nobody writes, so that the way back knows
    it.
    """
    if group.ordered or group.others or group.beside or not group.literals:
        if rewriting.rename:
            raise CannotRewriteError(
                "it takes the column for text, and values are renamed"
            )
        return
    for literal in group.literals:
        yield rewriting.literal(literal)
        for cast in literal.casts[:1]:
            if cast.to == "text" and not literal.in_array:
                yield _cast(cast, "::character varying", "::text")


def _cast(cast: Cast, *names: str) -> Edit:
    text = "".join(name + "[]" * cast.is_array for name in names)
    return Edit(cast.start, cast.end, text)


def to_enum(
    definition: str,
    column: str,
    type_name: str,
    labels: Sequence[str | None],
    rename: Mapping[str, str | None],
    quote: Quote,
    existing: Collection[str | None],
    immutable: bool = False,
    along: Collection[str] = (),
) -> str:
    """``definition`` for a column that was a VARCHAR and becomes an ENUM.

    If the column is compared with literals by equality, it is compared with
    labels from now on. Other comparisons stay comparisons of text.

    :param labels: the type's labels.
    :param rename: renamed strings.
    :param existing: the strings that the column could hold so far.
    :param immutable: whether no comparison may stay one of text.
    :param along: the table's columns that the same statement changes.

    Raises :class:`CannotRewriteError`, also for a literal that is not a
    label.
    """
    rewriting = _Rewriting(
        definition, column, type_name, rename, quote, existing, along
    )
    edits: list[Edit] = []
    for group in rewriting.groups(divides=False):
        stays = (
            group.ordered
            or bool(group.others or group.beside)
            or any(map(_is_marked, group.literals))
        )
        if stays or not group.literals:
            if immutable and (stays or group.casts):
                raise CannotRewriteError("it is about the column as text")
            edits += _stays_text(rewriting, group, stays)
        else:
            edits += _text_to_enum(rewriting, group, {*labels})
    return apply(definition, edits)


def _is_marked(literal: Literal) -> bool:
    casts = [cast.to for cast in literal.casts]
    if literal.in_array:
        return casts == ["text"]
    return casts == ["character varying", "text"]


def _stays_text(
    rewriting: _Rewriting, group: Group, stays: bool
) -> Iterator[Edit]:
    if not stays:
        return  # nothing is compared
    for literal in group.literals:
        if _is_marked(literal) and not literal.in_array:
            first = literal.casts[0]
            yield Edit(first.start, first.end, "")
    if not rewriting.rename and not group.bare:
        return
    reasons = rewriting.reasons(group)
    if group.ordered or reasons or group.bare:
        as_text = "it is about the column as text"
        raise CannotRewriteError([*reasons, as_text][0])
    for literal in group.literals:
        yield rewriting.literal(literal)


def _text_to_enum(
    rewriting: _Rewriting, group: Group, labels: Collection[str | None]
) -> Iterator[Edit]:
    for cast in group.casts:
        yield Edit(cast.start, cast.end, "")
    for literal in group.literals:
        yield rewriting.literal(literal, labels)
        for i, cast in enumerate(literal.casts):
            yield _cast(cast, *(() if i else (f"::{rewriting.type_name}",)))
