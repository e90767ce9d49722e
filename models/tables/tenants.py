"""Businesses (the tenants) and the API keys that open them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import ARRAY

from models.rules.values import AllocationPreset, Jurisdiction, Language, ResolveAs, Role
from models.tables.base import belongs_to, ident, instant, metadata, one_of, tenant_table, text

businesses = Table(
    "businesses",
    metadata,
    ident("id"),
    text("name"),
    text("zone"),
    text("currency"),
    Column("week_start", SmallInteger, nullable=False),
    text("allocation_preset"),
    Column("retry_after_hours", ARRAY(Integer), nullable=False),
    Column("grace_days", Integer, nullable=False),
    Column("release_days", Integer, nullable=False),
    Column("late_cancel_minutes", Integer, nullable=False),
    # After how many hours a visit that nobody recorded is resolved, and as what; null is never.
    Column("resolve_after_hours", Integer),
    Column("resolve_as", Text, nullable=False, server_default=ResolveAs.ATTENDED),
    Column("accepts_test_cards", Boolean, nullable=False),
    Column("block_on_dispute", Boolean, nullable=False, server_default=sql("true")),
    Column("freeze_on_failed_charge", Boolean, nullable=False, server_default=sql("false")),
    Column("project_renewals", Boolean, nullable=False, server_default=sql("true")),
    Column("language", Text, nullable=False, server_default=Language.EN),
    # Whose law it sells under, and for how many days at least what it sells ahead has to last.
    Column("jurisdiction", Text, nullable=False, server_default=Jurisdiction.NONE),
    Column("min_validity_days", Integer),
    instant("test_clock_at", optional=True),
    instant("created_at"),
    PrimaryKeyConstraint("id"),
    CheckConstraint("week_start BETWEEN 1 AND 7", name="week_start_iso"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
    CheckConstraint("grace_days >= 0 AND release_days >= grace_days", name="ladder_in_order"),
    one_of("allocation_preset", AllocationPreset),
    one_of("resolve_as", ResolveAs),
    CheckConstraint("resolve_after_hours BETWEEN 0 AND 8760", name="resolve_after_range"),
    one_of("language", Language),
    one_of("jurisdiction", Jurisdiction),
    CheckConstraint("min_validity_days BETWEEN 1 AND 3660", name="min_validity_range"),
)

api_keys = tenant_table(
    "api_keys",
    Column("key_hash", LargeBinary, nullable=False),
    text("role"),
    ident("client_id", optional=True),
    text("label"),
    instant("created_at"),
    instant("revoked_at", optional=True),
    belongs_to("clients", "client_id"),
    UniqueConstraint("key_hash"),
    one_of("role", Role),
    CheckConstraint("(role = 'CLIENT') = (client_id IS NOT NULL)", name="client_role_names_client"),
    CheckConstraint("octet_length(key_hash) = 32", name="key_hash_is_sha256"),
)

Index("ix_api_keys_client", api_keys.c.business_id, api_keys.c.client_id)
