from __future__ import annotations

import os
from pathlib import Path
import shutil
import tarfile

import nox

RUNS = [
    (python, sqlalchemy)
    for python in ["3.10", "3.11", "3.12", "3.13"]
    for sqlalchemy in ["2.0", "2.1"]
    if (python, sqlalchemy) != ("3.10", "2.1")  # which needs Python 3.11
]

nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lint", "typing"]


@nox.session
@nox.parametrize("python, sqlalchemy", RUNS)
def tests(session: nox.Session, sqlalchemy: str) -> None:
    """Test the package as installed, with each line of SQLAlchemy."""
    session.install(".[test]", f"sqlalchemy=={sqlalchemy}.*")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check how the code is written, and what imports what."""
    session.install(
        *("black", "codespell", "flake8", "import-linter", "interrogate"),
        *("isort", "."),
    )
    session.run("black", "--check", "-l", "79", ".")
    session.run(
        *("isort", "--check"),
        *("ckenum", "tests", "bench", "docs", "noxfile.py"),
    )
    session.run("flake8")
    session.run("codespell", "ckenum", "tests", "bench", "docs", "examples")
    session.run("codespell", *Path().glob("*.md"))
    session.run("interrogate", "-q", "ckenum")
    session.run("lint-imports", "--no-logo")


@nox.session
@nox.parametrize("sqlalchemy", ["2.0", "2.1"])
def typing(session: nox.Session, sqlalchemy: str) -> None:
    """Check the types, strictly: ours, and those that users see."""
    session.install(
        ".",
        "mypy",
        "pyright[nodejs]",
        "types-tqdm",
        f"sqlalchemy=={sqlalchemy}.*; python_version > '3.10'",
    )
    session.run("mypy")
    session.run("pyright", "--project", "tests/typing")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the manual into docs/_build; a warning is an error."""
    session.install(".[docs]")
    session.run("sphinx-build", "-q", "-W", "-n", "docs", "docs/_build")


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the manual's pictures: those of docs/pictures, and those of the
    measurement that is kept there.
    """
    session.install("matplotlib")
    session.run("python", "docs/pictures/online_steps.py")
    session.run("python", "-m", "bench.plots", *session.posargs)


@nox.session
def stacks(session: nox.Session) -> None:
    """Follow the manual's pages "Using ckenum with ...", with the wheel."""
    _, wheel = _built(session)
    session.install(f"{wheel}[test,test-stacks]")
    session.run(
        *("pytest", "-m", "stacks", "--dist", "loadgroup", "tests/stacks"),
        # a story of ten steps is the set-up of one test
        *("-o", "faulthandler_timeout=900"),
        # it is for the projects' own tests
        *("-p", "no:pytest_alembic"),
        *session.posargs,
    )


@nox.session
def sdist(session: nox.Session) -> None:
    """Check what would be released, and run the tests from the source
    distribution: all, or those that are named.
    """
    session.install("check-wheel-contents", "twine")
    source, wheel = _built(session)
    session.run("twine", "check", "--strict", str(source), str(wheel))
    session.run("check-wheel-contents", str(wheel))
    with tarfile.open(source) as archive:
        archive.extractall(source.parent)
    session.chdir(source.parent / source.name.removesuffix(".tar.gz"))
    session.install(".[test]")
    session.run("pytest", *session.posargs)


def _built(session: nox.Session) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it."""
    directory = Path(session.create_tmp(), "dist").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(directory))
    (source,) = directory.glob("*.tar.gz")
    (wheel,) = directory.glob("*.whl")
    return source, wheel


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that the default leaves out: cases beyond each pair of
    values and on second servers, kills and writers at each step, each case
    with each driver, installations.
    """
    session.install(".[test]")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def everywhere(session: nox.Session) -> None:
    """Run all tests on all servers, whatever they depend on."""
    session.install(".[test]")
    session.run(
        "pytest",
        *("-m", "not stacks"),
        *session.posargs,
        env={"CKENUM_TEST_EVERYWHERE": "1"},
    )


SERVERS = [
    "CKENUM_TEST_MARIADB_URL",
    "CKENUM_TEST_MARIADB11_URL",
    "CKENUM_TEST_MYSQL_URL",
]


@nox.session
def servers(session: nox.Session) -> None:
    """Run what all backends have on MariaDB 10.11 and 11, and on MySQL."""
    missing = [name for name in SERVERS if name not in os.environ]
    if missing:
        session.error(f"no URL of a server in {', '.join(missing)}")
    session.install(".[test]")
    session.run(
        "pytest",
        *("-m", "", "-k", "mariadb or mysql"),
        *session.posargs,
    )


@nox.session
def thousands(session: nox.Session) -> None:
    """Run the tests that find inputs with thousands of them."""
    session.install(".[test]")
    session.run(
        "pytest",
        "tests/test_any.py",
        "tests/test_array.py",
        "tests/test_invariants.py",
        "tests/test_invariants_rows.py",
        "tests/test_machine.py",
        "tests/test_owners.py",
        "tests/test_reflection.py",
        # thousands of examples are one test
        *("-o", "faulthandler_timeout=0"),
        *session.posargs,
        env={"HYPOTHESIS_PROFILE": "thousands"},
    )


@nox.session
@nox.parametrize("sqlalchemy", ["2.0", "2.1"])
def enumtest(session: nox.Session, sqlalchemy: str) -> None:
    """Run SQLAlchemy's own tests of Enum with CheckEnum in its place."""
    session.install(".[test]", f"sqlalchemy=={sqlalchemy}.*")
    session.run("python", "-m", "tests.upstream.run", "sqlalchemy")


@nox.session
def alembictest(session: nox.Session) -> None:
    """Run Alembic's own tests, which end alike with the plugin enabled."""
    session.install(".[test]", "black")
    session.run("python", "-m", "tests.upstream.run", "alembic")


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure which lines and branches the tests run."""
    session.install(".[test]")
    session.run("pytest", "--cov", "--cov-report=term", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the code in one place at a time, and see whether a test fails."""
    session.install(".[test]", "cosmic-ray")
    session.run("python", "-m", "tests.mutants.run", *session.posargs)


BENCHMARKS = ["autogenerate", "online", "type_speed", "inserts"]


@nox.session
def bench(session: nox.Session) -> None:
    """Measure; what is compared stands side by side in one run.

    All, or the one that is named, with its options.
    """
    session.install(".[test]")
    name, *options = session.posargs or [""]
    for each in [name] if name else BENCHMARKS:
        session.run("python", "-m", f"bench.{each}", *options)


@nox.session
def soak(session: nox.Session) -> None:
    """Change values online for minutes while writers go on and migrators are
    killed, and account for every row.
    """
    session.install(".[test]")
    session.run("python", "-m", "bench.soak", *session.posargs)
