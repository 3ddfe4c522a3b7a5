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
from dataclasses import dataclass
from typing import Union

from .... import array_literal
from .definitions import apply
from .definitions import CannotRewriteError
from .definitions import Edit
from .definitions import expressions
from .marked import CannotReadError
from .marked import Cast
from .marked import Literal
from .marked import tokenize
from .usage import Expression
from .usage import Group

Quote = Callable[[str], str]
"""From a string to its literal in SQL."""


Labels = Union[Collection[Union[str, None]], None]


@dataclass(frozen=True)
class Rewriting:
    """How a definition is rewritten for a column of another type.

    :ivar definition: as PostgreSQL gives it.
    :ivar column: the column's name.
    :ivar type_name: the native type, as ``format_type()`` spells it.
    :ivar rename: renamed labels or strings.
    :ivar existing: the values that rows can hold so far.
    :ivar along: the columns that the same statement changes.
    """

    definition: str
    column: str
    type_name: str
    rename: Mapping[str, str | None]
    quote: Quote
    existing: Collection[str | None]
    along: Collection[str] = ()

    def to_text(self) -> str:
        """The definition for a column that was an ENUM and becomes a VARCHAR.

        Raises :class:`CannotRewriteError`.
        """
        edits: list[Edit] = []
        for group in self.groups(divides=True):
            if group.columns:
                edits += self._enum_to_text(group)
            else:
                edits += self._text_of_enum(group)
        return apply(self.definition, edits)

    def to_enum(
        self, labels: Collection[str | None], immutable: bool = False
    ) -> str:
        """The definition for a column that was a VARCHAR and becomes an ENUM.

        If the column is compared with literals by equality, it is compared
        with labels from now on. Other comparisons stay comparisons of text.

        :param labels: the type's labels.
        :param immutable: whether no comparison may stay one of text.

        Raises :class:`CannotRewriteError`, also for a literal that is not a
        label.
        """
        edits: list[Edit] = []
        for group in self.groups(divides=False):
            stays = (
                group.ordered
                or bool(group.others or group.beside)
                or any(map(_is_marked, group.literals))
            )
            if stays or not group.literals:
                if immutable and (stays or group.casts):
                    raise CannotRewriteError("it is about the column as text")
                edits += self._stays_text(group, stays)
            else:
                edits += self._text_to_enum(group, {*labels})
        return apply(self.definition, edits)

    def _enum_to_text(self, group: Group) -> Iterator[Edit]:
        if group.ordered:
            raise CannotRewriteError("it compares the order of labels")
        for why in self.reasons(group):
            raise CannotRewriteError(why)
        for literal in group.literals:
            yield self.literal(literal)
            # as PostgreSQL itself writes it for a VARCHAR column
            text = "::character varying" if literal.in_array else "::text"
            for cast in literal.casts:
                yield _cast(cast, text)
        for cast in group.casts:
            yield _cast(cast, "::text")

    def _text_of_enum(self, group: Group) -> Iterator[Edit]:
        """A comparison as text stays one.

        It is marked with a cast that nobody writes, so that the way back knows
        it.
        """
        if group.ordered or group.others or group.beside or not group.literals:
            if self.rename:
                raise CannotRewriteError(
                    "it takes the column for text, and values are renamed"
                )
            return
        for literal in group.literals:
            yield self.literal(literal)
            for cast in literal.casts[:1]:
                if cast.to == "text" and not literal.in_array:
                    yield _cast(cast, "::character varying", "::text")

    def _stays_text(self, group: Group, stays: bool) -> Iterator[Edit]:
        if not stays:
            return  # nothing is compared
        for literal in group.literals:
            if _is_marked(literal) and not literal.in_array:
                first = literal.casts[0]
                yield Edit(first.start, first.end, "")
        if not self.rename and not group.bare:
            return
        reasons = self.reasons(group)
        if group.ordered or reasons or group.bare:
            as_text = "it is about the column as text"
            raise CannotRewriteError([*reasons, as_text][0])
        for literal in group.literals:
            yield self.literal(literal)

    def _text_to_enum(
        self, group: Group, labels: Collection[str | None]
    ) -> Iterator[Edit]:
        for cast in group.casts:
            yield Edit(cast.start, cast.end, "")
        for literal in group.literals:
            yield self.literal(literal, labels)
            for i, cast in enumerate(literal.casts):
                yield _cast(cast, *(() if i else (f"::{self.type_name}",)))

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


def _cast(cast: Cast, *names: str) -> Edit:
    text = "".join(name + "[]" * cast.is_array for name in names)
    return Edit(cast.start, cast.end, text)


def _is_marked(literal: Literal) -> bool:
    casts = [cast.to for cast in literal.casts]
    if literal.in_array:
        return casts == ["text"]
    return casts == ["character varying", "text"]
