"""A plugin for pytest: Alembic's own tests with ckenum's plugin enabled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import api
from alembic.runtime.plugins import Plugin


class WithCkenum(Plugin):
    """Enables ckenum wherever a test enables any plugin."""

    @classmethod
    def populate_autogenerate_priority_dispatch(
        cls, comparators: Any, include_plugins: Sequence[str]
    ) -> None:
        super().populate_autogenerate_priority_dispatch(
            comparators, [*include_plugins, "ckenum"]
        )


api.Plugin = WithCkenum  # type: ignore[misc]
