"""What becomes of an enum's new member: ``side_by_side.py URL TYPE PLUGIN``.

Prints the first directive that autogenerate writes, and what the first
insert of the member does. By itself, as some plugins are on once imported.
"""

from __future__ import annotations

import enum
import importlib
import re
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy_utils import ChoiceType

from ckenum import CheckEnum

from .models import orders_with
from .roundtrip import Database

# of one name, as the versions of one enum are
Before = enum.Enum("Status", {"NEW": "new", "PAID": "paid"})
After = enum.Enum("Status", {"NEW": "new", "PAID": "paid", "SENT": "sent"})


def model(type_: str, status: Any) -> sa.MetaData:
    names = {
        "CheckEnum": CheckEnum,
        "ChoiceType": ChoiceType,
        "Enum": sa.Enum,
        "Status": status,
        "String": sa.String,
    }
    return orders_with(sa.Column("status", eval(type_, names)))


def accepts(db: Database, orders: Any, status: Any) -> bool:
    try:
        with db.engine.begin() as connection:
            connection.execute(orders.insert().values(status=status))
    except sa.exc.DBAPIError:
        return False
    return True


def side_by_side(url: str, type_: str, plugin: str) -> str:
    db = Database(sa.make_url(url))
    plugin, _, option = plugin.partition(", ")
    db.options.update(eval(f"dict({option})"))
    plugins = ["alembic.autogenerate.*"]
    if plugin != "none":
        importlib.import_module(plugin.partition(".")[0])
    if plugin not in ("none", "alembic_postgresql_enum"):
        plugins.append(plugin)
    after = model(type_, After)
    db.create(model(type_, Before))
    migration = db.autogenerate(after, autogenerate_plugins=plugins)
    db.upgrade(after, migration)
    orders = after.tables["orders"]
    raw = sa.table("orders", sa.column("status"))
    (directive,) = re.findall(r"\A(pass|op\.\w+)", migration.upgrade)
    if not accepts(db, orders, After.SENT):
        return f"{directive}, fails"
    unchecked = accepts(db, raw, "JUNK")
    return f"{directive}, {'unchecked' if unchecked else 'works'}"


if __name__ == "__main__":
    print(side_by_side(*sys.argv[1:]))
