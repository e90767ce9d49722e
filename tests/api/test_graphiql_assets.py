"""The page that we serve needs nobody else's servers, and set-up does not depend on it."""

import re
import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api import graphiql_assets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the real one."""
    monkeypatch.setattr(graphiql_assets, "FOLDER", tmp_path / "static" / "graphiql")
    return tmp_path / "static" / "graphiql"


def test_every_link_of_the_page_is_known() -> None:
    page = graphiql_assets._page()
    links = re.findall(r'(?:src|href)="(https?://[^"]+)"', page)
    assert links
    assert [asset.url for asset in graphiql_assets.assets()] == links


@pytest.mark.usefixtures("folder")
def test_without_the_files_the_page_keeps_its_links_and_there_is_no_route() -> None:
    assert not graphiql_assets.present()
    assert graphiql_assets.graphiql_html() == graphiql_assets._page()
    assert graphiql_assets.graphiql_routes() == []


@pytest.mark.usefixtures("folder")
def test_without_npm_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(graphiql_assets.AssetsUnavailableError, match="npm is not installed"):
        graphiql_assets.fetch()


def test_a_failing_npm_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(graphiql_assets.AssetsUnavailableError, match="no network"):
        graphiql_assets.fetch()
    assert list(folder.parent.iterdir()) == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_fetched_files_are_served_and_no_link_leads_outside(folder: Path) -> None:
    try:
        graphiql_assets.fetch()
    except graphiql_assets.AssetsUnavailableError as error:
        pytest.skip(str(error))
    assert graphiql_assets.present()
    page = graphiql_assets.graphiql_html()
    assert "unpkg.com" not in page
    links = re.findall(rf'"({graphiql_assets.URL_PATH}/[^"]+)"', page)
    assert len(links) == len(graphiql_assets.assets())
    with TestClient(Starlette(routes=graphiql_assets.graphiql_routes())) as client:
        assert [client.get(link).status_code for link in links] == [200] * len(links)
    changed = folder / graphiql_assets.assets()[0].package / graphiql_assets.assets()[0].path
    changed.unlink()
    assert graphiql_assets.graphiql_html() == graphiql_assets._page()
