"""Operations as the source text of a migration.

Each module registers with Alembic what it renders.
"""

from . import codes
from . import directives
from . import keys
from . import native
from . import portable
from . import portable_native

__all__ = [
    "codes",
    "directives",
    "keys",
    "native",
    "portable",
    "portable_native",
]
