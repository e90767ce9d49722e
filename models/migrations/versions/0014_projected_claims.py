"""Projected claims."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
