"""Which tests run on MariaDB and MySQL, and which of those do not, and why.

The others are about what only SQLite or PostgreSQL does, or are the same
wherever they run.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MODULES = {
    "test_any",
    "test_audit",
    "test_compare",
    "test_constraint",
    "test_faults",
    "test_foreign_keys",
    "test_growth",
    "test_machine",
    "test_missing",
    "test_orm",
    "test_reflection",
    "test_remaining",
    "test_types",
    "test_values",
    "test_zoo",
}

Case = Mapping[str, Any]
"""The parameters of a test, and as ``backend`` the server's name."""


@dataclass(frozen=True)
class Lack:
    """What a test's claim needs, and those servers lack.

    :ivar cases: which of its cases need it.
    """

    reason: str
    cases: Callable[[Case], bool] = lambda case: True


LACKS = {
    "test_dropped_table_of_another_length": Lack(
        "VARCHAR needs a length", lambda case: case["length"] is None
    ),
    "test_limit_that_goes": Lack("VARCHAR needs a length"),
    "test_default_that_is_a_new_value": Lack(
        "online=True needs MariaDB 11.2",
        lambda case: case["online"] and case["backend"] != "mariadb-11",
    ),
    "test_bulk_insert": Lack(
        "MySQL has no INSERT ... RETURNING",
        lambda case: case["backend"] == "mysql",
    ),
}
"""By the name of the test."""


def lacks(name: str, case: Case) -> bool:
    """Whether that case of a test cannot run there."""
    return name in LACKS and LACKS[name].cases(case)
