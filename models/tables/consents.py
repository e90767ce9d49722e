"""What buyers agreed to when they bought what renews by itself. Never changed, only added to."""

from sqlalchemy import CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import Jurisdiction, Language, Role
from models.tables.base import belongs_to, ident, instant, one_of, tenant_table, text

consents = tenant_table(
    "consents",
    ident("pass_id"),
    # Who agreed, and by whose hands: the client's own, or the studio's that wrote it down.
    ident("client_id"),
    text("role"),
    text("text"),
    text("language"),
    text("jurisdiction"),
    # The price, the period and the trigger as they were sold.
    Column("shown", JSONB, nullable=False),
    ident("operation_id"),
    instant("at"),
    belongs_to("passes", "pass_id"),
    belongs_to("clients", "client_id"),
    one_of("role", Role),
    one_of("language", Language),
    one_of("jurisdiction", Jurisdiction),
    CheckConstraint("char_length(text) BETWEEN 1 AND 4000", name="text_length"),
)

Index("ix_consents_pass", consents.c.business_id, consents.c.pass_id)
