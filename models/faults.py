"""Named points at which a process may be told to die, so that tests can prove that dying there loses nothing."""

import os
import signal

from models.settings import settings

POINTS = (
    "after_lease",
    "before_charge",
    "after_charge",
    "before_settle_commit",
    "after_settle",
    "import_staged_some",
    "import_wrote_some",
    "import_before_commit",
    "closure_before_commit",
)


def fault_point(name: str) -> None:
    """Kill this process with SIGKILL where the settings name this point; do nothing otherwise."""
    if settings().fault_point == name:
        os.kill(os.getpid(), signal.SIGKILL)
