"""Packages, their versions, the packages that were sold, and the goods and credit that came with them."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import SaleChannel
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

packages = tenant_table(
    "packages",
    Column("current_version", Integer, nullable=False),
    instant("created_at"),
    instant("archived_at", optional=True),
    # What a direct link to the package carries: the store makes it once, and nobody can guess it.
    Column("direct_link_code", Text, nullable=False, server_default=sql("replace(gen_random_uuid()::text, '-', '')")),
    CheckConstraint("current_version >= 1", name="version_positive"),
)

package_versions = tenant_table(
    "package_versions",
    ident("package_id"),
    Column("version", Integer, nullable=False),
    text("name"),
    amount("price_minor"),
    Column("terms", JSONB, nullable=False),
    instant("created_at"),
    belongs_to("packages", "package_id"),
    CheckConstraint("price_minor >= 0", name="price_not_negative"),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
    key=("package_id", "version"),
)

package_sales = tenant_table(
    "package_sales",
    ident("client_id"),
    ident("package_id"),
    Column("package_version", Integer, nullable=False),
    amount("price_minor"),
    ident("order_id"),
    text("channel"),
    instant("sold_at"),
    instant("refunded_at", optional=True),
    belongs_to("clients", "client_id"),
    belongs_to("orders", "order_id"),
    ForeignKeyConstraint(
        ["business_id", "package_id", "package_version"],
        ["package_versions.business_id", "package_versions.package_id", "package_versions.version"],
    ),
    one_of("channel", SaleChannel),
    CheckConstraint("price_minor >= 0", name="price_not_negative"),
)

Index("ix_package_sales_client", package_sales.c.business_id, package_sales.c.client_id)
Index("uq_package_sales_order", package_sales.c.business_id, package_sales.c.order_id, unique=True)

package_items = tenant_table(
    "package_items",
    ident("package_sale_id"),
    Column("position", Integer, nullable=False),
    text("kind"),
    text("name", optional=True),
    Column("quantity", Integer, nullable=False),
    amount("value_minor"),
    amount("share_minor"),
    amount("refunded_minor"),
    instant("refunded_at", optional=True),
    belongs_to("package_sales", "package_sale_id"),
    CheckConstraint("kind IN ('GOODS', 'CREDIT')", name="kind_word"),
    CheckConstraint("(kind = 'GOODS') = (name IS NOT NULL)", name="goods_have_names"),
    CheckConstraint("quantity >= 1 AND value_minor >= 0", name="quantity_positive"),
    CheckConstraint("refunded_minor BETWEEN 0 AND share_minor", name="refunded_within_share"),
    CheckConstraint("refunded_minor = 0 OR refunded_at IS NOT NULL", name="refunded_has_instant"),
)

Index("ix_package_items_sale", package_items.c.business_id, package_items.c.package_sale_id)
