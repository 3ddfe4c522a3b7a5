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
from typing import NamedTuple
from typing import Union

from sqlglot.tokens import Token
from sqlglot.tokens import TokenType

from .... import array_literal
from .usage import CannotReadError
from .usage import Cast
from .usage import Expression
from .usage import Group
from .usage import Literal
from .usage import tokenize

Quote = Callable[[str], str]
"""From a string to its literal in SQL."""

_ORDER = {TokenType.LT, TokenType.GT, TokenType.LTE, TokenType.GTE}


class CannotRewriteError(Exception):
    """A definition depends on the old type."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


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
        for span in _expressions(self.definition):
            text = self.definition[slice(*span)]
            if not any(t.text == self.column for t in tokenize(text)):
                continue
            try:
                yield from Expression(
                    self.definition, span, self.column, self.type_name, divides
                ).groups()
            except CannotReadError:
                raise CannotRewriteError("it cannot be read") from None

    def literal(self, literal: Literal, labels: Labels = None) -> _Edit:
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
        return _Edit(literal.start, literal.end, self.quote(text))

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
    edits: list[_Edit] = []
    for group in rewriting.groups(divides=True):
        if group.columns:
            edits += _enum_to_text(rewriting, group)
        else:
            edits += _text_of_enum(rewriting, group)
    return _apply(definition, edits)


def _enum_to_text(rewriting: _Rewriting, group: Group) -> Iterator[_Edit]:
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


def _text_of_enum(rewriting: _Rewriting, group: Group) -> Iterator[_Edit]:
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


def _cast(cast: Cast, *names: str) -> _Edit:
    text = "".join(name + "[]" * cast.is_array for name in names)
    return _Edit(cast.start, cast.end, text)


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
    edits: list[_Edit] = []
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
    return _apply(definition, edits)


def _is_marked(literal: Literal) -> bool:
    casts = [cast.to for cast in literal.casts]
    if literal.in_array:
        return casts == ["text"]
    return casts == ["character varying", "text"]


def _stays_text(
    rewriting: _Rewriting, group: Group, stays: bool
) -> Iterator[_Edit]:
    if not stays:
        return  # nothing is compared
    for literal in group.literals:
        if _is_marked(literal) and not literal.in_array:
            first = literal.casts[0]
            yield _Edit(first.start, first.end, "")
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
) -> Iterator[_Edit]:
    for cast in group.casts:
        yield _Edit(cast.start, cast.end, "")
    for literal in group.literals:
        yield rewriting.literal(literal, labels)
        for i, cast in enumerate(literal.casts):
            yield _cast(cast, *(() if i else (f"::{rewriting.type_name}",)))


def _expressions(definition: str) -> Iterator[tuple[int, int]]:
    """The positions of the expressions in a CHECK or an index; any other text
    is one expression.
    """
    tokens = tokenize(definition)
    first = tokens[0].text.upper() if tokens else ""
    if first == "CHECK":
        closing = _closing(tokens, 1)
        yield tokens[1].end + 1, tokens[closing].start
    elif first != "CREATE":
        yield 0, len(definition)
    else:
        for start, end in _elements(tokens):
            yield tokens[start].start, tokens[end].end + 1
        for i, token in enumerate(tokens):
            if token.token_type is TokenType.WHERE:
                yield token.end + 1, len(definition)


def _elements(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The expressions among an index's keys, without keys that are columns."""
    for start, end in _keys(tokens):
        if tokens[start].token_type is TokenType.L_PAREN:
            yield start, _closing(tokens, start)
        elif start < end and (
            tokens[start + 1].token_type is TokenType.L_PAREN
        ):
            yield start, _closing(tokens, start + 1)


def _keys(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The first and the last token of each key of an index."""
    using = next(
        i for i, token in enumerate(tokens) if token.text.upper() == "USING"
    )
    opening = using + 2
    closing = _closing(tokens, opening)
    start = opening + 1
    i = start
    while i <= closing:
        if i == closing or tokens[i].token_type is TokenType.COMMA:
            yield start, i - 1
            start = i + 1
        elif tokens[i].token_type is TokenType.L_PAREN:
            i = _closing(tokens, i)
        i += 1


def require_plain_key(definition: str, column: str) -> None:
    """Raise :class:`CannotRewriteError` if an index has the column itself as a
    key with an operator class or a collation, which another type lacks.
    """
    tokens = tokenize(definition)
    if not tokens or tokens[0].text.upper() != "CREATE":
        return
    for start, end in _keys(tokens):
        words = {token.text.upper() for token in tokens[start + 1 : end + 1]}
        if tokens[start].text == column and words - _KEY_ORDER:
            raise CannotRewriteError(
                "it has an operator class or a collation of its own"
            )


_KEY_ORDER = {"ASC", "DESC", "NULLS", "FIRST", "LAST", "NULLS FIRST"}


def on_column(definition: str, column: str, other: str) -> str:
    """``definition`` with another column in the place of ``column``.

    :param other: its name in SQL.
    """
    tokens = tokenize(definition)
    return _apply(
        definition,
        [
            _Edit(tokens[i].start, tokens[i].end + 1, other)
            for i in _named(tokens)
            if tokens[i].text == column
            and (
                tokens[i].token_type is TokenType.IDENTIFIER
                or column == column.lower()  # PostgreSQL quotes any other
            )
        ],
    )


def _named(tokens: Sequence[Token]) -> Iterator[int]:
    """Where a column may be named: not its schema, type or function, nor in
    the head of a definition, nor among an index's options.
    """
    first = 0
    if tokens and tokens[0].text.upper() == "CREATE":
        words = [token.text.upper() for token in tokens]
        marks = [i for i, word in enumerate(words) if word in ("USING", "ON")]
        first = marks[-1] if "USING" not in words else words.index("USING")
    in_options = False
    for i in range(first, len(tokens)):
        token = tokens[i]
        if token.token_type is TokenType.WITH:
            in_options = True
        elif token.token_type is TokenType.WHERE:
            in_options = False
        before = tokens[i - 1].token_type if i else None
        after = [t.token_type for t in tokens[i + 1 : i + 2]]
        if (
            not in_options
            and token.token_type is not TokenType.STRING
            and before not in (TokenType.DCOLON, TokenType.DOT)
            and TokenType.L_PAREN not in after
        ):
            yield i


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    # in PostgreSQL's text, brackets are balanced
    for i in range(opening, len(tokens)):  # pragma: no branch
        depth += tokens[i].token_type is TokenType.L_PAREN
        depth -= tokens[i].token_type is TokenType.R_PAREN
        if not depth:
            break
    return i


def require_no_items(definition: str) -> None:
    """Raise :class:`CannotRewriteError` if ``definition`` may compare an
    array's items: if it has literals, casts or a comparison of order.
    """
    tokens = tokenize(definition)
    if {TokenType.STRING, TokenType.DCOLON} & {*_types(tokens)}:
        raise CannotRewriteError(
            "with literals or casts, which may be about the arrays' items; "
            "drop it before, and create it after"
        )
    for i, token in enumerate(tokens):
        sides = {tokens[i - 1].token_type, *_types(tokens[i + 1 : i + 2])}
        if token.text.lower().startswith("enum_") or (
            token.token_type in _ORDER and TokenType.NUMBER not in sides
        ):
            raise CannotRewriteError("it may compare the order of labels")


def _types(tokens: Sequence[Token]) -> list[TokenType]:
    return [token.token_type for token in tokens]


def _apply(definition: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        definition = (
            definition[: edit.start] + edit.text + (definition[edit.end :])
        )
    return definition
