"""Sharing with members of a household, visits of guests, and passes that were transferred."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import protect

revision = "0010"
down_revision = "0009"

_STANDS = "state IN ('BOOKED', 'ATTENDED', 'NO_SHOW')"


def upgrade() -> None:
    _shares()
    _guests()
    op.add_column("passes", sa.Column("transferred_from_pass_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")


def _belongs_to(other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["business_id", column],
        [f"{other}.business_id", f"{other}.id"],
        name=op.f(f"fk_shares_business_id_{column}"),
    )


def _shares() -> None:
    op.create_table(
        "shares",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("visits_max", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("removed_operation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('PENDING', 'ACTIVE', 'REMOVED')", name=op.f("ck_shares_state_word")),
        sa.CheckConstraint("visits_max >= 1", name=op.f("ck_shares_visits_max_positive")),
        sa.CheckConstraint("state <> 'ACTIVE' OR active_at IS NOT NULL", name=op.f("ck_shares_active_has_instant")),
        sa.CheckConstraint("state <> 'PENDING' OR active_at IS NULL", name=op.f("ck_shares_pending_was_never_active")),
        sa.CheckConstraint(
            "(state = 'REMOVED') = (removed_at IS NOT NULL)", name=op.f("ck_shares_removed_has_instant")
        ),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_operation_id IS NULL)", name=op.f("ck_shares_removal_whole")
        ),
        _belongs_to("passes", "pass_id"),
        _belongs_to("clients", "client_id"),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_shares_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_shares")),
    )
    op.create_index(
        "uq_shares_one_standing",
        "shares",
        ["business_id", "pass_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'REMOVED'"),
    )
    op.create_index("ix_shares_client", "shares", ["business_id", "client_id", "id"])
    op.create_index("ix_shares_pass", "shares", ["business_id", "pass_id", "id"])
    protect("shares")


def _guests() -> None:
    same = ["business_id", "client_id", "service_id", "location_id", "starts_at"]
    op.add_column("visits", sa.Column("guest_name", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_visits_guest_name_length"), "visits", "char_length(guest_name) BETWEEN 1 AND 200"
    )
    op.drop_index("uq_visits_same_visit", table_name="visits")
    op.create_index(
        "uq_visits_same_visit",
        "visits",
        same,
        unique=True,
        postgresql_where=sa.text(f"{_STANDS} AND guest_name IS NULL"),
    )
    op.create_index(
        "uq_visits_same_guest",
        "visits",
        [*same, "guest_name"],
        unique=True,
        postgresql_where=sa.text(f"{_STANDS} AND guest_name IS NOT NULL"),
    )
    # A claimed day is one person's; all that were claimed before are their owners' own.
    op.add_column("claimed_days", sa.Column("person", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.drop_index("uq_claimed_days_once", table_name="claimed_days")
    op.create_index(
        "uq_claimed_days_once",
        "claimed_days",
        ["business_id", "pass_id", "location_id", "day", "person"],
        unique=True,
        postgresql_where=sa.text("account <> 'AVAILABLE'"),
    )
