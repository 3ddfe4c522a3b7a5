"""Set parameters of the server until the end of a transaction.

None is set for the session: a pooler gives the session to the application
as soon as a transaction ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection

NO_LIMITS = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
ALONE = {
    # leave the other CPUs to the application
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
BY_RANGE = {
    **ALONE,
    # the statistics do not show yet how few rows are wanted
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}

# an older server has fewer parameters
_SET_LOCAL = sa.text("""
    WITH before AS MATERIALIZED (
        SELECT p.name, p.value,
               pg_catalog.current_setting(p.name, true) AS setting
        FROM ROWS FROM (
            pg_catalog.unnest(:names), pg_catalog.unnest(:values)
        ) AS p (name, value)
    )
    SELECT b.name, b.setting, pg_catalog.set_config(b.name, b.value, true)
    FROM before b
    WHERE b.setting IS NOT NULL
    """).bindparams(
    sa.bindparam("names", type_=sa.ARRAY(sa.String)),
    sa.bindparam("values", type_=sa.ARRAY(sa.String)),
)
_SET_BACK = sa.text("""
    (
        SELECT pg_catalog.count(
            pg_catalog.set_config(p.name, p.setting, true)
        )
        FROM ROWS FROM (
            pg_catalog.unnest(:names), pg_catalog.unnest(:settings)
        ) AS p (name, setting)
    )
    """).bindparams(
    sa.bindparam("names", type_=sa.ARRAY(sa.String)),
    sa.bindparam("settings", type_=sa.ARRAY(sa.String)),
)


def set_local(
    connection: Connection, parameters: dict[str, str]
) -> dict[str, str]:
    """Set those that the server has until the transaction ends.

    Returns their previous values.
    """
    rows = connection.execute(
        _SET_LOCAL,
        {"names": [*parameters], "values": [*parameters.values()]},
    )
    return {name: setting for name, setting, _ in rows}


def set_back(before: dict[str, str]) -> sa.TextClause:
    """A column that sets the parameters back; its query is the last to be
    planned with them.

    Later statements of the transaction may fire a user's trigger or check
    a foreign key, and these must be planned as usual.
    """
    names = [name for name in before if name in BY_RANGE]
    return _SET_BACK.bindparams(
        names=names, settings=[before[name] for name in names]
    )


def milliseconds(seconds: float) -> str:
    """``seconds`` as a parameter of the server.

    Zero would mean no limit, and the server allows no more than 31 bits.
    """
    return f"{min(max(1, round(seconds * 1000)), 2**31 - 1)}ms"
