"""The language a business speaks where a request asks for none."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("businesses", sa.Column("language", sa.Text(), server_default="EN", nullable=False))
    op.create_check_constraint(op.f("ck_businesses_language_word"), "businesses", "language IN ('EN', 'FR', 'ES')")


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
