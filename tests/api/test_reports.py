"""Reports over real HTTP: as a table and as CSV, for those of the studio only."""

import csv
import io
from collections.abc import AsyncIterator

import httpx2
import pytest

from api.app import create_app
from models.operations.create_business import create_api_key
from models.queries.reports.catalogue import REPORTS
from models.rules.values import Role
from models.settings import Settings
from tests.api.test_uploads import bearer, graphql
from tests.studio import Studio

DOCUMENT = """query($name: ReportName!) {
  report(name: $name, firstDay: "2026-01-01", lastDay: "2026-12-31") { columns { key kind total } rows rowCount }
}"""


@pytest.fixture
async def http(settings: Settings, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, on this test's runtime."""
    app = create_app(settings, studio.runtime)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://studio") as client:
        yield client


@pytest.mark.parametrize("name", REPORTS)
async def test_the_table_and_the_csv_are_the_same(http: httpx2.AsyncClient, studio: Studio, name: str) -> None:
    await studio.sell()
    headers = await bearer(studio)
    table = (await graphql(http, headers, DOCUMENT, name=name))["data"]["report"]
    answer = await http.get(f"/reports/{name.lower()}.csv?firstDay=2026-01-01&lastDay=2026-12-31", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == [column["key"] for column in table["columns"]]
    assert lines[1:] == [[cell or "" for cell in row] for row in table["rows"]]
    assert table["rowCount"] == len(table["rows"])
    for at, column in enumerate(table["columns"]):
        if column["total"] is not None:
            assert int(column["total"]) == sum(int(row[at] or 0) for row in table["rows"])


async def test_a_name_that_a_spreadsheet_would_run_is_guarded(http: httpx2.AsyncClient, studio: Studio) -> None:
    await studio.sell()
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("UPDATE clients SET name = '=1+1'")
    asked = "/reports/visits_remaining.csv?firstDay=2026-01-01&lastDay=2026-12-31"
    assert "'=1+1" in (await http.get(asked, headers=await bearer(studio))).text


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("expired.csv?firstDay=2026-01-02&lastDay=2026-01-01", 422, "DATES_REVERSED"),
        ("expired.csv?firstDay=2026-01-02", 422, "INVALID_INPUT"),
        ("expired.csv?firstDay=x&lastDay=2026-01-01", 422, "INVALID_INPUT"),
        ("expired.csv?firstDay=1500-01-01&lastDay=2026-01-01", 422, "DATE_OUT_OF_RANGE"),
        ("expired.csv?firstDay=2001-01-01&lastDay=2026-01-01", 422, "QUANTITY_OUT_OF_RANGE"),
        ("secrets.csv?firstDay=2026-01-01&lastDay=2026-01-01", 404, "NOT_FOUND"),
    ],
)
async def test_what_is_asked_is_checked(
    http: httpx2.AsyncClient, studio: Studio, query: str, status: int, code: str
) -> None:
    answer = await http.get(f"/reports/{query}", headers=await bearer(studio))
    assert answer.status_code == status
    assert code in answer.text


async def test_only_those_of_the_studio_read_reports(http: httpx2.AsyncClient, studio: Studio) -> None:
    asked = "/reports/expired.csv?firstDay=2026-01-01&lastDay=2026-01-01"
    assert (await http.get(asked)).status_code == 401
    assert (await http.get(asked, headers=await bearer(studio, Role.PARTNER))).status_code == 403
    key = await create_api_key(studio.runtime, studio.business_id, Role.CLIENT, "Key", studio.client)
    headers = {"Authorization": f"Bearer {key}"}
    assert (await http.get(asked, headers=headers)).status_code == 403
    assert (await graphql(http, headers, DOCUMENT, name="EXPIRED"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_studio_is_not_in_it(http: httpx2.AsyncClient, studio: Studio, another_studio: object) -> None:
    other: Studio = await another_studio()  # type: ignore[operator]
    await other.sell()
    table = (await graphql(http, await bearer(studio), DOCUMENT, name="VISITS_REMAINING"))["data"]["report"]
    assert table["rows"] == []
