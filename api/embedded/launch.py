"""Becomes another program: `python -I -S launch.py PARENT DEATH_SIGNAL UID GID PROGRAM ARGUMENTS...`.

It runs between fork and exec, in a process of its own because code there is unsafe in a process with threads. It
gives up root where asked (UID and GID are `-` otherwise) and then asks the kernel for a signal when the parent
dies, in this order: a change of the user forgets that wish. macOS knows no such wish; there the next start ends
what an earlier one has left.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, uid: str, gid: str, program: list[str]) -> None:
    """Never returns: this process is `program` afterwards, or ends with status 1 when the parent has gone."""
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the wish was made
        sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
