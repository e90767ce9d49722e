"""The sandboxes a business has opened: businesses with a test clock of their own, holding copies of its products."""

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Column

from models.tables.base import ident, instant, tenant_table, text

sandboxes = tenant_table(
    "sandboxes",
    # Another tenant: nothing here can point at it, and only the owner's own verbs go there.
    ident("sandbox_business_id"),
    text("name"),
    Column("plan", JSONB, nullable=False),
    ident("operation_id"),
    instant("created_at"),
    # Set where its opening was undone: it is no longer listed, nor played in.
    instant("discarded_at", optional=True),
)
