"""Outcomes with their history, fees, what resolves visits nobody recorded, and warnings before units lapse."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import let_sweeper, protect

revision = "0009"
down_revision = "0008"

_STATES = "'BOOKED', 'ATTENDED', 'CANCELLED', 'LATE_CANCELLED', 'NO_SHOW'"


def upgrade() -> None:
    _columns()
    _history()
    _fees()
    # Whether a business has visits to resolve is asked over all of them; which ones, only inside it.
    let_sweeper("visits", read="SELECT (business_id, id, state, ends_at, booked_at)")


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")


def _columns() -> None:
    # A business opened before this policy keeps doing without it until it says otherwise.
    op.add_column("businesses", sa.Column("resolve_after_hours", sa.Integer(), nullable=True))
    op.add_column(
        "businesses", sa.Column("resolve_as", sa.Text(), nullable=False, server_default=sa.text("'ATTENDED'"))
    )
    op.create_check_constraint(
        op.f("ck_businesses_resolve_as_word"), "businesses", "resolve_as IN ('ATTENDED', 'NO_SHOW')"
    )
    op.create_check_constraint(
        op.f("ck_businesses_resolve_after_range"), "businesses", "resolve_after_hours BETWEEN 0 AND 8760"
    )
    op.add_column("claims", sa.Column("forgiven_period", sa.Integer(), nullable=True))
    op.create_index(
        "ix_claims_forgiven",
        "claims",
        ["business_id", "pass_id", "forgiven_period"],
        postgresql_where=sa.text("forgiven_period IS NOT NULL"),
    )
    op.create_index(
        "ix_visits_unresolved",
        "visits",
        ["business_id", "ends_at", "id"],
        postgresql_where=sa.text("state = 'BOOKED'"),
    )
    op.add_column("lots", sa.Column("warned_for", sa.DateTime(timezone=True), nullable=True))


def _belongs_to(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["business_id", column],
        [f"{other}.business_id", f"{other}.id"],
        name=op.f(f"fk_{table}_business_id_{column}"),
    )


def _history() -> None:
    op.create_table(
        "visit_outcomes",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("forgiven", sa.Boolean(), nullable=False),
        sa.Column("waived", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_visit_outcomes_state_word")),
        sa.CheckConstraint("effect IN ('RETURN', 'FORFEIT')", name=op.f("ck_visit_outcomes_effect_word")),
        sa.CheckConstraint("fee_minor >= 0", name=op.f("ck_visit_outcomes_fee_not_negative")),
        _belongs_to("visit_outcomes", "visits", "visit_id"),
        _belongs_to("visit_outcomes", "passes", "pass_id"),
        _belongs_to("visit_outcomes", "operations", "operation_id"),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_visit_outcomes_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_visit_outcomes")),
    )
    op.create_index("ix_visit_outcomes_visit", "visit_outcomes", ["business_id", "visit_id", "id"])
    protect("visit_outcomes", append_only=True)


def _fees() -> None:
    op.create_table(
        "fees",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('OWED', 'PAID', 'WAIVED', 'CREDITED')", name=op.f("ck_fees_state_word")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_fees_amount_positive")),
        sa.CheckConstraint("(state = 'OWED') = (settled_at IS NULL)", name=op.f("ck_fees_settled_has_instant")),
        sa.CheckConstraint(
            "state NOT IN ('PAID', 'CREDITED') OR order_id IS NOT NULL", name=op.f("ck_fees_paid_has_order")
        ),
        _belongs_to("fees", "visits", "visit_id"),
        _belongs_to("fees", "clients", "client_id"),
        _belongs_to("fees", "passes", "pass_id"),
        _belongs_to("fees", "operations", "operation_id"),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_fees_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_fees")),
    )
    op.create_index("ix_fees_client", "fees", ["business_id", "client_id", "id"])
    op.create_index(
        "ix_fees_order", "fees", ["business_id", "order_id"], postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.create_index(
        "uq_fees_one_standing",
        "fees",
        ["business_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('OWED', 'PAID')"),
    )
    protect("fees")
