from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart"


@pytest.fixture(scope="module")
def output() -> str:
    before = checkout()
    done = subprocess.run(
        [sys.executable, str(QUICKSTART / "quickstart.py")],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert checkout() == before, "the example changed the checkout"
    return done.stdout


def checkout() -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in QUICKSTART.rglob("*")
        if path.is_file()
    }


def step(output: str, number: int) -> str:
    """What is printed of one step, without its heading."""
    _, found, rest = output.partition(f"\n{number}. ")
    assert found
    return rest.partition(f"\n{number + 1}. ")[0]


def rows(text: str) -> list[str]:
    return [
        line.removeprefix("rows: ")
        for line in text.splitlines()
        if line.startswith("rows: ")
    ]


def test_created(output: str) -> None:
    """The table comes with a named constraint, and rows go in."""
    created = step(output, 1)
    assert (
        'ckenum.CheckEnum("CART", "NEW", "PAYED", '
        'name=op.f("ck_orders_status"))'
    ) in created
    assert rows(created) == ["1 CART  2 NEW  3 PAYED"]


def test_member_added(output: str) -> None:
    """The database refuses a new member, until its migration has run."""
    added = step(output, 2)
    assert "CHECK constraint failed: ck_orders_status" in added
    assert (
        "Detected changed check enum on 'orders.status': added 'SHIPPED'"
    ) in added
    assert """\
    op.alter_check_enum(
        "orders",
        "status",
        ["CART", "NEW", "PAYED", "SHIPPED"],
        existing_values=["CART", "NEW", "PAYED"],
        name=op.f("ck_orders_status"),
    )
""" in added
    assert rows(added) == ["1 CART  2 NEW  3 PAYED  4 SHIPPED"]


def test_member_renamed(output: str) -> None:
    """An alias makes the migration a rename, which takes the rows along."""
    renamed = step(output, 3)
    assert '        rename={"PAYED": "PAID"},\n' in renamed
    assert rows(renamed) == [
        "1 CART  2 NEW  3 PAYED  4 SHIPPED",
        "1 CART  2 NEW  3 PAID  4 SHIPPED",
    ]


def test_member_removed(output: str) -> None:
    """Without a rule the upgrade stops; with one the row goes."""
    removed = step(output, 4)
    stopped, edited, rest = removed.partition('delete=["CART"],\n')
    assert edited
    assert ": Rows of 'orders.status' hold values" in stopped
    assert "'CART' in 1 row" in stopped
    assert rows(removed) == [
        "1 CART  2 NEW  3 PAID  4 SHIPPED",
        "2 NEW  3 PAID  4 SHIPPED",
    ]
    assert "No new upgrade operations detected." in rest


def test_taken_back(output: str) -> None:
    """Each rule has its way back, down to an empty database."""
    back = step(output, 5)
    assert rows(back) == ["2 NEW  3 PAYED  4 PAYED"]
    assert back.endswith("\ntables: none\n")
