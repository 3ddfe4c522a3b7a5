"""Where CheckEnum differs from Enum in SQLAlchemy's own tests, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    says: str
    """Part of what the test fails with."""
    reason: str
    backend: str = ""
    """The only one on which it fails."""
    since: str = "2.0"
    """The release of SQLAlchemy that has brought the test."""


LENGTH = "the VARCHAR has room for values to come"
REFUSED = "a string that is no member is refused before the database has to"
REPR = "no options say what a CheckEnum always is"

DIFFERENCES = {
    "test_adapt": Difference(
        "False != True", "no type is made native, with native_enum=True"
    ),
    "test_adapt_length": Difference("255 != 5", LENGTH),
    "test_enum_raise_lookup_ellipses": Difference(
        "Possible values: 'one', 'twothreefourfivesix', 'seven', 'eight'",
        "the error says all values, in full",
    ),
    "test_enum_raise_lookup_none": Difference(
        "CheckEnum needs an enum class or strings",
        "a column without members could store nothing",
    ),
    "test_length_native": Difference("255 != 4", LENGTH),
    "test_length_too_short_raises": Difference(
        "length=1 is too short for 'long'",
        "all that is wrong with a declaration is an ArgumentError",
    ),
    "test_mock_engine_no_prob": Difference(
        "ANY ('{x,y}')",
        "PostgreSQL stores an array, which is the same in each spelling",
        backend="postgresql",
    ),
    "test_no_length_non_native": Difference("255 != 4", LENGTH),
    "test_none_length_non_native": Difference(
        "\"Enum('x', 'y', length=None)\"", REPR
    ),
    "test_repr": Difference("\"Enum('x', 'y', name='somename')\"", REPR),
    "test_repr_two": Difference("\"Enum('x', 'y', name='somename')\"", REPR),
    "test_repr_three": Difference("\"Enum('x', 'y', length=255)\"", REPR),
    "test_repr_five": Difference(
        "\"Enum('x', 'y', length=42)\"",
        "a schema is for native types",
        since="2.1",
    ),
    "test_skip_check_constraint": Difference(
        "ck_non_native_enum_table_someotherenum",
        "the constraint is always there",
    ),
    "test_validators_pep435": Difference(
        "'foo' is not among the values of SomeEnum", REFUSED
    ),
    "test_validators_plain": Difference(
        "'foo' is not among the values of the enum", REFUSED
    ),
}
"""By the test's name."""
