"""The life of an enum column in each stack, from its page on."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
import json

import pytest
import sqlalchemy as sa

from ..backends import Servers
from ..interpreters import Interpreters
from ..interpreters import interpreters
from .pages import Page
from .project import Failed
from .project import Project
from .stacks import PRELOADED
from .stacks import SAYS
from .stacks import Stack
from .stacks import STACKS

pytestmark = pytest.mark.stacks

BEFORE = ["NEW", "PAYED", "JUNK"]
ADDED = [*BEFORE, "SHIPPED"]
RENAMED = ["NEW", "PAID", "JUNK", "SHIPPED"]


@dataclass
class Story:
    """What was seen at each step."""

    project: Project
    drifted: dict[str, str]
    refused: str
    added: list[str]
    renamed: list[str]
    stopped: str
    removed: list[str]
    clean: dict[str, str]
    downgraded: list[str]
    tables: list[str]


@cache
def forked(*preloaded: str) -> Interpreters:
    """Processes for the commands of one stack, on each backend."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(interpreters(*PRELOADED, *preloaded))


@pytest.fixture(
    params=[
        pytest.param(
            (stack, backend),
            id=f"{stack.name}-{backend}",
            marks=pytest.mark.xdist_group(stack.name),
        )
        for stack in STACKS
        for backend in stack.drivers
    ],
    scope="module",
)
def story(
    request: pytest.FixtureRequest,
    servers: Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    stack: Stack
    stack, backend = request.param
    with ExitStack() as opened:
        urls = [
            opened.enter_context(servers.database(backend))
            for _ in stack.shown
        ]
        driver = stack.drivers[backend]
        project = Project(
            Page(stack.name),
            tmp_path_factory.mktemp(stack.name),
            forked(*stack.preloaded),
            dict(zip(stack.shown, (in_full(url, driver) for url in urls))),
        )
        yield played(stack, project, urls[0])


def in_full(url: sa.URL, driver: str) -> str:
    url = url.set(drivername=driver)
    return url.render_as_string(hide_password=False)


def played(stack: Stack, project: Project, url: sa.URL) -> Story:
    """The steps, one after the other."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def orders(*created: str) -> list[str]:
        found: list[str] = json.loads(project.python(stack.app, *created))
        return found

    checks = [
        command for block in project.page.rest() for command in block.commands
    ]

    def revise(message: str) -> None:
        slug = message.replace(" ", "_")
        project.run(stack.revise.format(message, id=slug))

    project.begin()
    orders("new", "payed", "junk")

    junk = '    JUNK = "junk"\n'
    project.edit("models.py", junk, f'{junk}    SHIPPED = "shipped"\n')
    drifted = {each: failing(project.run, each) for each in checks}
    refused = failing(orders, "shipped")
    revise("add shipped")
    project.add_rule("add shipped", ADDED, 'rename={"SHIPPED": "PAYED"}')
    project.run(stack.upgrade)
    added = orders("shipped")

    paid = '    PAID = "paid"\n    PAYED = PAID\n'
    project.edit("models.py", '    PAYED = "payed"\n', paid)
    revise("rename payed")
    project.run(stack.upgrade)
    renamed = orders()

    project.edit("models.py", junk, "")
    revise("remove junk")
    stopped = failing(project.run, stack.upgrade)
    project.add_rule("remove junk", RENAMED, 'delete=["JUNK"]')
    project.run(stack.upgrade)
    removed = orders()

    clean = {each: project.run(each) for each in checks}

    project.run(stack.downgrade.format(project.first_revision))
    with engine.connect() as connection:
        query = "SELECT status FROM orders ORDER BY id"
        downgraded = list(connection.scalars(sa.text(query)))
    project.run(stack.downgrade.format("base"))
    tables = sa.inspect(engine).get_table_names()
    return Story(
        *(project, drifted, refused, added, renamed, stopped, removed),
        *(clean, downgraded),
        [name for name in tables if "alembic" not in name],
    )


def failing(run: Callable[..., object], *arguments: str) -> str:
    """What it says that failed."""
    with pytest.raises(Failed) as failed:
        run(*arguments)
    return str(failed.value)


def test_checks_find_drift(story: Story) -> None:
    """The page's commands fail while a migration is missing, and say why."""
    assert len(story.drifted) > 1
    for command, output in story.drifted.items():
        assert "SHIPPED" in output, command


def test_checks_find_none(story: Story) -> None:
    """After all migrations they find nothing."""
    for command, output in story.clean.items():
        (said,) = (SAYS[each] for each in SAYS if command.startswith(each))
        assert said in output, command


def test_added(story: Story) -> None:
    """The database refuses a member until its migration has run."""
    told = "ck_orders_status", "Internal Server Error"
    assert any(text in story.refused for text in told)
    assert story.added == ["new", "payed", "junk", "shipped"]


def test_page_shows_the_migration(story: Story) -> None:
    """The page shows the migration that autogenerate wrote."""
    shown = [block for block in story.project.page.rest() if block.is_shown]
    assert len(shown) == 1
    assert shown[0].text in story.project.written["add shipped"]


def test_renamed(story: Story) -> None:
    """An alias makes it a rename, which takes the rows along."""
    assert 'rename={"PAYED": "PAID"}' in story.project.written["rename payed"]
    assert story.renamed == ["new", "paid", "junk", "shipped"]


def test_stopped(story: Story) -> None:
    """A removed member that rows hold stops the upgrade, with a count."""
    assert "'JUNK' in 1 row" in story.stopped


def test_removed(story: Story) -> None:
    """With a rule the upgrade goes on, and the rows go."""
    assert story.removed == ["new", "paid", "shipped"]


def test_downgraded(story: Story) -> None:
    """The way back renames the rows, and drops the tables at its end."""
    assert story.downgraded == ["NEW", "PAYED", "PAYED"]
    assert story.tables == []
