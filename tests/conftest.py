from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
import os
import shutil

from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings
import pytest
import sqlalchemy as sa

from .backends import BACKENDS
from .backends import EVERYWHERE
from .backends import MYSQLS
from .backends import POSTGRESQLS
from .backends import SECOND
from .backends import Servers
from .backends import SQLITES
from .capabilities import lacks
from .capabilities import MODULES
from .pairs import covering
from .roundtrip import Database

collect_ignore = []
if len(POSTGRESQLS) == 1:
    collect_ignore.append("test_online_jit.py")  # it needs the other one

ONE_IN = 3
"""How many cases there are for one that the second of a kind runs, too."""

# SQLite's files in memory: on a disk, each transaction waits for it
MEMORY, ENOUGH = "/dev/shm", 2**30
if os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

# what fails is made small with thousands: it takes longer than a test may
AT_ONCE = (Phase.explicit, Phase.reuse, Phase.generate)
for _profile, _options in {
    "few": {"max_examples": 6, "phases": AT_ONCE},
    "thousands": {"max_examples": 2000},
}.items():
    settings.register_profile(
        _profile,
        deadline=None,  # a busy machine is no fault
        suppress_health_check=[
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
        ],
        **_options,
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("sqlite"))
    yield servers
    servers.stop()


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    items[:] = [item for item in items if _is_wanted(item)]
    default = [item for item in items if not item.get_closest_marker("slow")]
    kept = {id(item) for group in _groups(default) for item in few(group)}
    for item in default:
        if id(item) not in kept:
            item.add_marker(pytest.mark.slow)


def _groups(items: list[pytest.Function]) -> Iterable[list[pytest.Function]]:
    """The cases of each test, on the first servers and on each other one."""
    groups = defaultdict(list)
    for item in items:
        function = item.nodeid.partition("[")[0]
        groups[function, *sorted(SECOND & {*_values(item)})].append(item)
    return groups.values()


def few(group: list[pytest.Function]) -> list[pytest.Function]:
    """Those of one test that run by default."""
    rows = [_values(item) for item in group]
    if len(rows[0]) > 2:
        group = [group[i] for i in covering(rows)]
    on_second = SECOND & {*_values(group[0])}
    return group[::ONE_IN] if on_second else group


def _values(item: pytest.Function) -> tuple[Hashable, ...]:
    """What it is a case of: names as they are, objects by identity."""
    if not hasattr(item, "callspec"):
        return ()
    values = item.callspec.params.values()
    return tuple(v if isinstance(v, str) else id(v) for v in values)


def _is_wanted(item: pytest.Function) -> bool:
    if "[NOTSET" in item.name:
        return False  # no URL names such a server
    if "user" in item.fixturenames and "3.53" in item.name:
        return False  # commands cannot open it: its dialect is a test's
    if "NOTSET" in item.name:
        return False  # there is no server of its kind
    backend = _mysql_of(item)
    if backend is not None:
        module = item.module.__name__.rpartition(".")[2]
        case = {**item.callspec.params, "backend": backend}
        name = item.originalname or item.name
        return module in MODULES and not lacks(name, case)
    return (
        EVERYWHERE
        or "postgresql-by-url" not in item.name
        or "any_postgresql" in item.fixturenames
        or item.get_closest_marker("each_server") is not None
    )


def _mysql_of(item: pytest.Function) -> str | None:
    """The MariaDB or MySQL on which it runs, if all backends have it."""
    callspec = getattr(item, "callspec", None)
    given = callspec.params.values() if callspec else ()
    if "mysql" in item.fixturenames:
        return None
    found = (v for v in given if isinstance(v, str) and v in MYSQLS)
    return next(found, None)


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, servers: Servers) -> Iterator[sa.URL]:
    """An empty database of each backend in turn."""
    with servers.database(request.param) as url:
        yield url


@pytest.fixture
def postgresql_url(servers: Servers) -> Iterator[sa.URL]:
    with servers.database("postgresql") as url:
        yield url


@pytest.fixture
def sqlite_url(servers: Servers) -> Iterator[sa.URL]:
    with servers.database("sqlite") as url:
        yield url


@pytest.fixture(params=SQLITES)
def any_sqlite(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """One that cannot alter constraints and one that can."""
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


@pytest.fixture(params=POSTGRESQLS, scope="module")
def one_postgresql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """One for all examples; each has tables of its own, or drops them."""
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


@pytest.fixture(params=POSTGRESQLS)
def any_postgresql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """The newest server, and the one that a URL names."""
    with servers.database(request.param) as url:
        yield Database(servers.engine(url))


@pytest.fixture(params=MYSQLS)
def mysql(
    request: pytest.FixtureRequest, servers: Servers
) -> Iterator[Database]:
    """Each MariaDB and MySQL that a URL names."""
    with servers.database(request.param) as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture
def db(url: sa.URL, servers: Servers) -> Database:
    """Models, migrations and rows on an empty database of each backend."""
    return Database(servers.engine(url))


@pytest.fixture
def postgresql(postgresql_url: sa.URL, servers: Servers) -> Database:
    return Database(servers.engine(postgresql_url))


@pytest.fixture
def sqlite(sqlite_url: sa.URL, servers: Servers) -> Database:
    return Database(servers.engine(sqlite_url))
