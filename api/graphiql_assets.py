"""GraphiQL without the internet: the page's scripts and styles, served by ourselves.

Strawberry's page links exact files of exact npm packages and their digests. Where npm is present, `fetch` gets those
packages at set-up, takes the linked files and keeps them only when their digests are the ones in the page. Without
them the page keeps its own links.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from strawberry.http.ides import get_graphql_ide_html

FOLDER = Path(__file__).with_name("static") / "graphiql"
URL_PATH = "/static/graphiql"
_LINK = re.compile(
    r'(?:src|href)="(?P<url>https://unpkg\.com/(?P<package>(?:@[\w.-]+/)?[\w.-]+@[\w.-]+)/(?P<path>[\w./-]+))"'
    r'\s+integrity="sha384-(?P<digest>[\w+/=]+)"'
)
_NPM_SECONDS = 120


class Asset(NamedTuple):
    """One linked file: its address, the npm package with version, the path in it, and its SHA-384 in base64."""

    url: str
    package: str
    path: str
    digest: str


class AssetsUnavailableError(RuntimeError):
    """The files could not be fetched; the page keeps its own links. The message says why."""


def assets() -> list[Asset]:
    """The files that strawberry's page links."""
    return [Asset(*found.group("url", "package", "path", "digest")) for found in _LINK.finditer(_page())]


def present() -> bool:
    """Whether every linked file is here."""
    return all((FOLDER / asset.package / asset.path).is_file() for asset in assets())


def graphiql_html(base_url_path: str = URL_PATH) -> str:
    """Strawberry's GraphiQL page, with its links below `base_url_path` when the files are here."""
    page = _page()
    if present():
        for asset in assets():
            page = page.replace(f'"{asset.url}"', f'"{base_url_path}/{asset.package}/{asset.path}"')
    return page


def graphiql_routes() -> list[BaseRoute]:
    """The routes that serve the files; none when they are not here."""
    return [Mount(URL_PATH, StaticFiles(directory=FOLDER), name="graphiql")] if present() else []


def fetch() -> None:
    """Get the linked files with npm. Does nothing when they are here.

    Raises:
        AssetsUnavailableError: npm is missing or fails, or a file is not what the page expects.
    """
    if present():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise AssetsUnavailableError("npm is not installed")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="graphiql-", dir=FOLDER.parent) as folder:
        packed, draft = Path(folder, "packed"), Path(folder, "graphiql")
        packed.mkdir()
        packages = sorted({asset.package for asset in assets()})
        _run([npm, "pack", "--silent", "--ignore-scripts", *packages], packed)
        for asset in assets():
            content = _member(packed / _archive(asset.package), f"package/{asset.path}")
            if base64.b64encode(hashlib.sha384(content).digest()).decode() != asset.digest:
                raise AssetsUnavailableError(f"{asset.path} of {asset.package} is not the file that the page expects")
            target = draft / asset.package / asset.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        shutil.rmtree(FOLDER, ignore_errors=True)
        draft.rename(FOLDER)


def _page() -> str:
    return get_graphql_ide_html("graphiql")


def _archive(package: str) -> str:
    """The name under which npm packs `@scope/name@1.2.3`: scope-name-1.2.3.tgz."""
    name, _, version = package.rpartition("@")
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"


def _run(program: list[str], folder: Path) -> None:
    try:
        subprocess.run(program, cwd=folder, check=True, capture_output=True, text=True, timeout=_NPM_SECONDS)
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().splitlines()
        raise AssetsUnavailableError(f"npm failed: {reason[0] if reason else error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetsUnavailableError(f"npm failed: {error}") from error


def _member(archive: Path, name: str) -> bytes:
    try:
        with tarfile.open(archive) as packed:
            found = packed.extractfile(name)
            if found is None:
                raise KeyError(name)
            return found.read()
    except (OSError, KeyError, tarfile.TarError) as error:
        raise AssetsUnavailableError(f"{archive.name} has no {name}") from error
