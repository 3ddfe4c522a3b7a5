"""MariaDB and MySQL: renames that must not run twice, whatever stops them."""

from __future__ import annotations

from pathlib import Path
import signal
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum import exc

from .interpreters import commands
from .models import orders
from .models import orders_with
from .roundtrip import Database
from .test_faults import at_statement
from .test_faults import Fault

SWAP = {"a": "b", "b": "a"}
CASES: dict[str, tuple[list[str], list[str], dict[str, str | None]]] = {
    "swap": (["a", "b"], ["a", "b"], SWAP),
    "ring": (["a", "b", "c"], ["a", "b", "c"], {"a": "b", "b": "c", "c": "a"}),
    "chain": (["a", "b", "x"], ["b", "c", "x"], {"a": "b", "b": "c"}),
    "swap and more": (["a", "b", "c"], ["b", "a", "d"], {**SWAP, "c": "d"}),
    "to NULL": (["a", "b"], ["b"], {"a": "b", "b": None}),
}
"""Values before and after, and what is renamed."""

by_case = pytest.mark.parametrize(
    "case",
    [
        "swap",
        "chain",
        *(
            pytest.param(case, marks=pytest.mark.slow)
            for case in ("ring", "swap and more", "to NULL")
        ),
    ],
)


def fill(db: Database, case: str, **options: Any) -> None:
    before = CASES[case][0]
    db.create(orders(*before, **options))
    for number, value in enumerate(before):
        db.insert("orders", id=number, status=value)


def after(case: str) -> list[str | None]:
    before, _, rename = CASES[case]
    return [rename.get(value, value) for value in before]


REVISION = """
from alembic import op
import sqlalchemy as sa
revision = "r1"
down_revision = None
def upgrade():
    {before}
    op.alter_check_enum("orders", "status", {values}, existing_values={old},
                        name="ck_orders_status", rename={rename})
    {after}
def downgrade():
    op.alter_check_enum("orders", "status", {old}, existing_values={values},
                        name="ck_orders_status", rename={back})
"""


def write(directory: Path, case: str, **more: str) -> None:
    """The revision of a case."""
    old, values, rename = CASES[case]
    back = {new: value for value, new in rename.items() if new is not None}
    text = REVISION.format(
        **{"before": "", "after": "", **more},
        values=values,
        old=old,
        rename=rename,
        back=back,
    )
    versions = directory / "versions"
    versions.mkdir(exist_ok=True)
    (versions / "r1.py").write_text(text)


def upgrade(db: Database, directory: Path, **options: Any) -> None:
    run(db, directory, "_upgrade_revs", "head", **options)


def run(
    db: Database, directory: Path, way: str, to: str, **options: Any
) -> None:
    script = ScriptDirectory(str(directory))

    def steps(revision: Any, _: Any) -> Any:
        return getattr(script, way)(to, revision)

    with db.engine.connect() as connection:
        with EnvironmentContext(Config(), script, fn=steps) as environment:
            environment.configure(connection=connection, **options)
            with environment.begin_transaction():
                environment.run_migrations()


def recorded(db: Database) -> bool:
    version = sa.table("alembic_version", sa.column("version_num"))
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return bool(connection.scalars(sa.select(version)).all())


def assert_done(db: Database, case: str) -> None:
    assert db.column("orders") == after(case)
    assert db.diff(orders(*CASES[case][1])) == []
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=10, status="stranger")


@by_case
def test_renamed(mysql: Database, tmp_path: Path, case: str) -> None:
    """Each row has its new value, and the list is the new one."""
    fill(mysql, case)
    write(tmp_path, case)
    upgrade(mysql, tmp_path)
    assert_done(mysql, case)


def test_and_back(mysql: Database, tmp_path: Path) -> None:
    """The same swap is the way back, and not taken for a second run."""
    fill(mysql, "swap")
    write(tmp_path, "swap")
    upgrade(mysql, tmp_path)
    run(mysql, tmp_path, "_downgrade_revs", "base")
    assert mysql.column("orders") == ["a", "b"]
    upgrade(mysql, tmp_path)
    assert_done(mysql, "swap")


def fail() -> None:
    raise Fault


def assert_between(db: Database, case: str) -> None:
    """A row still has its old value, or the list says how far it is; with
    a constraint all the time.
    """
    assert not recorded(db)
    before, values, _ = CASES[case]
    if {*before} == {*values}:
        assert db.column("orders") == before
    with pytest.raises(sa.exc.IntegrityError):
        db.insert("orders", id=10, status="stranger")


@by_case
def test_fault_at_each_statement(
    mysql: Database, tmp_path: Path, case: str
) -> None:
    """Whatever statement raises, the next run ends right."""
    fill(mysql, case)
    write(tmp_path, case)
    statements, failed = 0, True
    while failed:
        statements += 1
        stop = at_statement(mysql, statements, fail)
        try:
            upgrade(mysql, tmp_path)
            failed = False
        except Fault:
            assert_between(mysql, case)
        stop()
    assert statements > 10
    assert_done(mysql, case)


@by_case
def test_rows_that_cannot_change(
    mysql: Database, tmp_path: Path, case: str
) -> None:
    """A row that cannot change leaves all rows as they were."""
    fill(mysql, case)
    write(tmp_path, case)
    with mysql.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER stays BEFORE UPDATE ON orders FOR EACH ROW "
            "IF NEW.id = 0 AND NEW.status = 'b' THEN "
            "SIGNAL SQLSTATE '45000'; END IF"
        )
    with pytest.raises(sa.exc.DBAPIError):
        upgrade(mysql, tmp_path)
    before = CASES[case][0]
    assert mysql.column("orders") == before
    assert mysql.diff(orders(*before)) == []


KILLED = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import sqlalchemy as sa
import tests.backends
from tests.roundtrip import Database
from tests.test_faults import at_statement
from tests.test_mysql_swap import upgrade

db = Database(sa.make_url(sys.argv[1]))
at_statement(db, int(sys.argv[3]), lambda: os.kill(os.getpid(), 9))
upgrade(db, Path(sys.argv[2]))
"""


@pytest.mark.slow
@by_case
def test_kill_at_each_statement(
    mysql: Database, tmp_path: Path, case: str
) -> None:
    """Killed before any statement, the next run ends right."""
    url = mysql.engine.url.render_as_string(hide_password=False)
    write(tmp_path, case)
    number, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        number += 1
        with mysql.engine.begin() as connection:
            for table in ("orders", "alembic_version"):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        fill(mysql, case)
        status = (
            commands().code(KILLED, url, str(tmp_path), str(number)).returncode
        )
        if status:
            assert_between(mysql, case)
            upgrade(mysql, tmp_path)
        assert_done(mysql, case)
    assert status == 0
    assert number > 10


@pytest.mark.parametrize(
    "later",
    [
        "op.add_column('orders', sa.Column('n', sa.Integer))",
        "op.execute('COMMIT')",
        "with op.get_context().autocommit_block(): pass",
        "op.execute('SET autocommit = 1'); op.execute('SET autocommit = 0')",
        "op.execute('SELECT version_num FROM alembic_version');"
        "op.add_column('orders', sa.Column('n', sa.Integer))",
    ],
)
def test_nothing_commits_it_alone(
    mysql: Database, tmp_path: Path, later: str
) -> None:
    """What would commit a swap without the record is refused, and the rows
    are as they were; before it, it may stand.
    """
    fill(mysql, "swap")
    write(tmp_path, "swap", after=later)
    with pytest.raises(exc.DirectiveError, match="put it before"):
        upgrade(mysql, tmp_path)
    assert_between(mysql, "swap")
    write(tmp_path, "swap", before=later)
    upgrade(mysql, tmp_path)
    assert mysql.column("orders") == ["b", "a"]
    assert recorded(mysql)


def test_two_in_a_revision(mysql: Database, tmp_path: Path) -> None:
    """Two swaps are recorded together."""
    fill(mysql, "swap")
    write(tmp_path, "swap")
    text = (tmp_path / "versions" / "r1.py").read_text()
    directive = text[text.index("    op.") : text.index("def downgrade")]
    again = text.replace("def downgrade", f"{directive}\ndef downgrade")
    (tmp_path / "versions" / "r1.py").write_text(again)
    upgrade(mysql, tmp_path)
    assert mysql.column("orders") == ["a", "b"]


def test_two_revisions_in_a_transaction(
    mysql: Database, tmp_path: Path
) -> None:
    """The record of a swap is not taken for that of the next one."""
    fill(mysql, "swap")
    write(tmp_path, "swap")
    first = tmp_path / "versions" / "r1.py"
    text = first.read_text()
    later = "op.add_column('orders', sa.Column('n', sa.Integer))"
    second = text.replace("def downgrade", f"    {later}\ndef downgrade")
    second = second.replace("down_revision = None", "down_revision = 'r1'")
    second = second.replace('revision = "r1"', "revision = 'r2'")
    (tmp_path / "versions" / "r2.py").write_text(second)
    with pytest.raises(exc.DirectiveError, match="ADD COLUMN"):
        upgrade(mysql, tmp_path, transactional_ddl=True)
    assert mysql.column("orders") == ["b", "a"]
    (tmp_path / "versions" / "r2.py").write_text(second.replace(later, ""))
    upgrade(mysql, tmp_path, transactional_ddl=True)
    assert mysql.column("orders") == ["a", "b"]


def test_autocommit(mysql: Database, tmp_path: Path) -> None:
    """Where each statement is committed by itself, it is refused."""
    fill(mysql, "swap")
    write(tmp_path, "swap")
    url = mysql.engine.url
    committing = Database(url, isolation_level="AUTOCOMMIT")
    with pytest.raises(exc.DirectiveError, match="must not run twice"):
        upgrade(committing, tmp_path)
    committing.dispose()
    assert_between(mysql, "swap")


@pytest.mark.parametrize("length", [1, 9])
def test_room_for_placeholders(
    mysql: Database, tmp_path: Path, length: int
) -> None:
    """They fit into a column of one character."""
    fill(mysql, "chain", length=length)
    write(tmp_path, "chain")
    upgrade(mysql, tmp_path)
    assert mysql.column("orders") == after("chain")


@pytest.mark.parametrize("case", ["swap", "chain"])
def test_foreign_key(mysql: Database, tmp_path: Path, case: str) -> None:
    """A foreign key of the column refuses placeholders, and a directive that
    needs them changes nothing. A swap that keeps the list needs none.
    """
    before, values, _ = CASES[case]
    states = sa.Column("name", sa.String(9), primary_key=True)
    status = CheckEnum(*before, length=9)
    key = sa.ForeignKey("states.name", name="fk")
    metadata = orders_with(sa.Column("status", status, key))
    sa.Table("states", metadata, states)
    mysql.create(metadata)
    for name in sorted({*before, *values}):
        mysql.insert("states", name=name)
    for number, value in enumerate(before):
        mysql.insert("orders", id=number, status=value)
    write(tmp_path, case)
    if case == "swap":
        upgrade(mysql, tmp_path)
        assert mysql.column("orders") == after(case)
        return
    with pytest.raises(exc.DirectiveError, match="foreign key 'fk' refuses"):
        upgrade(mysql, tmp_path)
    assert_between(mysql, case)
    assert mysql.column("orders") == before


NATIVE: dict[str, Any] = {
    "values": ["a", "b"],
    "existing_values": ["a", "b"],
    "enum_name": "status",
    "name": "ck_orders_status",
    "rename": SWAP,
}


def test_native(mysql: Database) -> None:
    """The labels of a native ENUM change places on the way to a CHECK, and
    not on the way back, where the type would commit the rows.
    """
    fill(mysql, "swap")
    with mysql.operations() as op:
        with pytest.raises(exc.DirectiveError, match="in a revision before"):
            op.restore_native_enum("orders", "status", **NATIVE)
        op.restore_native_enum(
            "orders", "status", **{**NATIVE, "rename": None}
        )
        op.replace_native_enum("orders", "status", **NATIVE)
    assert_done(mysql, "swap")
