"""Periods whose renewal was undone, refunds that are no longer owed, and undoings that were undone themselves."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import APP

revision = "0021"
down_revision = "0020"

_APART = """
EXCLUDE USING gist (business_id WITH =, pass_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE (starts_at IS NOT NULL AND taken_back_at IS NULL) DEFERRABLE INITIALLY DEFERRED
"""
_STATES = "state IN ('INTENDED', 'DONE', 'FAILED', 'UNKNOWN', 'CREDITED', 'TAKEN_BACK')"


def upgrade() -> None:
    op.add_column("periods", sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_periods_number_positive"), "periods")
    op.create_check_constraint(
        op.f("ck_periods_number_counts"), "periods", "number <> 0 AND (number < 0) = (taken_back_at IS NOT NULL)"
    )
    op.drop_constraint("ex_periods_overlap", "periods")
    op.execute(f"ALTER TABLE periods ADD CONSTRAINT ex_periods_overlap {_APART}")
    op.drop_constraint(op.f("ck_refunds_state_word"), "refunds")
    op.create_check_constraint(op.f("ck_refunds_state_word"), "refunds", _STATES)
    # What had followed a period and was undone gives its number up.
    op.execute(f"GRANT UPDATE (period_number, to_period_number) ON successions TO {APP}")
    op.add_column("undoings", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
