"""Passes, periods, holds, lots and the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import let_sweeper, protect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
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
            deferrable=True,
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
    protect("passes")
    protect("holds")
    protect("lots")
    protect("periods")
    protect("successions", append_only=True)
    protect("transfers", append_only=True)
    let_sweeper("passes", update="claimed_until")


def downgrade() -> None:
    raise NotImplementedError("the first release has nothing to go back to")
