"""Imports: staged files, the names things had elsewhere, and what was used there before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("staged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'COMMITTED') = (committed_at IS NOT NULL AND operation_id IS NOT NULL)",
            name=op.f("ck_imports_committed_whole"),
        ),
        sa.CheckConstraint("kind IN ('CLIENTS', 'OPTIONS', 'PASSES', 'VISITS')", name=op.f("ck_imports_kind_word")),
        sa.CheckConstraint("state IN ('STAGING', 'STAGED', 'COMMITTED')", name=op.f("ck_imports_state_word")),
        sa.CheckConstraint("0 <= staged AND staged <= lines", name=op.f("ck_imports_staged_within")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_imports_digest_is_sha256")),
        sa.ForeignKeyConstraint(
            ["business_id", "operation_id"],
            ["operations.business_id", "operations.id"],
            name=op.f("fk_imports_business_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_imports_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_imports")),
    )
    op.create_index(
        "uq_imports_once",
        "imports",
        ["business_id", "kind", "digest"],
        unique=True,
        postgresql_where=sa.text("state = 'COMMITTED'"),
    )
    op.create_table(
        "import_lines",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unreadable", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "import_id"],
            ["imports.business_id", "imports.id"],
            name=op.f("fk_import_lines_business_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_import_lines_business_id"),
        sa.PrimaryKeyConstraint("business_id", "import_id", "line", name=op.f("pk_import_lines")),
    )
    op.create_index(
        "ix_import_lines_wrong",
        "import_lines",
        ["business_id", "import_id", "line"],
        unique=False,
        postgresql_where=sa.text("problems <> '[]' OR warnings <> '[]'"),
    )
    op.create_table(
        "external_refs",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('CLIENTS', 'OPTIONS', 'PASSES', 'VISITS')", name=op.f("ck_external_refs_kind_word")
        ),
        sa.CheckConstraint("char_length(ref) BETWEEN 1 AND 300", name=op.f("ck_external_refs_ref_length")),
        sa.ForeignKeyConstraint(
            ["business_id", "import_id"],
            ["imports.business_id", "imports.id"],
            name=op.f("fk_external_refs_business_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_external_refs_business_id"),
        sa.PrimaryKeyConstraint("business_id", "kind", "ref", name=op.f("pk_external_refs")),
    )
    op.create_index("ix_external_refs_row", "external_refs", ["business_id", "row_id"], unique=False)
    op.create_table(
        "carried_units",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_carried_units_account_word"),
        ),
        sa.CheckConstraint("account IN ('USED', 'FORFEITED')", name=op.f("ck_carried_units_account_consumed")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_carried_units_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_carried_units_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_carried_units_business_id"),
        sa.PrimaryKeyConstraint("business_id", "lot_id", "account", name=op.f("pk_carried_units")),
    )

    for table in ("imports", "import_lines", "external_refs", "carried_units"):
        protect(table)


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
