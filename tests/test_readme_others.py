"""The table of README.md that says why not the others is true."""

from __future__ import annotations

from collections.abc import Iterator
import os

import pytest

from .backends import Servers
from .interpreters import commands
from .pages import README
from .pages import ROOT


def cells() -> Iterator[tuple[str, str, str, str]]:
    """Type, plugin, backend, and what is said of them."""
    for type_, plugin, *said in README.table("Why not the others"):
        for backend, cell in zip(("postgresql", "sqlite"), said):
            if cell:
                yield type_, plugin, backend, cell


@pytest.mark.parametrize("type_, plugin, backend, cell", list(cells()))
def test_cell(
    servers: Servers, type_: str, plugin: str, backend: str, cell: str
) -> None:
    """A member is added: what autogenerate writes, and the first insert."""
    with servers.database(backend) as url:
        text = url.render_as_string(hide_password=False)
        done = commands().module(
            *("tests.side_by_side", text, type_, plugin),
            cwd=ROOT,
            env=dict(os.environ),
        )
    assert (done.stdout, done.returncode) == (f"{cell}\n", 0), done.stderr


def test_table_is_found() -> None:
    """One cell is empty: that plugin is for PostgreSQL alone."""
    assert len(list(cells())) == 8 * 2 - 1
