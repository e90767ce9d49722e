"""Roles, grants and row-level security, as the migrations apply them to each table."""

from alembic import op

APP, SWEEPER = "sessionpass_app", "sessionpass_sweeper"
TENANT = "nullif(current_setting('app.business_id', true), '')::uuid"


def create_roles() -> None:
    """Make the two roles nobody logs in with, and let the migrating login take them on."""
    for role in (APP, SWEEPER):
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        op.execute(
            f"DO $$ BEGIN IF NOT pg_has_role(current_user, '{role}', 'MEMBER') "
            f"THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF; END $$"
        )
        op.execute(f"DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema()); END $$")


def protect(table: str, *, key: str = "business_id", append_only: bool = False) -> None:
    """Show each business its own rows of `table` and nothing else, the owner included."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} TO {APP} USING ({key} = {TENANT}) WITH CHECK ({key} = {TENANT})")
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE"
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")


def let_sweeper(table: str, *, read: str = "SELECT", update: str | None = None) -> None:
    """Let the sweeper see `table` in every business, and change the named columns where any are."""
    op.execute(f"CREATE POLICY sweeper_reads ON {table} FOR SELECT TO {SWEEPER} USING (true)")
    op.execute(f"GRANT {read} ON {table} TO {SWEEPER}")
    if update:
        op.execute(f"CREATE POLICY sweeper_leases ON {table} FOR UPDATE TO {SWEEPER} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT UPDATE ({update}) ON {table} TO {SWEEPER}")


def open_by_key_hash() -> None:
    """Let a caller see the one API key whose hash it can name."""
    op.execute(
        f"CREATE POLICY by_hash ON api_keys FOR SELECT TO {APP} "
        "USING (key_hash = decode(nullif(current_setting('app.key_hash', true), ''), 'hex'))"
    )
