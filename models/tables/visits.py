"""Visits, the claims that pay for them, and the days a DAY pass has claimed."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import Account, OutcomeEffect, VisitState
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

SAME_VISIT = ("uq_visits_same_visit", "uq_visits_same_guest")
"""The keys that keep a person from being booked twice for the same thing."""

visits = tenant_table(
    "visits",
    ident("client_id"),
    ident("service_id"),
    ident("location_id"),
    instant("starts_at"),
    instant("ends_at"),
    Column("day", Date, nullable=False),
    instant("booked_at"),
    text("state"),
    ident("pass_id", optional=True),
    text("external_ref", optional=True),
    text("note", optional=True),
    # Booked to be paid by whichever pass may, so that one that comes to may pay for it without being asked.
    Column("auto_pay", Boolean, nullable=False, server_default=sql("false")),
    # Whom the client brings, where the visit is that guest's.
    text("guest_name", optional=True),
    # The pass that stands to pay for it once it has renewed.
    ident("projected_pass_id", optional=True),
    belongs_to("clients", "client_id"),
    belongs_to("services", "service_id"),
    belongs_to("locations", "location_id"),
    belongs_to("passes", "pass_id"),
    belongs_to("passes", "projected_pass_id"),
    one_of("state", VisitState),
    CheckConstraint("starts_at < ends_at", name="ends_after_start"),
    CheckConstraint("char_length(guest_name) BETWEEN 1 AND 200", name="guest_name_length"),
    CheckConstraint("pass_id IS NULL OR projected_pass_id IS NULL", name="paid_or_projected"),
)

Index("ix_visits_client", visits.c.business_id, visits.c.client_id, visits.c.starts_at, visits.c.id)
Index("ix_visits_pass", visits.c.business_id, visits.c.pass_id, visits.c.starts_at, visits.c.id)
Index("ix_visits_start", visits.c.business_id, visits.c.starts_at, visits.c.id)
Index(
    "uq_visits_same_visit",
    visits.c.business_id,
    visits.c.client_id,
    visits.c.service_id,
    visits.c.location_id,
    visits.c.starts_at,
    unique=True,
    postgresql_where=sql("state IN ('BOOKED', 'ATTENDED', 'NO_SHOW') AND guest_name IS NULL"),
)
Index(
    "uq_visits_same_guest",
    visits.c.business_id,
    visits.c.client_id,
    visits.c.service_id,
    visits.c.location_id,
    visits.c.starts_at,
    visits.c.guest_name,
    unique=True,
    postgresql_where=sql("state IN ('BOOKED', 'ATTENDED', 'NO_SHOW') AND guest_name IS NOT NULL"),
)
Index(
    "uq_visits_external_ref",
    visits.c.business_id,
    visits.c.external_ref,
    unique=True,
    postgresql_where=sql("external_ref IS NOT NULL"),
)
Index(
    "ix_visits_unresolved",
    visits.c.business_id,
    visits.c.ends_at,
    visits.c.id,
    postgresql_where=sql("state = 'BOOKED'"),
)

claimed_days = tenant_table(
    "claimed_days",
    ident("pass_id"),
    ident("lot_id"),
    ident("location_id"),
    Column("day", Date, nullable=False),
    text("account"),
    # Whose day it is: nothing for the owner of the pass, a member's id, or a guest's name.
    Column("person", Text, nullable=False, server_default=sql("''")),
    belongs_to("lots", "lot_id"),
    one_of("account", Account),
)

Index(
    "uq_claimed_days_once",
    claimed_days.c.business_id,
    claimed_days.c.pass_id,
    claimed_days.c.location_id,
    claimed_days.c.day,
    claimed_days.c.person,
    unique=True,
    postgresql_where=sql("account <> 'AVAILABLE'"),
)

claims = tenant_table(
    "claims",
    ident("visit_id"),
    ident("pass_id"),
    ident("lot_id", optional=True),
    ident("claimed_day_id", optional=True),
    amount("quantity"),
    text("account"),
    Column("pinned", Boolean, nullable=False),
    Column("reason", JSONB, nullable=False),
    ident("operation_id"),
    instant("claimed_at"),
    ident("released_operation_id", optional=True),
    instant("released_at", optional=True),
    # Set where its visit ended late or was missed and was one of the free ones of this period.
    Column("forgiven_period", Integer),
    belongs_to("visits", "visit_id"),
    belongs_to("passes", "pass_id"),
    belongs_to("lots", "lot_id"),
    belongs_to("claimed_days", "claimed_day_id"),
    one_of("account", Account),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    CheckConstraint("quantity = 0 OR lot_id IS NOT NULL", name="quantity_has_lot"),
    CheckConstraint("(released_at IS NULL) = (released_operation_id IS NULL)", name="release_whole"),
)

Index(
    "uq_claims_one_standing",
    claims.c.business_id,
    claims.c.visit_id,
    unique=True,
    postgresql_where=sql("released_at IS NULL"),
)
Index(
    "ix_claims_pass",
    claims.c.business_id,
    claims.c.pass_id,
    postgresql_where=sql("released_at IS NULL"),
)
Index(
    "ix_claims_forgiven",
    claims.c.business_id,
    claims.c.pass_id,
    claims.c.forgiven_period,
    postgresql_where=sql("forgiven_period IS NOT NULL"),
)

# What a visit came to, each time, with what that did: never changed, only added to.
visit_outcomes = tenant_table(
    "visit_outcomes",
    ident("visit_id"),
    text("state"),
    ident("pass_id", optional=True),
    text("effect", optional=True),
    amount("fee_minor"),
    Column("forgiven", Boolean, nullable=False),
    Column("waived", Boolean, nullable=False),
    text("reason", optional=True),
    ident("operation_id"),
    instant("at"),
    belongs_to("visits", "visit_id"),
    belongs_to("passes", "pass_id"),
    belongs_to("operations", "operation_id"),
    one_of("state", VisitState),
    one_of("effect", OutcomeEffect),
    CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
)

Index("ix_visit_outcomes_visit", visit_outcomes.c.business_id, visit_outcomes.c.visit_id, visit_outcomes.c.id)
