"""The operations, and the directives on ``op`` and ``batch_op``."""

from .alter import AlterCheckEnumOp
from .base import CheckEnumOp
from .base import Default
from .create import CreateCheckEnumOp
from .create import DropCheckEnumOp
from .trigger import DropCheckEnumTriggerOp
from .validate import ValidateCheckEnumOp

__all__ = [
    "AlterCheckEnumOp",
    "CheckEnumOp",
    "CreateCheckEnumOp",
    "Default",
    "DropCheckEnumOp",
    "DropCheckEnumTriggerOp",
    "ValidateCheckEnumOp",
]
