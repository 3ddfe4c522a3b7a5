"""Engines that speak PostgreSQL's language and cannot do all that it does.

The server says which it is, by ``version()`` and by its extensions; the name
of the dialect does not. ``docs/distributed.md`` has the sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...ops import AlterCheckEnumOp
from ...ops import DropCheckEnumTriggerOp
from ...ops import ValidateCheckEnumOp
from ..emit import sql_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ....exc import DirectiveError
    from ...ops import CheckEnumOp
    from ...ops.move import TypeMoveOp

_SERVER = sa.text("""
    SELECT pg_catalog.version(),
           pg_catalog.current_setting('yb_ddl_transaction_block_enabled', true)
    """)

_EXTENSIONS = sa.text("""
    SELECT e.extname FROM pg_catalog.pg_extension e
    WHERE e.extname OPERATOR(pg_catalog.=) ANY (
        ARRAY['citus', 'timescaledb']::pg_catalog.name[]
    )
    """)

_HYPERTABLE = sa.text("""
    SELECT h.compression_enabled
    FROM timescaledb_information.hypertables h
    JOIN pg_catalog.pg_namespace n
      ON n.nspname OPERATOR(pg_catalog.=) h.hypertable_schema
    JOIN pg_catalog.pg_class c
      ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) h.hypertable_name
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:name)
    """)

_DISTRIBUTED = sa.text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_dist_partition p
        WHERE p.logicalrelid OPERATOR(pg_catalog.=)
              pg_catalog.to_regclass(:name)
    )
    """)

_SEQUENTIAL = sa.text("""
    SELECT pg_catalog.set_config(
        'citus.multi_shard_modify_mode', 'sequential', true
    )
    """)


@dataclass(frozen=True)
class Place:
    """Where a table's rows are, other than in the table itself.

    :ivar in_chunks: whether it is a hypertable of TimescaleDB, which gives
        each of its chunks the triggers and constraints that it has.
    :ivar in_columns: whether that has the columnstore enabled.
    :ivar in_shards: whether it is a distributed or a reference table of
        Citus, which takes ADD CONSTRAINT only as the one thing that an
        ALTER TABLE does.
    """

    in_chunks: bool = False
    in_columns: bool = False
    in_shards: bool = False


def place_of(connection: Connection, op: CheckEnumOp) -> Place:
    """Where the rows of the table of ``op`` are."""
    extensions = set(connection.scalars(_EXTENSIONS))
    if not extensions:
        return Place()
    name = {"name": sql_name(connection, op)}
    in_columns = None
    if "timescaledb" in extensions:
        in_columns = connection.scalar(_HYPERTABLE, name)
    in_shards = "citus" in extensions and connection.scalar(_DISTRIBUTED, name)
    return Place(in_columns is not None, bool(in_columns), bool(in_shards))


def obstacles(place: Place, op: CheckEnumOp) -> Iterator[str]:
    """What stands against an online change there, and what to do."""
    if place.in_columns:
        yield (
            "TimescaleDB refuses VALIDATE CONSTRAINT on a hypertable that has "
            "the columnstore enabled: leave out online=True"
        )
    changes_rows = isinstance(op, AlterCheckEnumOp) and op.changes_rows
    if place.in_shards and changes_rows:
        yield (
            "An online change finds rows by their ctid, by which Citus cannot "
            "find those of its shards: leave out online=True"
        )


def require_able(connection: Connection, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` for what CockroachDB and
    YugabyteDB are known not to do.
    """
    version, ddl_in_blocks = connection.execute(_SERVER).one()
    if version.startswith("CockroachDB"):
        _require_of_cockroach(op)
    elif "-YB-" in version and ddl_in_blocks != "on":
        _require_of_yugabyte(op)


def _require_of_cockroach(op: CheckEnumOp) -> None:
    if op.online:
        raise op.error(
            "online=True needs LOCK TABLE and ctid, which CockroachDB does "
            "not have: leave it out"
        )
    if isinstance(op, AlterCheckEnumOp) and not op.only_renames_constraint:
        raise op.error(
            "CockroachDB cannot drop a constraint and add one of the same "
            "name in one transaction, nor undo what a transaction has done "
            f"of its schema. {_STEPS}"
        )
    _require_one_statement(op, "CockroachDB")


def _require_of_yugabyte(op: CheckEnumOp) -> None:
    if op.online:
        raise op.error(
            "online=True needs LOCK TABLE in more modes than ACCESS SHARE, "
            "which YugabyteDB does not have: leave it out"
        )
    _require_one_statement(op, "YugabyteDB")


_STEPS = (
    "Give each step a revision of its own: op.drop_check_enum(), the change "
    "of the rows or the column, op.create_check_enum()"
)


def _require_one_statement(op: CheckEnumOp, server: str) -> None:
    if isinstance(op, (ValidateCheckEnumOp, DropCheckEnumTriggerOp)):
        return
    several = op.changes_length or op.changes_default
    if isinstance(op, AlterCheckEnumOp):
        several = several or op.changes_rows or op.changes_shape
    if several:
        raise op.error(
            f"it takes several statements, and {server} commits each change "
            f"of the schema by itself, so an error would leave half of them "
            f"done. {_STEPS}"
        )


def require_native(connection: Connection, op: TypeMoveOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where a column cannot get
    another type and a constraint by one ALTER TABLE.
    """
    version = connection.scalar(_SERVER) or ""
    for name, sign in (("CockroachDB", "CockroachDB"), ("YugabyteDB", "-YB-")):
        if sign in version:
            raise _by_hand(op, name)
    if place_of(connection, op).in_shards:
        raise _by_hand(op, "Citus")


def require_reshaped(place: Place, op: CheckEnumOp) -> None:
    """Raise :class:`~ckenum.exc.DirectiveError` where a column cannot become
    one of arrays, or of single values, by one ALTER TABLE.
    """
    reshapes = isinstance(op, AlterCheckEnumOp) and op.changes_shape
    if place.in_shards and reshapes:
        raise _by_hand(op, "Citus")


def _by_hand(op: CheckEnumOp, server: str) -> DirectiveError:
    return op.error(
        f"{server} cannot give a column another type and another constraint "
        f"in one ALTER TABLE. Write the migration with "
        f"ckenum_render='alembic', and each step as a revision of its own"
    )


def one_shard_after_another(connection: Connection) -> None:
    """Have Citus change one shard after another until the transaction ends:
    it needs that for rows and a schema that change in one.
    """
    connection.execute(_SEQUENTIAL)
