"""Places, services, clients and households whose creation was undone, discarded sandboxes, and withdrawn disputes."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import APP

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    for table in ("locations", "services", "clients", "households"):
        op.add_column(table, sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sandboxes", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"GRANT UPDATE (discarded_at) ON sandboxes TO {APP}")
    # The name of one that is archived is free again.
    for table in ("locations", "services"):
        op.create_index(
            f"uq_{table}_name",
            table,
            ["business_id", "name"],
            unique=True,
            postgresql_where=sa.text("archived_at IS NULL"),
        )
        op.drop_constraint(op.f(f"uq_{table}_business_id_name"), table)
    op.drop_constraint(op.f("ck_disputes_state_word"), "disputes")
    op.create_check_constraint(
        op.f("ck_disputes_state_word"), "disputes", "state IN ('OPEN', 'WON', 'LOST', 'WITHDRAWN')"
    )


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
