"""Consent to what renews by itself, the law a studio is under, and how long what it sells has to last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from models.migrations.security import protect

revision = "0017"
down_revision = "0016"

_WORDS = "'NONE', 'US', 'US_CA', 'EU', 'DE', 'FR'"


def upgrade() -> None:
    op.add_column("businesses", sa.Column("jurisdiction", sa.Text(), server_default="NONE", nullable=False))
    op.add_column("businesses", sa.Column("min_validity_days", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_businesses_jurisdiction_word"), "businesses", f"jurisdiction IN ({_WORDS})")
    op.create_check_constraint(
        op.f("ck_businesses_min_validity_range"), "businesses", "min_validity_days BETWEEN 1 AND 3660"
    )
    op.add_column("passes", sa.Column("reminded_for", sa.DateTime(timezone=True), nullable=True))
    op.add_column("passes", sa.Column("reminded_price_minor", sa.BigInteger(), nullable=True))
    op.add_column("passes", sa.Column("reminder_days_min", sa.Integer(), server_default="0", nullable=False))
    op.add_column("passes", sa.Column("withdrawable_until", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_passes_reminder_days_range"), "passes", "reminder_days_min BETWEEN 0 AND 366")
    op.create_check_constraint(
        op.f("ck_passes_reminded_price_is_of_a_charge"),
        "passes",
        "reminded_price_minor IS NULL OR (reminded_price_minor >= 0 AND reminded_for IS NOT NULL)",
    )
    # What is to charge by itself is looked at once by a worker, which finds when it is to be announced.
    op.execute(
        """UPDATE passes SET next_due_at = least(next_due_at, sold_at), claimed_until = NULL
           WHERE next_due_kind IN ('RENEW', 'CONVERT') AND closed_reason IS NULL"""
    )
    op.create_table(
        "consents",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("shown", JSONB(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('OWNER', 'STAFF', 'CLIENT', 'PARTNER', 'WORKER')", name=op.f("ck_consents_role_word")
        ),
        sa.CheckConstraint("language IN ('EN', 'FR', 'ES')", name=op.f("ck_consents_language_word")),
        sa.CheckConstraint(f"jurisdiction IN ({_WORDS})", name=op.f("ck_consents_jurisdiction_word")),
        sa.CheckConstraint("char_length(text) BETWEEN 1 AND 4000", name=op.f("ck_consents_text_length")),
        _belongs_to("passes", "pass_id"),
        _belongs_to("clients", "client_id"),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_consents_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_pass", "consents", ["business_id", "pass_id"])
    protect("consents", append_only=True)


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")


def _belongs_to(other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["business_id", column],
        [f"{other}.business_id", f"{other}.id"],
        name=op.f(f"fk_consents_business_id_{column}"),
    )
