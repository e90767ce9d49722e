"""Tenants never meet in the store: no tenant, no rows; one tenant, its rows; and nobody writes for another."""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from models.database import APPLICATION_ROLE, SWEEPER_ROLE, connection_options
from models.settings import Settings
from models.tables import metadata
from tests.isolation.filled import fill
from tests.studio import Studio

TABLES = sorted(table.name for table in metadata.tables.values())


@pytest.fixture
async def two(studio: Studio, another_studio: Callable[[], Awaitable[Studio]]) -> tuple[Studio, Studio]:
    """Two studios, each with a row in every table."""
    other = await another_studio()
    await fill(studio)
    await fill(other)
    return studio, other


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the application, with no tenant set."""
    url, options = connection_options(settings)
    connection = await asyncpg.connect(url, **options)
    yield connection
    await connection.close()


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the owner of the tables."""
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


def key_of(table: str) -> str:
    """Return the column that holds the tenant."""
    return "id" if table == "businesses" else "business_id"


async def test_without_a_tenant_the_application_reads_no_row_of_any_table(
    two: tuple[Studio, Studio], application: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    for table in TABLES:
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") > 0, f"the test leaves no row in {table}"
        assert await application.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        await application.execute("SELECT set_config('app.business_id', '', false)")
        assert await application.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_with_a_tenant_set_every_table_shows_its_rows_and_no_others(
    two: tuple[Studio, Studio], application: asyncpg.Connection
) -> None:
    ours, theirs = two
    for studio in (ours, theirs):
        await application.execute("SELECT set_config('app.business_id', $1, false)", str(studio.business_id))
        for table in TABLES:
            rows = await application.fetch(f"SELECT DISTINCT {key_of(table)} AS tenant FROM {table}")
            assert [row["tenant"] for row in rows] == [studio.business_id], table


async def test_no_row_can_be_written_for_another_tenant(
    two: tuple[Studio, Studio], application: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    ours, theirs = two
    before = await theirs.fingerprint()
    await application.execute("SELECT set_config('app.business_id', $1, false)", str(ours.business_id))
    for table in TABLES:
        columns = [
            row["attname"]
            for row in await owner.fetch(
                """SELECT attname FROM pg_attribute
                   WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped""",
                table,
            )
        ]
        listed = ", ".join(columns)
        foreign = ", ".join("$1::uuid" if name == key_of(table) else name for name in columns)
        copy = f"INSERT INTO {table} ({listed}) SELECT {foreign} FROM {table} LIMIT 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            pytest.fail(f"{table}: {await application.execute(copy, theirs.business_id)}")
    assert await theirs.fingerprint() == before


async def test_no_row_can_be_moved_to_or_changed_in_another_tenant(
    two: tuple[Studio, Studio], application: asyncpg.Connection
) -> None:
    ours, theirs = two
    before = await theirs.fingerprint()
    await application.execute("SELECT set_config('app.business_id', $1, false)", str(ours.business_id))
    for table in TABLES:
        key = key_of(table)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"row-level security|permission denied"):
            pytest.fail(f"{table}: " + await application.execute(f"UPDATE {table} SET {key} = $1", theirs.business_id))
        try:
            reached = await application.execute(
                f"UPDATE {table} SET {key} = {key} WHERE {key} = $1", theirs.business_id
            )
        except asyncpg.InsufficientPrivilegeError:
            continue  # Nothing in this table is ever changed.
        assert reached == "UPDATE 0", table
    assert await theirs.fingerprint() == before


async def test_every_table_of_a_tenant_is_under_forced_row_security(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        """SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
           WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"""
    )
    assert {row["relname"] for row in rows if row["forced"]} == set(TABLES)
    assert {row["relname"] for row in rows if not row["forced"]} <= {"alembic_version"}


@pytest.mark.parametrize("role", [APPLICATION_ROLE, SWEEPER_ROLE])
async def test_the_roles_that_work_own_nothing_and_walk_around_nothing(owner: asyncpg.Connection, role: str) -> None:
    found = await owner.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", role)
    assert found is not None
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication")
    assert [name for name in powers if found[name]] == []
    assert await owner.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1", found["oid"]) == 0
    member_of = await owner.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = $1", found["oid"])
    assert member_of == 0


async def test_the_application_works_as_a_role_that_row_security_binds(
    application: asyncpg.Connection, studio: Studio
) -> None:
    assert await application.fetchval("SELECT current_user") == APPLICATION_ROLE
    rows = await studio.fetch("SELECT current_user AS who, row_security_active('passes') AS bound")
    assert (rows[0]["who"], rows[0]["bound"]) == (APPLICATION_ROLE, True)
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        who = (await connection.exec_driver_sql("SELECT current_user")).scalar_one()
    assert who == APPLICATION_ROLE


async def test_a_connection_forgets_its_tenant_with_the_transaction(studio: Studio) -> None:
    await studio.sell()
    async with studio.runtime.database.transaction(studio.business_id):
        pass
    async with studio.runtime.database.engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM passes")).scalar_one() == 0


async def test_the_sweeper_may_lease_passes_and_do_nothing_else(studio: Studio) -> None:
    await studio.sell()
    for change in ("UPDATE passes SET closed_reason = NULL", "DELETE FROM passes", "UPDATE businesses SET name = 'x'"):
        with pytest.raises(Exception, match="permission denied"):
            async with studio.runtime.database.sweeping() as connection:
                await connection.exec_driver_sql(change)
    for table in set(TABLES) - {"businesses", "closures", "passes", "payments", "refunds", "visits"}:
        with pytest.raises(Exception, match="permission denied"):
            async with studio.runtime.database.sweeping() as connection:
                await connection.exec_driver_sql(f"SELECT count(*) FROM {table}")
    # Of visits it sees when each ends, and nothing of who comes or what is attended.
    for column in ("client_id", "service_id", "location_id", "external_ref"):
        with pytest.raises(Exception, match="permission denied"):
            async with studio.runtime.database.sweeping() as connection:
                await connection.exec_driver_sql(f"SELECT {column} FROM visits")
