"""Renamed values that ON UPDATE CASCADE brings into other columns."""

from __future__ import annotations

import enum
import logging
import re
from typing import Any

from alembic.util import CommandError
import pytest
import sqlalchemy as sa

from ckenum import CheckEnum
from ckenum.drift import find_drift

from .catalog import catalog
from .roundtrip import body
from .roundtrip import Database


class Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


class Renamed(enum.Enum):
    CAT = "cat"
    HOUND = "hound"
    DOG = HOUND


def pets(
    kind: Any,
    own: Any = None,
    *,
    children: tuple[str, ...] = ("pet",),
    default: str | None = None,
    onupdate: str | None = "CASCADE",
    **options: Any,
) -> sa.MetaData:
    """A table of kinds, and others, each of which refers to the one before.

    :param own: of the tables that refer, where they have another enum.
    """
    metadata = sa.MetaData()
    sa.Table(
        "kind",
        metadata,
        sa.Column("code", CheckEnum(kind, **options), primary_key=True),
    )
    referred = "kind.code"
    for name in children:
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(
                "kind",
                CheckEnum(own or kind, **options),
                sa.ForeignKey(referred, name=f"fk_{name}", onupdate=onupdate),
                unique=True,
                server_default=default,
            ),
        )
        referred = f"{name}.kind"
    return metadata


@pytest.fixture(params=[True, False], ids=["keys", "no keys"])
def any_db(request: pytest.FixtureRequest, db: Database) -> Database:
    """Each backend; SQLite with foreign_keys ON and OFF."""
    if db.name == "sqlite":

        def switch(connection: Any, record: Any) -> None:
            on = "ON" if request.param else "OFF"
            connection.execute(f"PRAGMA foreign_keys = {on}")

        sa.event.listen(db.engine, "connect", switch)
    return db


def fill(db: Database, metadata: sa.MetaData) -> None:
    db.create(metadata)
    for table in metadata.sorted_tables:
        row = (
            {"code": "DOG"} if "code" in table.c else {"id": 1, "kind": "DOG"}
        )
        db.insert(table.name, **row)


def stored(db: Database, metadata: sa.MetaData) -> set[str]:
    """What all columns hold."""
    with db.engine.connect() as connection:
        return {
            value
            for table in metadata.sorted_tables
            for value in connection.scalars(
                sa.select(sa.cast(list(table.c)[-1], sa.String))
            )
        }


def there_and_back(
    db: Database, before: sa.MetaData, after: sa.MetaData, **options: Any
) -> str:
    migration = db.autogenerate(after, **options)
    for _ in range(2):
        assert stored(db, before) == {"DOG"}
        db.upgrade(after, migration)
        assert db.diff(after) == []
        assert stored(db, after) == {"HOUND"}
        db.downgrade(before, migration)
        assert db.diff(before) == []
    assert stored(db, before) == {"DOG"}
    return migration.upgrade


def test_text(postgresql: Database) -> None:
    """The column that refers takes both values while the other is renamed;
    the way down is the same from the other end.
    """
    fill(postgresql, pets(Kind))
    migration = postgresql.autogenerate(pets(Renamed))
    assert migration.upgrade == body("""
        # 'pet.kind' takes old and new values while
        # ON UPDATE CASCADE brings those of 'kind.code'.
        op.alter_check_enum(
            "pet",
            "kind",
            ["CAT", "DOG", "HOUND"],
            existing_values=["CAT", "DOG"],
            name=op.f("ck_pet_kind"),
        )
        op.alter_check_enum(
            "kind",
            "code",
            ["CAT", "HOUND"],
            existing_values=["CAT", "DOG"],
            name=op.f("ck_kind_code"),
            rename={"DOG": "HOUND"},
        )
        # 'pet.kind' takes old and new values while
        # ON UPDATE CASCADE brings those of 'kind.code'.
        op.alter_check_enum(
            "pet",
            "kind",
            ["CAT", "HOUND"],
            existing_values=["CAT", "DOG", "HOUND"],
            name=op.f("ck_pet_kind"),
            rename={"DOG": "HOUND"},
        )
        """)
    assert "\n".join(
        line for line in migration.downgrade.splitlines() if line[0] != "#"
    ) == body(
        """
        op.alter_check_enum(
            "pet",
            "kind",
            ["CAT", "DOG", "HOUND"],
            existing_values=["CAT", "HOUND"],
            name=op.f("ck_pet_kind"),
        )
        op.alter_check_enum(
            "kind",
            "code",
            ["CAT", "DOG"],
            existing_values=["CAT", "HOUND"],
            name=op.f("ck_kind_code"),
            rename={"HOUND": "DOG"},
        )
        op.alter_check_enum(
            "pet",
            "kind",
            ["CAT", "DOG"],
            existing_values=["CAT", "DOG", "HOUND"],
            name=op.f("ck_pet_kind"),
            rename={"HOUND": "DOG"},
        )
        """
    )


def test_rows(any_db: Database) -> None:
    """All rows have the new value, and the old one after the way back."""
    fill(any_db, pets(Kind))
    there_and_back(any_db, pets(Kind), pets(Renamed))


def test_chain(any_db: Database) -> None:
    """So it is where others refer to those that refer."""
    children = ("pet", "a_chip", "visit")
    fill(any_db, pets(Kind, children=children))
    there_and_back(
        any_db,
        pets(Kind, children=children),
        pets(Renamed, children=children),
    )


def test_default_and_length(any_db: Database) -> None:
    """A default follows, and a VARCHAR is wide enough in time."""
    fill(any_db, pets(Kind, default="DOG", length=3))
    after = pets(Renamed, default="HOUND", length=5)
    before = pets(Kind, default="DOG", length=3)
    there_and_back(any_db, before, after)


@pytest.mark.parametrize("option", ["render_as_batch", "ckenum_online"])
def test_options(db: Database, option: str) -> None:
    """In batches too; online none of it can be."""
    fill(db, pets(Kind))
    text = there_and_back(db, pets(Kind), pets(Renamed), **{option: True})
    assert "online=True" not in text
    if option == "ckenum_online":
        assert text.count("# Not online: ON UPDATE CASCADE changes") == 3


def test_plain_alembic(db: Database) -> None:
    """Without ckenum too."""
    db.options["ckenum_render"] = "alembic"
    fill(db, pets(Kind))
    text = there_and_back(db, pets(Kind), pets(Renamed))
    assert "check_enum" not in text


def test_self_reference(any_db: Database) -> None:
    """The two columns may be of one table."""

    def table(kind: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(
            "kind",
            metadata,
            sa.Column("code", CheckEnum(kind), primary_key=True),
            sa.Column(
                "parent",
                CheckEnum(kind),
                sa.ForeignKey("kind.code", name="up", onupdate="CASCADE"),
            ),
        )
        return metadata

    any_db.create(table(Kind))
    any_db.insert("kind", code="DOG", parent="DOG")
    there_and_back(any_db, table(Kind), table(Renamed))


def test_hint_for_one(any_db: Database) -> None:
    """Said of the column that is referred to, it is said of all."""
    fill(any_db, pets(Kind))

    class Others(enum.Enum):
        CAT = "cat"
        HOUND = "hound"

    after = pets(Renamed, Others)
    migration = any_db.autogenerate(after)
    assert migration.upgrade.count('rename={"DOG": "HOUND"}') == 2
    any_db.upgrade(after, migration)
    assert stored(any_db, after) == {"HOUND"}


def test_one_alone(any_db: Database) -> None:
    """Where the models rename it in one table alone, no migration is
    written; others who look find the difference.
    """
    fill(any_db, pets(Kind))
    after = pets(Renamed, Kind)
    with pytest.raises(
        CommandError,
        match="'kind.code' renames 'DOG' to 'HOUND'.*'pet.kind', whose CHECK "
        "'ck_pet_kind' refuses 'HOUND'",
    ):
        any_db.autogenerate(after)
    assert any_db.diff(after)[0][0] == "refused"
    with any_db.engine.connect() as connection:
        (drift,) = find_drift(connection, after).drift
    assert drift.table == "kind"


def test_list_that_takes_it_already(any_db: Database) -> None:
    """A column whose list has the new value follows as it is."""

    class Both(enum.Enum):
        CAT = "cat"
        DOG = "dog"
        HOUND = "hound"

    fill(any_db, pets(Kind, Both))
    migration = any_db.autogenerate(pets(Renamed, Both))
    assert migration.upgrade.count("op.alter_check_enum(") == 1
    any_db.upgrade(pets(Renamed, Both), migration)


@pytest.mark.parametrize("any_db", [True], indirect=True)
@pytest.mark.parametrize("has_check", [True, False])
def test_check_that_comes_or_goes(any_db: Database, has_check: bool) -> None:
    """A CHECK that the column gets comes after; one that it loses goes
    before.
    """

    def tables(kind: Any, has_check: bool) -> sa.MetaData:
        metadata = pets(kind, children=())
        type_ = [CheckEnum(kind)] if has_check else [sa.String(255)]
        sa.Table(
            "a_pet",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(
                "kind",
                *type_,
                sa.ForeignKey("kind.code", name="fk", onupdate="CASCADE"),
            ),
        )
        return metadata

    before = tables(Kind, has_check)
    fill(any_db, before)
    after = tables(Renamed, not has_check)
    migration = any_db.autogenerate(after)
    any_db.upgrade(after, migration)
    assert any_db.diff(after) == []


def test_no_warning(any_db: Database, caplog: Any) -> None:
    """The list that takes both is not told of as one that names the old
    value still.
    """
    fill(any_db, pets(Kind))
    migration = any_db.autogenerate(pets(Renamed))
    with caplog.at_level(logging.WARNING, "alembic.ckenum"):
        any_db.upgrade(pets(Renamed), migration)
    assert caplog.messages == []


def test_difference_is_one(db: Database) -> None:
    """For those who look, each column has one renamed value."""
    fill(db, pets(Kind))
    with db.engine.connect() as connection:
        drift = find_drift(connection, pets(Renamed)).drift
    assert [
        [(d.kind, d.database, d.models) for d in column.differences]
        for column in drift
    ] == [[("value", "DOG", "HOUND")]] * 2


def test_ring(postgresql: Database) -> None:
    """Columns that follow each other are renamed by the first of them."""

    def ring(kind: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        for name, other in (("a", "b"), ("b", "a")):
            sa.Table(
                name,
                metadata,
                sa.Column(
                    "kind",
                    CheckEnum(kind),
                    sa.ForeignKey(
                        f"{other}.kind",
                        name=f"fk_{name}",
                        onupdate="CASCADE",
                        deferrable=True,
                        use_alter=True,
                    ),
                    primary_key=True,
                ),
            )
        return metadata

    postgresql.create(ring(Kind))
    migration = postgresql.autogenerate(ring(Renamed))
    tables = [
        line.strip()
        for line in migration.upgrade.splitlines()
        if '"a",' in line or '"b",' in line
    ]
    assert tables == ['"b",', '"a",', '"b",']
    postgresql.upgrade(ring(Renamed), migration)
    assert postgresql.diff(ring(Renamed)) == []


def test_other_spellings(any_sqlite: Database) -> None:
    """SQLite takes names in any case for one."""
    with any_sqlite.engine.begin() as connection:
        for statement in (
            "PRAGMA foreign_keys = ON",
            "CREATE TABLE kind (code VARCHAR(255) PRIMARY KEY,"
            " CONSTRAINT ck_kind_code CHECK (code IN ('CAT', 'DOG')))",
            "CREATE TABLE pet (id INTEGER PRIMARY KEY, kind VARCHAR(255),"
            " CONSTRAINT ck_pet_kind CHECK (kind IN ('CAT', 'DOG')),"
            " CONSTRAINT fk_pet FOREIGN KEY (kind) REFERENCES KIND (CODE)"
            " ON UPDATE CASCADE)",
        ):
            connection.exec_driver_sql(statement)
    kinds = [diff[0] for diff in any_sqlite.diff(pets(Renamed))]
    assert kinds.count("modify_check_enum") == 3


def test_second_check(any_db: Database) -> None:
    """A second CHECK of the column goes before a value comes."""
    before = pets(Kind)
    sa.CheckConstraint(
        sa.literal_column("kind IN ('CAT', 'DOG')"),
        name="second",
        table=before.tables["pet"],
    )
    fill(any_db, before)
    migration = any_db.autogenerate(pets(Renamed))
    first = migration.upgrade.split(")", 1)[0]
    assert first.startswith("op.drop_check_enum(")
    any_db.upgrade(pets(Renamed), migration)
    assert any_db.diff(pets(Renamed)) == []


def test_other_schema(postgresql: Database) -> None:
    """The tables may be of two schemas."""

    def tables(kind: Any) -> sa.MetaData:
        metadata = pets(kind, children=())
        sa.Table(
            "pet",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(
                "kind",
                CheckEnum(kind),
                sa.ForeignKey("kind.code", name="fk", onupdate="CASCADE"),
            ),
            schema="other",
        )
        return metadata

    with postgresql.engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("other"))
    postgresql.create(tables(Kind))
    migration = postgresql.round_trip(
        tables(Kind), tables(Renamed), include_schemas=True
    )
    assert migration.upgrade.count('schema="other"') == 2


@pytest.mark.parametrize(
    "onupdate", [None, "RESTRICT", "SET NULL", "SET DEFAULT"]
)
def test_key_without_cascade(
    postgresql: Database, onupdate: str | None
) -> None:
    """Any other key goes while both its sides rename the value."""
    before, after = pets(Kind, onupdate=onupdate), pets(
        Renamed, onupdate=onupdate
    )
    fill(postgresql, before)
    found = catalog(postgresql.engine)
    text = there_and_back(postgresql, before, after)
    assert re.findall(r"^op\.(\w+)", text, re.M) == [
        "drop_constraint",
        "alter_check_enum",
        "alter_check_enum",
        "create_foreign_key",
    ]
    assert catalog(postgresql.engine) == found


def test_key_without_cascade_online(postgresql: Database) -> None:
    """That cannot be online."""
    before, after = pets(Kind, onupdate=None), pets(Renamed, onupdate=None)
    fill(postgresql, before)
    text = there_and_back(postgresql, before, after, ckenum_online=True)
    assert text.count("# Not online: a foreign key is dropped meanwhile") == 2
    assert "online=True" not in text
