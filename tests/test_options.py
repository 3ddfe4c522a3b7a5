"""What env.py says to ckenum, where ckenum does not know it."""

from __future__ import annotations

from typing import Any

from alembic.util import CommandError
import pytest

from ckenum.exc import SettingsError

from .models import orders
from .roundtrip import Database


def test_unknown_option(sqlite: Database) -> None:
    """A misspelled option is an error that names those there are."""
    with pytest.raises(CommandError) as caught:
        sqlite.autogenerate(orders("a"), ckenum_onlin=True)
    assert str(caught.value) == (
        "context.configure() in env.py has ckenum_onlin=, which ckenum does "
        "not know. It knows ckenum_enums, ckenum_online, "
        "ckenum_online_settings, ckenum_render."
    )


@pytest.mark.parametrize("option", ["ckenum_enums", "ckenum_online"])
def test_switch(sqlite: Database, option: str) -> None:
    """A switch is True or False: the string "no" would switch it on."""
    with pytest.raises(SettingsError, match=f"{option}='no' must be"):
        sqlite.autogenerate(orders("a"), **{option: "no"})


@pytest.mark.parametrize("settings", [{"rows_per_chunk": 5}, 5, "fast"])
def test_settings_that_are_none(sqlite: Database, settings: Any) -> None:
    """So is a dict where OnlineSettings belongs, also on SQLite."""
    with pytest.raises(SettingsError, match="ckenum.alembic.OnlineSettings"):
        sqlite.autogenerate(orders("a"), ckenum_online_settings=settings)


def test_options_of_others(sqlite: Database) -> None:
    """What does not begin with ckenum_ is none of ours."""
    sqlite.create(orders("a"))
    assert not sqlite.autogenerate(orders("a"), other=1).upgrade[4:]
