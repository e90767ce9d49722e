"""Visits that were to be paid by whichever pass may: their claims may move while nobody pinned them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    # Of visits booked before, nobody knows what they were to be paid by: they are left alone.
    op.add_column("visits", sa.Column("auto_pay", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
