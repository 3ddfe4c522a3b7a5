"""Which tests run on MariaDB and MySQL, and which of those do not, and why.

The others are about what only SQLite or PostgreSQL does, or are the same
wherever they run.
"""

from __future__ import annotations

MODULES = {
    "test_any",
    "test_audit",
    "test_compare",
    "test_constraint",
    "test_faults",
    "test_foreign_keys",
    "test_growth",
    "test_machine",
    "test_orm",
    "test_reflection",
    "test_types",
    "test_values",
    "test_zoo",
}

NO_LIMITLESS = "VARCHAR needs a length there"
NO_CHECK_ON_KEY = "MariaDB allows no CHECK on an AUTO_INCREMENT column"
COLLATED = "the migration gives the column another collation, too"

LACKS = {
    "test_dropped_table_of_another_length": NO_LIMITLESS,
    "test_limit_that_goes": NO_LIMITLESS,
    "test_moved_and_back": COLLATED,
    "test_name_that_is_taken": NO_LIMITLESS,
    "test_dropped_table_with_a_phantom": NO_CHECK_ON_KEY,
    "test_default_that_is_a_new_value": "online=True needs MariaDB 11.2",
    "test_default_that_never_fitted": COLLATED,
    "test_enum_that_becomes_a_check_enum": COLLATED,
    "test_integer_that_becomes_a_check_enum": COLLATED,
    "test_other_name_is_adopted": COLLATED,
    "test_unreadable_is_left_alone": COLLATED,
    "test_strings_that_count_as_equal": "its collation is another's",
}
"""By the name of the test: what its claim needs, and those lack."""
