"""Files taken in from another system: the import, its staged lines, the names things had there, and what was used
there before.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import Account
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

KINDS = ("CLIENTS", "OPTIONS", "PASSES", "VISITS")
_KIND = f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"

imports = tenant_table(
    "imports",
    text("kind"),
    text("state"),
    text("file_name"),
    Column("digest", LargeBinary, nullable=False),
    # How the file is read; the same file read otherwise is another import.
    Column("asked", JSONB, nullable=False),
    text("encoding"),
    Column("lines", Integer, nullable=False),
    Column("staged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("warned", Integer, nullable=False),
    Column("made", Integer, nullable=False),
    instant("created_at"),
    instant("committed_at", optional=True),
    ident("operation_id", optional=True),
    belongs_to("operations", "operation_id"),
    CheckConstraint(_KIND, name="kind_word"),
    CheckConstraint("state IN ('STAGING', 'STAGED', 'COMMITTED')", name="state_word"),
    CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    CheckConstraint("0 <= staged AND staged <= lines", name="staged_within"),
    CheckConstraint(
        "(state = 'COMMITTED') = (committed_at IS NOT NULL AND operation_id IS NOT NULL)", name="committed_whole"
    ),
)

Index(
    "uq_imports_once",
    imports.c.business_id,
    imports.c.kind,
    imports.c.digest,
    unique=True,
    postgresql_where=sql("state = 'COMMITTED'"),
)

import_lines = tenant_table(
    "import_lines",
    ident("import_id"),
    Column("line", Integer, nullable=False),
    text("ref"),
    Column("record", JSONB, nullable=False),
    # What cannot be read of it, and what its check said last.
    Column("unreadable", JSONB, nullable=False),
    Column("problems", JSONB, nullable=False),
    Column("warnings", JSONB, nullable=False),
    belongs_to("imports", "import_id"),
    key=("import_id", "line"),
)

Index(
    "ix_import_lines_wrong",
    import_lines.c.business_id,
    import_lines.c.import_id,
    import_lines.c.line,
    postgresql_where=sql("problems <> '[]' OR warnings <> '[]'"),
)

external_refs = tenant_table(
    "external_refs",
    text("kind"),
    text("ref"),
    ident("row_id"),
    ident("import_id"),
    belongs_to("imports", "import_id"),
    CheckConstraint(_KIND, name="kind_word"),
    CheckConstraint("char_length(ref) BETWEEN 1 AND 300", name="ref_length"),
    key=("kind", "ref"),
)

Index("ix_external_refs_row", external_refs.c.business_id, external_refs.c.row_id)

# Units that a pass had used or forfeited before it was imported, of which no visit is known here.
carried_units = tenant_table(
    "carried_units",
    ident("lot_id"),
    text("account"),
    amount("quantity"),
    belongs_to("lots", "lot_id"),
    one_of("account", Account),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    CheckConstraint("account IN ('USED', 'FORFEITED')", name="account_consumed"),
    key=("lot_id", "account"),
)
