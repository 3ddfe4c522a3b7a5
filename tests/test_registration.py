"""Backends that no package of ckenum knows: refused, or described."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import io
import logging
from pathlib import Path
from typing import Any

from alembic.ddl.base import ColumnType
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.migration import MigrationContext
from alembic.operations import Operations
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.compiler import compiles

from ckenum import CheckEnum
from ckenum import exc
from ckenum.alembic import register_backend
from ckenum.drift import find_drift
from ckenum.testing import assert_no_drift

from .backends import Servers
from .models import orders
from .models import orders_with
from .roundtrip import Database
from .toy import AlembicToy
from .toy import Toy

CK = "ck_orders_status"
BOTH = "zz_ckenum_%"


class Unknown(Toy):
    """What nobody has described."""

    name = "klingon"
    supports_statement_cache = True


class Commits(Toy):
    """Its DDL commits; here, each statement does."""

    name = "vulcan"
    supports_statement_cache = True


class RollsBack(Toy):
    """Its DDL is transactional."""

    name = "romulan"
    supports_statement_cache = True


class Blind(Toy):
    """It reflects no CHECK, as SQLAlchemy's dialect of SQL Server."""

    name = "horta"
    supports_statement_cache = True

    def get_check_constraints(self, *args: Any, **kw: Any) -> Any:
        raise NotImplementedError


class Roach(PGDialect_psycopg):
    """PostgreSQL under another name."""

    name = "roach"
    supports_statement_cache = True


for dialect in Unknown, Commits, RollsBack, Blind, Roach:
    registry.register(dialect.name, __name__, dialect.__name__)
for name in "klingon", "vulcan", "horta":
    type(name, (AlembicToy,), {"__dialect__": name})


class AlembicRollsBack(AlembicToy):
    __dialect__ = "romulan"
    transactional_ddl = True


class AlembicRoach(PostgresqlImpl):
    __dialect__ = "roach"


for name in "vulcan", "romulan", "horta":
    register_backend(name, sqlglot="sqlite")
register_backend("roach", like="postgresql", lacks=["arrays", "native_enums"])

Opened = Callable[..., Database]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    databases = []

    def open_(name: str, **options: Any) -> Database:
        url = sa.make_url(f"{name}:///{tmp_path}/{name}.db")
        databases.append(Database(url, **options))
        return databases[-1]

    yield open_
    for database in databases:
        database.dispose()


@pytest.fixture
def roach(servers: Servers) -> Iterator[Database]:
    with servers.database("postgresql") as url:
        database = Database(url.set(drivername="roach"))
        yield database
        database.dispose()


def rename(db: Database, **options: Any) -> None:
    """Of PAID to SETTLED; LATE is new."""
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "SETTLED", "LATE"],
            existing_values=["NEW", "PAID"],
            name=CK,
            rename={"PAID": "SETTLED"},
            **options,
        )


def names(db: Database) -> list[str | None]:
    checks = sa.inspect(db.engine).get_check_constraints("orders")
    return [check["name"] for check in checks]


# -- unknown -------------------------------------------------------------


def test_type_works_anywhere(opened: Opened) -> None:
    """create_all() makes the constraint, and the database holds to it."""
    db = opened("klingon")
    db.create(orders("NEW"))
    db.insert("orders", status="NEW")
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", status="JUNK")


@pytest.mark.parametrize(
    "directive, arguments",
    [
        ("create_check_enum", {"values": ["NEW"], "name": CK}),
        ("drop_check_enum", {"existing_values": ["NEW"], "name": CK}),
        ("validate_check_enum", {"existing_values": ["NEW"], "name": CK}),
        ("drop_check_enum_trigger", {}),
    ],
)
@pytest.mark.parametrize("in_batch", [False, True])
def test_every_directive_is_refused(
    opened: Opened, directive: str, arguments: dict[str, Any], in_batch: bool
) -> None:
    """The error names both ways out, and nothing has been changed."""
    db = opened("klingon")
    db.create(orders("NEW"))
    ways = r'ckenum_render="alembic".*register_backend\(.klingon.'
    with db.operations() as op, pytest.raises(exc.DirectiveError, match=ways):
        if in_batch:
            with op.batch_alter_table("orders") as batch_op:
                getattr(batch_op, directive)("status", **arguments)
        else:
            getattr(op, directive)("orders", "status", **arguments)
    assert names(db) == [CK]


def test_alter_is_refused(opened: Opened) -> None:
    """No row has changed either."""
    db = opened("klingon")
    db.create(orders("NEW", "PAID"))
    db.insert("orders", status="PAID")
    with pytest.raises(exc.DirectiveError, match="This directive changed no"):
        rename(db)
    assert db.column("orders") == ["PAID"]


def test_autogenerate_says_so_once(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning a run, and none where migrations are plain Alembic."""
    db = opened("klingon")
    db.create(orders("NEW"))
    more = orders("NEW", "PAID")
    sa.Table("more", more, sa.Column("kind", CheckEnum("a")))
    with caplog.at_level(logging.WARNING, "alembic"):
        db.autogenerate(more)
    (said,) = [line for line in caplog.messages if "does not know" in line]
    assert "register_backend('klingon', ...)" in said
    caplog.clear()
    db.autogenerate(more, ckenum_render="alembic")
    assert not any("does not know" in line for line in caplog.messages)


def test_what_is_not_reflected(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """A column whose CHECK cannot be seen could not be compared."""
    db = opened("horta")
    db.create(orders("NEW"))
    assert db.diff(orders("NEW", "PAID")) == []
    assert "'horta' reflects no CHECK constraints" in caplog.text
    with db.engine.connect() as connection:
        found = find_drift(connection, orders("NEW"))
    assert (found.drift, len(found.uncompared)) == ((), 1)


# -- what is asked for ---------------------------------------------------


def test_online_is_not_dropped(opened: Opened) -> None:
    """Where it cannot be had, it is an error before anything."""
    db = opened("vulcan")
    db.create(orders("NEW", "PAID"))
    says = "online=True is not possible on vulcan"
    with pytest.raises(exc.DirectiveError, match=says):
        rename(db, online=True, keep_trigger=True)
    assert names(db) == [CK]


def test_online_in_a_batch(postgresql: Database) -> None:
    """A batch is one transaction, in which nothing can be online."""
    postgresql.create(orders("NEW", "PAID"))
    with postgresql.operations() as op:
        with pytest.raises(exc.DirectiveError, match="not possible in a bat"):
            with op.batch_alter_table("orders") as batch_op:
                batch_op.drop_check_enum(
                    "status", ["NEW", "PAID"], name=CK, online=True
                )


def test_online_is_not_written(opened: Opened) -> None:
    """Autogenerate does not write what would be refused."""
    db = opened("vulcan")
    db.create(orders("NEW"))
    written = db.autogenerate(orders("NEW", "PAID"), ckenum_online=True)
    assert "op.alter_check_enum(" in written.upgrade
    assert "online" not in written.upgrade


# -- the generic way -----------------------------------------------------


@pytest.mark.parametrize("name", ["vulcan", "romulan"])
def test_generic_round_trip(opened: Opened, name: str) -> None:
    """Up, down and up again, without a difference after each."""
    db = opened(name)
    before, after = orders("NEW", "PAID"), orders("NEW", "SENT", "PAID")
    db.create(before)
    db.round_trip(before, after)
    assert names(db) == [CK]


@pytest.mark.parametrize("name", ["vulcan", "romulan"])
def test_generic_rows(opened: Opened, name: str) -> None:
    """Rows change, and those without a rule stop it before anything."""
    db = opened(name)
    db.create(orders("NEW", "PAID"))
    db.insert("orders", status="PAID")
    rename(db)
    assert (db.column("orders"), names(db)) == (["SETTLED"], [CK])
    with pytest.raises(exc.RowsRemainError), db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW"],
            existing_values=["NEW", "SETTLED", "LATE"],
            name=CK,
        )
    assert names(db) == [CK]


class Crash(Exception):
    """In place of a power cut."""


def crash_after(db: Database, statement: int) -> None:
    """Have the connection fail after so many statements that change."""
    left = [statement]

    @sa.event.listens_for(db.engine, "after_cursor_execute")
    def count(conn: Any, cursor: Any, text: str, *rest: Any) -> None:
        if text.startswith(("ALTER", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] == 0:
                raise Crash


@pytest.mark.parametrize("statement", range(1, 6))
@pytest.mark.parametrize("new_name", [CK, "ck_other"])
def test_generic_crash(opened: Opened, statement: int, new_name: str) -> None:
    """Where DDL commits the table always has a constraint, and the same
    migration run again ends right.
    """
    db = opened("vulcan", isolation_level="AUTOCOMMIT")
    db.create(orders("NEW", "PAID"))
    db.insert("orders", id=1, status="PAID")
    options = {"name": new_name, "existing_name": CK}
    crash_after(db, statement)
    with pytest.raises(Crash):
        renamed(db, **options)
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=2, status="JUNK")
    renamed(db, **options)
    assert (db.column("orders"), names(db)) == (["SETTLED"], [new_name])
    renamed(db, **options)  # it was not recorded
    assert names(db) == [new_name]


def renamed(db: Database, **names: Any) -> None:
    with db.operations() as op:
        op.alter_check_enum(
            "orders",
            "status",
            ["NEW", "SETTLED"],
            existing_values=["NEW", "PAID"],
            rename={"PAID": "SETTLED"},
            **names,
        )


def test_generic_create_and_drop_again(opened: Opened) -> None:
    """Either is done once, however often it runs, where DDL commits."""
    db = opened("vulcan")
    db.create(orders_with(sa.Column("status", sa.String(9))))
    for _ in range(2):
        with db.operations() as op:
            op.create_check_enum("orders", "status", ["NEW"], name=CK)
        assert names(db) == [CK]
    for _ in range(2):
        with db.operations() as op:
            op.drop_check_enum("orders", "status", ["NEW"], name=CK)
        assert names(db) == []


def test_generic_create_over_another(opened: Opened) -> None:
    """A constraint of that name with other values is not taken for it."""
    db = opened("vulcan")
    db.create(orders("PAID"))
    with pytest.raises(OperationalError), db.operations() as op:
        op.create_check_enum("orders", "status", ["NEW"], name=CK)


def _has_none(*args: Any, **kw: Any) -> str:
    """As Alembic has it for MySQL, and some steps."""
    raise NotImplementedError("not here")


@pytest.mark.parametrize("name, both", [("vulcan", True), ("romulan", False)])
def test_generic_script(name: str, both: bool) -> None:
    """A script has the same statements; it cannot look what is there."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=name, opts={"as_sql": True, "output_buffer": buffer}
    )
    Operations(context).alter_check_enum(  # type: ignore[attr-defined]
        "orders",
        "status",
        ["NEW", "SETTLED"],
        existing_values=["NEW", "PAID"],
        name=CK,
        rename={"PAID": "SETTLED"},
    )
    steps = [
        s.split()[:5] for s in buffer.getvalue().split(";\n") if s.strip()
    ]
    drop = ["ALTER", "TABLE", "orders", "DROP", "CONSTRAINT"]
    update = ["UPDATE", "orders", "SET", "status='SETTLED'", "WHERE"]
    add = ["ALTER", "TABLE", "orders", "ADD", "CONSTRAINT"]
    plain = [drop, update, add]
    assert steps == ([add, *plain, drop] if both else plain)


def test_generic_without_sql_for_a_step(opened: Opened) -> None:
    """What has no SQL is known before the first statement."""
    compiles(ColumnType, "vulcan")(_has_none)
    db = opened("vulcan")
    db.create(orders("NEW", "PAID"))
    says = "no SQL for a step of it .ColumnType.*changed nothing"
    with pytest.raises(exc.DirectiveError, match=says):
        rename(db, length=300, existing_length=255)
    assert names(db) == [CK]


def test_generic_swap(opened: Opened) -> None:
    """A rename that must not run twice is refused where DDL commits."""
    db = opened("vulcan")
    db.create(orders("a", "b"))
    with pytest.raises(exc.DirectiveError, match="must not run twice"):
        with db.operations() as op:
            op.alter_check_enum(
                "orders",
                "status",
                ["a", "b"],
                existing_values=["a", "b"],
                name=CK,
                rename={"a": "b", "b": "a"},
            )


# -- like another --------------------------------------------------------


def test_like_postgresql(roach: Database) -> None:
    """Its directives, the online way too, under another name."""
    before, after = orders("NEW", "PAID"), orders("NEW", "SETTLED", "LATE")
    roach.create(before)
    roach.insert("orders", status="PAID")
    rename(roach, online=True, keep_trigger=True)
    assert roach.column("orders") == ["SETTLED"]
    roach.insert("orders", status="PAID")  # by the old application
    assert roach.column("orders") == ["SETTLED", "SETTLED"]
    with roach.operations() as op:
        op.drop_check_enum_trigger("orders", "status")
    roach.round_trip(after, orders("NEW", "SETTLED", "LATE", "GONE"))
    with roach.engine.connect() as connection:
        assert_no_drift(connection, orders("NEW", "SETTLED", "LATE", "GONE"))


@pytest.mark.parametrize(
    "directive, options, what",
    [
        ("create_check_enum", {"name": CK, "array": True}, "arrays"),
        (
            "replace_native_enum",
            {"name": CK, "existing_values": ["NEW"], "enum_name": "mood"},
            "native ENUM types",
        ),
    ],
)
def test_what_it_lacks(
    roach: Database, directive: str, options: dict[str, Any], what: str
) -> None:
    """What was said to be missing is refused."""
    roach.create(orders("NEW"))
    with roach.operations() as op:
        run = getattr(op, directive)
        says = f"roach has no {what}"
        with pytest.raises(exc.DirectiveError, match=says):
            run("orders", "status", ["NEW"], **options)


@pytest.mark.parametrize(
    "options, says",
    [
        ({"like": "nothing"}, "like='nothing' must be one of .*'postgresql'"),
        ({"lacks": ["speed"]}, "must be some of 'arrays', 'native_enums'"),
    ],
)
def test_bad_registration(options: dict[str, Any], says: str) -> None:
    """A slip is an error, and registers nothing."""
    with pytest.raises(exc.SettingsError, match=says):
        register_backend("slip", **options)
