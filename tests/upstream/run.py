"""Run what others test with: ``python -m tests.upstream.run PACKAGE``.

The tests are those of the release that is installed, from its sdist.
"""

from __future__ import annotations

from importlib.metadata import version
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

import sqlalchemy as sa
from sqlalchemy_utils import create_database

from ..backends import Servers

HERE = Path(__file__).parent
NEEDED = [
    "CREATE SCHEMA test_schema",
    "CREATE SCHEMA test_schema_2",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION btree_gist",
]


def sdist(package: str, directory: Path) -> Path:
    """Where the sdist of what is installed has been unpacked."""
    name = f"{package}-{version(package)}"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet"),
            *("--no-deps", "--no-binary", package, "--dest", directory),
            f"{package}=={version(package)}",
        ],
        check=True,
    )
    shutil.unpack_archive(directory / f"{name}.tar.gz", directory)
    return directory / name


def database(servers: Servers) -> str:
    """The URL of one on PostgreSQL, with what these tests ask for."""
    url = servers.postgresql().set(database="upstream")
    create_database(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in NEEDED:
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url.render_as_string(hide_password=False)


def pytest(directory: Path, url: str, *options: str) -> int:
    # -s, or SQLAlchemy's tests would import what lies beside them
    command = [sys.executable, "-s", "-m", "pytest", "--maxfail=0", *options]
    for backend in ["sqlite://", url]:
        command += ["--dburi", backend]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(command, cwd=directory, env=environment).returncode


def outcomes(directory: Path, url: str, *options: str) -> dict[str, str]:
    """What became of each test, and how it has failed if it has."""
    report = directory / "report.xml"
    pytest(directory, url, "-q", f"--junitxml={report}", *options)
    return {
        f"{case.get('classname')}.{case.get('name')}": " ".join(
            "skipped" if each.tag == "skipped" else str(each.get("message"))
            for each in case
        )
        for case in ElementTree.parse(report).iter("testcase")
    }


def run_sqlalchemy(directory: Path, url: str) -> int:
    """Whether EnumTest differs as is expected."""
    return pytest(
        *(directory, url, "-p", "enum_replaced"),
        *("-k", "EnumTest", "test/sql/test_types.py"),
    )


def run_alembic(directory: Path, url: str) -> int:
    """Whether Alembic's tests end as they do without the plugin."""
    without = outcomes(directory, url)
    enabled = outcomes(directory, url, "-p", "ckenum_enabled")
    different = {
        test
        for test in without.keys() | enabled.keys()
        if without.get(test) != enabled.get(test)
    }
    for test in sorted(different):
        print(test, without.get(test), enabled.get(test), sep="\n  ")
    print(f"{len(without)} tests, {len(different)} differ with the plugin.")
    return 1 if different or not without else 0


RUNS = {"alembic": run_alembic, "sqlalchemy": run_sqlalchemy}


def main(package: str) -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        servers = Servers(directory)
        try:
            return RUNS[package](sdist(package, directory), database(servers))
        finally:
            servers.stop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
