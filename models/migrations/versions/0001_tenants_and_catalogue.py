"""Tenants, people, the catalogue, operations and events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import APP, create_roles, let_sweeper, open_by_key_hash, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    create_roles()
    op.create_table(
        "businesses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("week_start", sa.SmallInteger(), nullable=False),
        sa.Column("allocation_preset", sa.Text(), nullable=False),
        sa.Column("retry_after_hours", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("release_days", sa.Integer(), nullable=False),
        sa.Column("late_cancel_minutes", sa.Integer(), nullable=False),
        sa.Column("accepts_test_cards", sa.Boolean(), nullable=False),
        sa.Column("test_clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "allocation_preset IN ('DEFAULT', 'PRIORITY_FIRST')", name=op.f("ck_businesses_allocation_preset_word")
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_businesses_currency_iso")),
        sa.CheckConstraint(
            "grace_days >= 0 AND release_days >= grace_days", name=op.f("ck_businesses_ladder_in_order")
        ),
        sa.CheckConstraint("week_start BETWEEN 1 AND 7", name=op.f("ck_businesses_week_start_iso")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_businesses")),
    )
    op.create_table(
        "locations",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_locations_name_length")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_locations_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_locations")),
        sa.UniqueConstraint("business_id", "name", name=op.f("uq_locations_business_id_name")),
    )
    op.create_table(
        "operations",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("input", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('OWNER', 'STAFF', 'CLIENT', 'PARTNER', 'WORKER')", name=op.f("ck_operations_role_word")
        ),
        sa.CheckConstraint("state IN ('PENDING', 'DONE', 'FAILED')", name=op.f("ck_operations_state_word")),
        sa.CheckConstraint(
            "char_length(idempotency_key) BETWEEN 1 AND 200", name=op.f("ck_operations_idempotency_key_length")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_operations_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_operations")),
        sa.UniqueConstraint("business_id", "idempotency_key", name=op.f("uq_operations_business_id_idempotency_key")),
    )
    op.create_index("ix_operations_newest", "operations", ["business_id", "id"], unique=False)
    op.create_table(
        "purchase_options",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("current_version >= 1", name=op.f("ck_purchase_options_version_positive")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_purchase_options_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_purchase_options")),
    )
    op.create_index("ix_purchase_options_live", "purchase_options", ["business_id", "archived_at"], unique=False)
    op.create_table(
        "services",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "category IN ('CLASS', 'APPOINTMENT', 'EVENT', 'GYM_VISIT', 'ASSET')",
            name=op.f("ck_services_category_word"),
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_services_name_length")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_services_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_services")),
        sa.UniqueConstraint("business_id", "name", name=op.f("uq_services_business_id_name")),
    )
    op.create_table(
        "clients",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("home_location_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_clients_name_length")),
        sa.ForeignKeyConstraint(
            ["business_id", "home_location_id"],
            ["locations.business_id", "locations.id"],
            name=op.f("fk_clients_business_id_home_location_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_clients_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_clients")),
    )
    op.create_index("ix_clients_name", "clients", ["business_id", "name", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id", "operation_id"],
            ["operations.business_id", "operations.id"],
            name=op.f("fk_events_business_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_events_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_operation", "events", ["business_id", "operation_id"], unique=False)
    op.create_index("ix_events_pass", "events", ["business_id", "pass_id", "id"], unique=False)
    op.create_table(
        "purchase_option_versions",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('SESSION','DAY','TIME')) = (quantity IS NOT NULL)",
            name=op.f("ck_purchase_option_versions_metered_has_quantity"),
        ),
        sa.CheckConstraint(
            "kind IN ('SESSION', 'UNLIMITED', 'DURATION', 'DAY', 'TIME')",
            name=op.f("ck_purchase_option_versions_kind_word"),
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_purchase_option_versions_name_length")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_purchase_option_versions_price_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_option_versions_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["business_id", "option_id"],
            ["purchase_options.business_id", "purchase_options.id"],
            name=op.f("fk_purchase_option_versions_business_id_option_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_purchase_option_versions_business_id"),
        sa.PrimaryKeyConstraint("business_id", "option_id", "version", name=op.f("pk_purchase_option_versions")),
    )
    op.create_table(
        "api_keys",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role = 'CLIENT') = (client_id IS NOT NULL)", name=op.f("ck_api_keys_client_role_names_client")
        ),
        sa.CheckConstraint(
            "role IN ('OWNER', 'STAFF', 'CLIENT', 'PARTNER', 'WORKER')", name=op.f("ck_api_keys_role_word")
        ),
        sa.CheckConstraint("octet_length(key_hash) = 32", name=op.f("ck_api_keys_key_hash_is_sha256")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_api_keys_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_api_keys_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index("ix_api_keys_client", "api_keys", ["business_id", "client_id"], unique=False)
    protect("businesses", key="id")
    protect("locations")
    protect("operations")
    protect("purchase_options")
    protect("services")
    protect("clients")
    protect("events", append_only=True)
    op.execute(f"GRANT UPDATE (published_at) ON events TO {APP}")
    protect("purchase_option_versions", append_only=True)
    protect("api_keys")
    let_sweeper("businesses")
    open_by_key_hash()


def downgrade() -> None:
    raise NotImplementedError("the first release has nothing to go back to")
