"""How many days before a charge the law lets it be announced at most, kept with the pass."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("passes", sa.Column("reminder_days_max", sa.Integer()))
    # The laws that a pass has been sold under so far are told by how early each wants a charge announced.
    op.execute(
        "UPDATE passes SET reminder_days_max = CASE reminder_days_min WHEN 15 THEN 45 WHEN 31 THEN 89 END "
        "WHERE reminder_days_min IN (15, 31)"
    )
    op.create_check_constraint(
        op.f("ck_passes_reminder_days_max_range"), "passes", "reminder_days_max BETWEEN reminder_days_min AND 366"
    )


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
