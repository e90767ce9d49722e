"""the store"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import create_roles, let_sweeper, open_by_key_hash, protect

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "api_keys",
    "claimed_days",
    "claims",
    "client_credits",
    "clients",
    "events",
    "gateway_charges",
    "holds",
    "locations",
    "lots",
    "operations",
    "orders",
    "passes",
    "payments",
    "periods",
    "purchase_option_versions",
    "purchase_options",
    "services",
    "successions",
    "transfers",
    "visits",
)
APPEND_ONLY = ("transfers", "successions", "client_credits", "gateway_charges", "purchase_option_versions")


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
        "gateway_charges",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_gateway_charges_business_id"),
        sa.PrimaryKeyConstraint("business_id", "gateway_key", name=op.f("pk_gateway_charges")),
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
    op.create_table(
        "client_credits",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_client_credits_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_client_credits_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_client_credits_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_client_credits")),
    )
    op.create_index("ix_credits_client", "client_credits", ["business_id", "client_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("subject_pass_id", sa.Uuid(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('SALE', 'RENEWAL', 'CONVERSION')", name=op.f("ck_orders_purpose_word")),
        sa.CheckConstraint("state IN ('PENDING', 'PAID', 'FAILED')", name=op.f("ck_orders_state_word")),
        sa.CheckConstraint("amount_minor >= 0 AND credit_minor >= 0", name=op.f("ck_orders_amounts_not_negative")),
        sa.CheckConstraint("price_minor = credit_minor + amount_minor", name=op.f("ck_orders_price_is_paid_whole")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_orders_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_orders_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_client", "orders", ["business_id", "client_id"], unique=False)
    op.create_index(
        "uq_orders_one_paid_a_period",
        "orders",
        ["business_id", "pass_id", "period_number"],
        unique=True,
        postgresql_where=sa.text("state = 'PAID'"),
    )
    op.create_index(
        "uq_orders_one_pending",
        "orders",
        ["business_id", "subject_pass_id"],
        unique=True,
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_table(
        "passes",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        sa.Column("option_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("after_expiration", sa.Text(), nullable=False),
        sa.Column("former_after_expiration", sa.Text(), nullable=True),
        sa.Column("auto_renew", sa.Boolean(), nullable=False),
        sa.Column("renewals_done", sa.Integer(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=True),
        sa.Column("test_card", sa.Text(), nullable=True),
        sa.Column("conversion_option_id", sa.Uuid(), nullable=True),
        sa.Column("conversion_on", sa.Date(), nullable=True),
        sa.Column("conversion_unused", sa.Text(), nullable=True),
        sa.Column("predecessor_pass_id", sa.Uuid(), nullable=True),
        sa.Column("predecessor_period", sa.Integer(), nullable=True),
        sa.Column("overdue_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charge_attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hard_declined", sa.Boolean(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_kind", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_test_clock", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "after_expiration IN ('EXPIRE', 'RENEW', 'CONVERT')", name=op.f("ck_passes_after_expiration_word")
        ),
        sa.CheckConstraint(
            "closed_reason IN ('EXPIRED', 'CONVERTED', 'DEACTIVATED', 'RELEASED')",
            name=op.f("ck_passes_closed_reason_word"),
        ),
        sa.CheckConstraint(
            "conversion_unused IN ('FORFEIT', 'CARRY', 'CREDIT')", name=op.f("ck_passes_conversion_unused_word")
        ),
        sa.CheckConstraint(
            "kind IN ('SESSION', 'UNLIMITED', 'DURATION', 'DAY', 'TIME')", name=op.f("ck_passes_kind_word")
        ),
        sa.CheckConstraint(
            "next_due_kind IN ('EXPIRE', 'RENEW', 'CONVERT', 'RETRY', 'RELEASE', 'LOT_EXPIRE')",
            name=op.f("ck_passes_next_due_kind_word"),
        ),
        sa.CheckConstraint(
            "payment_method IN ('CASH', 'CARD_TERMINAL', 'COMPLIMENTARY', 'TEST_CARD')",
            name=op.f("ck_passes_payment_method_word"),
        ),
        sa.CheckConstraint(
            "test_card IN ('APPROVE', 'DECLINE', 'DECLINE_HARD', 'TIMEOUT')", name=op.f("ck_passes_test_card_word")
        ),
        sa.CheckConstraint("(closed_reason IS NULL) = (closed_at IS NULL)", name=op.f("ck_passes_closed_has_instant")),
        sa.CheckConstraint(
            "(conversion_option_id IS NULL) = (conversion_unused IS NULL)", name=op.f("ck_passes_conversion_whole")
        ),
        sa.CheckConstraint("(next_due_at IS NULL) = (next_due_kind IS NULL)", name=op.f("ck_passes_due_has_kind")),
        sa.CheckConstraint(
            "(overdue_since IS NULL) = (charge_attempts = 0)", name=op.f("ck_passes_overdue_has_attempts")
        ),
        sa.CheckConstraint("renewals_done >= 0", name=op.f("ck_passes_renewals_not_negative")),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_passes_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_passes_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "option_id", "option_version"],
            [
                "purchase_option_versions.business_id",
                "purchase_option_versions.option_id",
                "purchase_option_versions.version",
            ],
            name=op.f("fk_passes_business_id_option_id_option_version"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_passes_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_passes")),
        sa.UniqueConstraint(
            "business_id",
            "predecessor_pass_id",
            "predecessor_period",
            name=op.f("uq_passes_business_id_predecessor_pass_id_predecessor_period"),
        ),
    )
    op.create_index("ix_passes_client", "passes", ["business_id", "client_id", "id"], unique=False)
    op.create_index(
        "ix_passes_due",
        "passes",
        ["next_due_at"],
        unique=False,
        postgresql_where=sa.text("next_due_at IS NOT NULL AND NOT on_test_clock"),
    )
    op.create_index(
        "ix_passes_due_on_test_clock",
        "passes",
        ["business_id", "next_due_at"],
        unique=False,
        postgresql_where=sa.text("next_due_at IS NOT NULL AND on_test_clock"),
    )
    op.create_table(
        "holds",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("requested_last_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_operation_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('FREEZE', 'BLOCK', 'CLOSURE')", name=op.f("ck_holds_kind_word")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_holds_days_in_order")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_holds_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_holds_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_pass", "holds", ["business_id", "pass_id"], unique=False)
    op.create_table(
        "lots",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("booked", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("forfeited", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.BigInteger(), nullable=False),
        sa.Column("converted", sa.BigInteger(), nullable=False),
        sa.Column("transferred", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("adjusted", sa.BigInteger(), nullable=False),
        sa.Column("own_first_on", sa.Date(), nullable=True),
        sa.Column("own_last_on", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('GRANT', 'ROLLOVER', 'MAKE_UP', 'PROMOTION', 'ADJUSTMENT')", name=op.f("ck_lots_kind_word")
        ),
        sa.CheckConstraint("unit IN ('VISIT', 'DAY', 'MINUTE')", name=op.f("ck_lots_unit_word")),
        sa.CheckConstraint("(own_first_on IS NULL) = (own_last_on IS NULL)", name=op.f("ck_lots_own_days_whole")),
        sa.CheckConstraint("adjusted >= 0", name=op.f("ck_lots_adjusted_not_negative")),
        sa.CheckConstraint("available >= 0", name=op.f("ck_lots_available_not_negative")),
        sa.CheckConstraint("booked >= 0", name=op.f("ck_lots_booked_not_negative")),
        sa.CheckConstraint("converted >= 0", name=op.f("ck_lots_converted_not_negative")),
        sa.CheckConstraint("expired >= 0", name=op.f("ck_lots_expired_not_negative")),
        sa.CheckConstraint("forfeited >= 0", name=op.f("ck_lots_forfeited_not_negative")),
        sa.CheckConstraint(
            "issued = available + booked + used + forfeited + expired + converted + transferred + refunded + adjusted",
            name=op.f("ck_lots_balances_sum_to_issued"),
        ),
        sa.CheckConstraint("refunded >= 0", name=op.f("ck_lots_refunded_not_negative")),
        sa.CheckConstraint("transferred >= 0", name=op.f("ck_lots_transferred_not_negative")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_lots_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_lots_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_lots_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_lots")),
    )
    op.create_index("ix_lots_pass", "lots", ["business_id", "pass_id", "id"], unique=False)
    op.create_index(
        "uq_lots_one_grant_a_period",
        "lots",
        ["business_id", "pass_id", "period_number"],
        unique=True,
        postgresql_where=sa.text("kind = 'GRANT'"),
    )
    op.create_table(
        "payments",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("test_card", sa.Text(), nullable=True),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "method IN ('CASH', 'CARD_TERMINAL', 'COMPLIMENTARY', 'TEST_CARD')", name=op.f("ck_payments_method_word")
        ),
        sa.CheckConstraint(
            "state IN ('INTENDED', 'CAPTURED', 'DECLINED', 'UNKNOWN')", name=op.f("ck_payments_state_word")
        ),
        sa.CheckConstraint(
            "test_card IN ('APPROVE', 'DECLINE', 'DECLINE_HARD', 'TIMEOUT')", name=op.f("ck_payments_test_card_word")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_payments_business_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_payments_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_payments")),
        sa.UniqueConstraint("business_id", "gateway_key", name=op.f("uq_payments_business_id_gateway_key")),
    )
    op.create_index(
        "ix_payments_open",
        "payments",
        ["intended_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('INTENDED', 'UNKNOWN')"),
    )
    op.create_index(
        "uq_payments_one_capture",
        "payments",
        ["business_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'CAPTURED'"),
    )
    op.create_table(
        "periods",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("anchor_index", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("extra_days", sa.Integer(), nullable=False),
        sa.Column("restarts", sa.Boolean(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("business_id"), "="),
            (sa.text("pass_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("starts_at IS NOT NULL"),
            deferrable="True",
            initially="DEFERRED",
            using="gist",
            name="ex_periods_overlap",
        ),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_periods_days_in_order")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_periods_number_positive")),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_periods_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_periods_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_periods_business_id"),
        sa.PrimaryKeyConstraint("business_id", "pass_id", "number", name=op.f("pk_periods")),
    )
    op.create_table(
        "successions",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to_pass_id", sa.Uuid(), nullable=False),
        sa.Column("to_period_number", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('RENEWAL', 'CONVERSION')", name=op.f("ck_successions_kind_word")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"],
            ["passes.business_id", "passes.id"],
            name=op.f("fk_successions_business_id_pass_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_successions_business_id"),
        sa.PrimaryKeyConstraint("business_id", "pass_id", "period_number", name=op.f("pk_successions")),
    )
    op.create_table(
        "visits",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('BOOKED', 'ATTENDED', 'CANCELLED', 'LATE_CANCELLED', 'NO_SHOW')",
            name=op.f("ck_visits_state_word"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_visits_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_visits_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "location_id"],
            ["locations.business_id", "locations.id"],
            name=op.f("fk_visits_business_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_visits_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "service_id"],
            ["services.business_id", "services.id"],
            name=op.f("fk_visits_business_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_visits_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_client", "visits", ["business_id", "client_id", "starts_at", "id"], unique=False)
    op.create_index("ix_visits_pass", "visits", ["business_id", "pass_id", "starts_at", "id"], unique=False)
    op.create_index(
        "uq_visits_external_ref",
        "visits",
        ["business_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_visits_same_visit",
        "visits",
        ["business_id", "client_id", "service_id", "location_id", "starts_at"],
        unique=True,
        postgresql_where=sa.text("state IN ('BOOKED', 'ATTENDED', 'NO_SHOW')"),
    )
    op.create_table(
        "claimed_days",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_claimed_days_account_word"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_claimed_days_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_claimed_days_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_claimed_days")),
    )
    op.create_index(
        "uq_claimed_days_once",
        "claimed_days",
        ["business_id", "pass_id", "location_id", "day"],
        unique=True,
        postgresql_where=sa.text("account <> 'AVAILABLE'"),
    )
    op.create_table(
        "transfers",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("from_account", sa.Text(), nullable=False),
        sa.Column("to_account", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "from_account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_transfers_from_account_word"),
        ),
        sa.CheckConstraint("to_account <> 'ISSUED'", name=op.f("ck_transfers_nothing_returns_to_issued")),
        sa.CheckConstraint(
            "to_account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_transfers_to_account_word"),
        ),
        sa.CheckConstraint("from_account <> to_account", name=op.f("ck_transfers_accounts_differ")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_transfers_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_transfers_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_transfers_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_lot", "transfers", ["business_id", "lot_id", "effective_at"], unique=False)
    op.create_index("ix_transfers_pass", "transfers", ["business_id", "pass_id", "id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_day_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_operation_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_claims_account_word"),
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_operation_id IS NULL)", name=op.f("ck_claims_release_whole")
        ),
        sa.CheckConstraint("quantity = 0 OR lot_id IS NOT NULL", name=op.f("ck_claims_quantity_has_lot")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_claims_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["business_id", "claimed_day_id"],
            ["claimed_days.business_id", "claimed_days.id"],
            name=op.f("fk_claims_business_id_claimed_day_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_claims_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_claims_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "visit_id"],
            ["visits.business_id", "visits.id"],
            name=op.f("fk_claims_business_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_claims_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_claims")),
    )
    op.create_index(
        "ix_claims_pass",
        "claims",
        ["business_id", "pass_id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "uq_claims_one_standing",
        "claims",
        ["business_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    protect("businesses", key="id")
    for table in TENANT_TABLES:
        protect(table, append_only=table in APPEND_ONLY)
    let_sweeper("businesses")
    let_sweeper("passes", read="SELECT", update="claimed_until")
    let_sweeper("payments")
    open_by_key_hash()


def downgrade() -> None:
    raise NotImplementedError("the first shape has nothing to go back to")
