"""Passes, their periods, holds, and what followed each period."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from models.rules.values import (
    AfterExpiration,
    ClosedReason,
    DueKind,
    HoldCause,
    HoldKind,
    PassKind,
    PaymentMethod,
    SaleChannel,
    TestCard,
    UnusedAtConversion,
)
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

passes = tenant_table(
    "passes",
    ident("client_id"),
    ident("option_id"),
    Column("option_version", Integer, nullable=False),
    text("kind"),
    text("zone"),
    instant("sold_at"),
    Column("sold_on", Date, nullable=False),
    # How it was sold; a pass that another became was not.
    text("channel", optional=True),
    # What follows the end, and how it is paid.
    text("after_expiration"),
    text("former_after_expiration", optional=True),
    Column("auto_renew", Boolean, nullable=False),
    Column("renewals_done", Integer, nullable=False),
    text("payment_method", optional=True),
    text("test_card", optional=True),
    ident("conversion_option_id", optional=True),
    Column("conversion_on", Date),
    text("conversion_unused", optional=True),
    ident("predecessor_pass_id", optional=True),
    Column("predecessor_period", Integer),
    # The pass of another client whose units it was given.
    ident("transferred_from_pass_id", optional=True),
    # The sold package it is a part of, and the terms it keeps in place of its version's.
    ident("package_sale_id", optional=True),
    Column("terms_override", JSONB),
    # The charge ahead that was announced, at which price, and how many days before the law wants that, and lets it be.
    instant("reminded_for", optional=True),
    Column("reminded_price_minor", BigInteger),
    Column("reminder_days_min", Integer, nullable=False, server_default=sql("0")),
    Column("reminder_days_max", Integer),
    # The last day on which whoever bought it from afar may withdraw.
    Column("withdrawable_until", Date),
    # A charge that failed.
    instant("overdue_since", optional=True),
    Column("charge_attempts", Integer, nullable=False),
    instant("last_attempt_at", optional=True),
    Column("hard_declined", Boolean, nullable=False),
    # The end for good.
    text("closed_reason", optional=True),
    instant("closed_at", optional=True),
    # The effective days and instants, kept from the rules for readers.
    Column("first_day", Date),
    Column("last_day", Date),
    instant("starts_at", optional=True),
    instant("ends_at", optional=True),
    Column("paused", Boolean, nullable=False),
    # The schedule.
    instant("next_due_at", optional=True),
    text("next_due_kind", optional=True),
    instant("claimed_until", optional=True),
    Column("on_test_clock", Boolean, nullable=False),
    belongs_to("clients", "client_id"),
    ForeignKeyConstraint(
        ["business_id", "option_id", "option_version"],
        [
            "purchase_option_versions.business_id",
            "purchase_option_versions.option_id",
            "purchase_option_versions.version",
        ],
    ),
    belongs_to("package_sales", "package_sale_id"),
    UniqueConstraint("business_id", "predecessor_pass_id", "predecessor_period"),
    one_of("kind", PassKind),
    one_of("channel", SaleChannel),
    one_of("after_expiration", AfterExpiration),
    one_of("closed_reason", ClosedReason),
    one_of("next_due_kind", DueKind),
    one_of("payment_method", PaymentMethod),
    one_of("test_card", TestCard),
    one_of("conversion_unused", UnusedAtConversion),
    CheckConstraint("(closed_reason IS NULL) = (closed_at IS NULL)", name="closed_has_instant"),
    CheckConstraint("(next_due_at IS NULL) = (next_due_kind IS NULL)", name="due_has_kind"),
    CheckConstraint("(overdue_since IS NULL) = (charge_attempts = 0)", name="overdue_has_attempts"),
    CheckConstraint("starts_at <= ends_at", name="ends_after_start"),
    CheckConstraint("renewals_done >= 0", name="renewals_not_negative"),
    CheckConstraint("reminder_days_min BETWEEN 0 AND 366", name="reminder_days_range"),
    CheckConstraint("reminder_days_max BETWEEN reminder_days_min AND 366", name="reminder_days_max_range"),
    CheckConstraint(
        "reminded_price_minor IS NULL OR (reminded_price_minor >= 0 AND reminded_for IS NOT NULL)",
        name="reminded_price_is_of_a_charge",
    ),
    CheckConstraint("package_sale_id IS NULL OR terms_override IS NOT NULL", name="part_keeps_its_share"),
    CheckConstraint("(conversion_option_id IS NULL) = (conversion_unused IS NULL)", name="conversion_whole"),
)

Index(
    "ix_passes_package_sale",
    passes.c.business_id,
    passes.c.package_sale_id,
    postgresql_where=sql("package_sale_id IS NOT NULL"),
)
Index("ix_passes_client", passes.c.business_id, passes.c.client_id, passes.c.id)
Index(
    "ix_passes_due",
    passes.c.next_due_at,
    postgresql_where=sql("next_due_at IS NOT NULL AND NOT on_test_clock"),
)
Index(
    "ix_passes_due_on_test_clock",
    passes.c.business_id,
    passes.c.next_due_at,
    postgresql_where=sql("next_due_at IS NOT NULL AND on_test_clock"),
)

periods = tenant_table(
    "periods",
    ident("pass_id"),
    Column("number", Integer, nullable=False),
    # As the anchor gives it, before any freeze.
    Column("anchor_on", Date),
    Column("anchor_index", Integer, nullable=False),
    Column("first_on", Date),
    Column("last_on", Date),
    Column("extra_days", Integer, nullable=False),
    Column("restarts", Boolean, nullable=False),
    instant("opens_at", optional=True),
    instant("cut_at", optional=True),
    # As it stands.
    Column("first_day", Date),
    Column("last_day", Date),
    instant("starts_at", optional=True),
    instant("ends_at", optional=True),
    amount("price_minor"),
    ident("order_id", optional=True),
    ident("operation_id"),
    instant("granted_at"),
    # One whose renewal was undone counts no more: its number is below zero, and so is that of its lots.
    instant("taken_back_at", optional=True),
    belongs_to("passes", "pass_id"),
    CheckConstraint("number <> 0 AND (number < 0) = (taken_back_at IS NOT NULL)", name="number_counts"),
    CheckConstraint("starts_at <= ends_at", name="ends_after_start"),
    CheckConstraint("first_on <= last_on", name="days_in_order"),
    ExcludeConstraint(
        (sql("business_id"), "="),
        (sql("pass_id"), "="),
        (sql("tstzrange(starts_at, ends_at)"), "&&"),
        where=sql("starts_at IS NOT NULL AND taken_back_at IS NULL"),
        name="ex_periods_overlap",
        using="gist",
        deferrable=True,
        initially="DEFERRED",
    ),
    key=("pass_id", "number"),
)

holds = tenant_table(
    "holds",
    ident("pass_id"),
    text("kind"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("requested_last_day", Date),
    text("reason", optional=True),
    ident("operation_id"),
    instant("placed_at"),
    ident("ended_operation_id", optional=True),
    instant("removed_at", optional=True),
    # What made the system place it, and whether the studio granted it beyond the pass's policy.
    text("cause", optional=True),
    Column("overrides", Boolean, nullable=False, server_default=sql("false")),
    ident("closure_id", optional=True),
    ident("dispute_id", optional=True),
    # The paid fee it was placed for.
    ident("order_id", optional=True),
    belongs_to("passes", "pass_id"),
    belongs_to("closures", "closure_id"),
    belongs_to("disputes", "dispute_id"),
    belongs_to("orders", "order_id"),
    UniqueConstraint("business_id", "closure_id", "pass_id"),
    UniqueConstraint("business_id", "dispute_id", "pass_id"),
    UniqueConstraint("business_id", "order_id"),
    one_of("kind", HoldKind),
    one_of("cause", HoldCause),
    CheckConstraint("(closure_id IS NOT NULL) = (cause IS NOT DISTINCT FROM 'CLOSURE')", name="closure_is_cause"),
    CheckConstraint("(dispute_id IS NOT NULL) = (cause IS NOT DISTINCT FROM 'DISPUTE')", name="dispute_is_cause"),
    CheckConstraint("first_day <= last_day", name="days_in_order"),
)

Index("ix_holds_pass", holds.c.business_id, holds.c.pass_id)

successions = tenant_table(
    "successions",
    ident("pass_id"),
    # Below zero where what followed was undone, so that something else may follow.
    Column("period_number", Integer, nullable=False),
    text("kind"),
    ident("to_pass_id"),
    Column("to_period_number", Integer, nullable=False),
    ident("operation_id"),
    belongs_to("passes", "pass_id"),
    CheckConstraint("kind IN ('RENEWAL', 'CONVERSION')", name="kind_word"),
    key=("pass_id", "period_number"),
)
