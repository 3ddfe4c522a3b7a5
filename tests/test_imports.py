from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
import random
import subprocess
import sys
from typing import Any

import pytest

import ckenum

from .interpreters import Interpreters
from .interpreters import interpreters

PACKAGE = Path(ckenum.__file__).parent

MODULES = sorted(
    ".".join(
        path.relative_to(PACKAGE.parent).with_suffix("").parts
    ).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)


PACKAGES = {
    ".".join(path.parent.relative_to(PACKAGE.parent).parts)
    for path in PACKAGE.rglob("__init__.py")
}


def mostly_slow(module: str) -> Any:
    """By default packages only: what stands in them follows with most."""
    marks = () if module in PACKAGES else pytest.mark.slow
    return pytest.param(module, marks=marks)


def python(code: str) -> str:
    """What a fresh interpreter prints, where a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def fresh() -> Iterator[Interpreters]:
    """With what ckenum needs, apart from Alembic, which loads the plugin;
    a warning is an error.
    """
    needed = ("sqlalchemy", "sqlglot", "tqdm", "mako")
    with interpreters(*needed, flags="-I -W error") as started:
        yield started


def test_what_is_preloaded(fresh: Interpreters) -> None:
    """Neither Alembic nor ckenum is there before a test imports it."""
    code = "import sys; print({'alembic', 'ckenum'} & {*sys.modules})"
    assert fresh.run(code) == "set()\n"


@pytest.mark.parametrize("module", [*map(mostly_slow, MODULES)])
def test_each_first(fresh: Interpreters, module: str) -> None:
    """Each module can be the first import."""
    assert fresh.run(f"import {module}") == ""


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=() if seed < 5 else pytest.mark.slow)
        for seed in range(20)
    ],
)
def test_in_any_order(fresh: Interpreters, seed: int) -> None:
    """They can be imported in any order."""
    modules = random.Random(seed).sample(MODULES, len(MODULES))
    imports = "\n".join(f"import {name}" for name in modules)
    assert fresh.run(imports) == ""


def test_comparing_knows_the_backends(fresh: Interpreters) -> None:
    """What compares has what each backend is like, also where no directive
    has run.
    """
    code = (
        "from ckenum.alembic.autogenerate.compare import tables\n"
        "from ckenum.alembic.ddl.registry import registered\n"
        "print(*registered())"
    )
    assert fresh.run(code) == "mariadb mysql postgresql sqlite\n"


THREE = ["alembic", "ckenum", "ckenum.alembic.plugin"]


@pytest.mark.parametrize(
    "order",
    [
        # by default each is once the first
        pytest.param(order, marks=pytest.mark.slow if i % 2 else ())
        for i, order in enumerate(permutations(THREE))
    ],
)
def test_before_and_after_alembic(order: tuple[str, ...]) -> None:
    """Alembic loads the plugin in the middle of its own import: before
    ours, within it, or after.
    """
    imports = "\n".join(f"import {name}" for name in order)
    registered = "hasattr(alembic.op, 'alter_check_enum')"
    assert python(f"{imports}\nprint({registered})") == "True\n"


def test_every_directive_is_there_at_once(fresh: Interpreters) -> None:
    """A process that only upgrades imports Alembic and nothing of ours."""
    code = """
import alembic
from alembic.operations import BatchOperations, Operations

def names():
    return {*dir(Operations)}, {*dir(BatchOperations)}

before = names()
IMPORTS
print([sorted(new - old) for old, new in zip(before, names())])
"""
    imports = "\n".join(f"import {name}" for name in MODULES)
    assert fresh.run(code.replace("IMPORTS", imports)) == "[[], []]\n"


@pytest.mark.parametrize("other", ["alembic", "sqlglot"])
def test_light(other: str) -> None:
    """A program that only runs pays for neither Alembic nor sqlglot."""
    code = f"import ckenum, sys; print({other!r} in sys.modules)"
    assert python(code) == "False\n"


def test_alembic_stays_light() -> None:
    """Whoever imports Alembic, and has ckenum installed, gets its directives
    and none of what they need to run; the first directive imports it.
    """
    modules = """
def loaded():
    print(
        len([name for name in sys.modules if name.startswith("ckenum.")]) < 45,
        [name for name in ("sqlglot", "tqdm") if name in sys.modules],
    )
"""
    run = """
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
loaded()
with sa.create_engine("sqlite://").connect() as connection:
    connection.exec_driver_sql("CREATE TABLE t (c VARCHAR(9))")
    op = Operations(MigrationContext.configure(connection))
    op.create_check_enum("t", "c", ["a"], name="ck")
loaded()
"""
    imports = "import sys\nimport alembic.op, alembic.context\n"
    more = "from ckenum.alembic import OnlineSettings\n"
    assert python(f"{imports}{more}{modules}{run}") == (
        "True []\nFalse ['sqlglot', 'tqdm']\n"
    )
