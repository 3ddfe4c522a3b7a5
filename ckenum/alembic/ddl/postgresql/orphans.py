"""Find the functions of renames' triggers that no trigger calls any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .trigger_catalog import PREFIX

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ORPHANS = sa.text("""
    SELECT n.nspname, p.proname,
           pg_catalog.pg_has_role(p.proowner, 'USAGE')
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n
      ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
    WHERE pg_catalog.starts_with(p.proname::pg_catalog.text, :prefix)
      AND p.prorettype OPERATOR(pg_catalog.=)
          'pg_catalog.trigger'::pg_catalog.regtype
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_trigger t
          WHERE t.tgfoid OPERATOR(pg_catalog.=) p.oid
      )
    ORDER BY 1, 2
    """)


@dataclass(frozen=True)
class Orphan:
    """A function that no trigger calls; its table was dropped.

    :ivar is_ours: whether the role may drop it.
    """

    schema: str
    name: str
    is_ours: bool

    @property
    def clause(self) -> sa.TableClause:
        return sa.table(self.name, schema=self.schema)


def orphans(connection: Connection) -> list[Orphan]:
    rows = connection.execute(_ORPHANS, {"prefix": PREFIX})
    return [Orphan(*row) for row in rows]
