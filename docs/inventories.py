"""Sphinx's inventories of other manuals, made from lists that one can read.

A list's first line is the manual's address; each other line is a name, its
role, and its place there. A reference that a list does not have is a warning
of the build: look the place up in that manual, and add a line.
"""

from __future__ import annotations

from pathlib import Path
import zlib


def mapping(lists: Path, built: Path) -> dict[str, tuple[str, str]]:
    """What ``intersphinx_mapping`` takes: of each list, the address of the
    manual and the inventory, which is written to ``built``.
    """
    found = {}
    for path in sorted(lists.glob("*.txt")):
        address, *lines = path.read_text().splitlines()
        inventory = built / f"{path.stem}.inv"
        inventory.write_bytes(_inventory(path.stem, lines))
        found[path.stem] = (address, str(inventory))
    return found


def _inventory(project: str, lines: list[str]) -> bytes:
    """Version 2 of the format, as ``sphinx.util.inventory`` reads it."""
    head = (
        "# Sphinx inventory version 2\n"
        f"# Project: {project}\n"
        "# Version: \n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    body = ""
    for line in lines:
        name, role, place = line.split()
        body += f"{name} {role} 1 {place} -\n"
    return head.encode() + zlib.compress(body.encode())
