"""Packages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _packages()
    _sales()
    op.add_column("passes", sa.Column("package_sale_id", sa.Uuid(), nullable=True))
    op.add_column("passes", sa.Column("terms_override", postgresql.JSONB(), nullable=True))
    op.create_foreign_key(
        op.f("fk_passes_business_id_package_sale_id"),
        "passes",
        "package_sales",
        ["business_id", "package_sale_id"],
        ["business_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_passes_part_keeps_its_share"), "passes", "package_sale_id IS NULL OR terms_override IS NOT NULL"
    )
    op.create_index(
        "ix_passes_package_sale",
        "passes",
        ["business_id", "package_sale_id"],
        postgresql_where=sa.text("package_sale_id IS NOT NULL"),
    )
    op.add_column("refunds", sa.Column("package_item_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_refunds_business_id_package_item_id"),
        "refunds",
        "package_items",
        ["business_id", "package_item_id"],
        ["business_id", "id"],
    )


def _packages() -> None:
    op.create_table(
        "packages",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "direct_link_code",
            sa.Text(),
            nullable=False,
            server_default=sa.text("replace(gen_random_uuid()::text, '-', '')"),
        ),
        sa.CheckConstraint("current_version >= 1", name=op.f("ck_packages_version_positive")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_packages_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_packages")),
    )
    protect("packages")
    op.create_table(
        "package_versions",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_package_versions_price_not_negative")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_package_versions_name_length")),
        sa.ForeignKeyConstraint(
            ["business_id", "package_id"],
            ["packages.business_id", "packages.id"],
            name=op.f("fk_package_versions_business_id_package_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_package_versions_business_id"),
        sa.PrimaryKeyConstraint("business_id", "package_id", "version", name=op.f("pk_package_versions")),
    )
    protect("package_versions", append_only=True)


def _sales() -> None:
    op.create_table(
        "package_sales",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("package_version", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('ONLINE', 'STAFF', 'DIRECT_LINK')", name=op.f("ck_package_sales_channel_word")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_package_sales_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_package_sales_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_package_sales_business_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "package_id", "package_version"],
            ["package_versions.business_id", "package_versions.package_id", "package_versions.version"],
            name=op.f("fk_package_sales_business_id_package_id_package_version"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_package_sales_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_package_sales")),
    )
    op.create_index("ix_package_sales_client", "package_sales", ["business_id", "client_id"])
    op.create_index("uq_package_sales_order", "package_sales", ["business_id", "order_id"], unique=True)
    protect("package_sales")
    op.create_table(
        "package_items",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("package_sale_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("share_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('GOODS', 'CREDIT')", name=op.f("ck_package_items_kind_word")),
        sa.CheckConstraint("(kind = 'GOODS') = (name IS NOT NULL)", name=op.f("ck_package_items_goods_have_names")),
        sa.CheckConstraint("quantity >= 1 AND value_minor >= 0", name=op.f("ck_package_items_quantity_positive")),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND share_minor", name=op.f("ck_package_items_refunded_within_share")
        ),
        sa.CheckConstraint(
            "refunded_minor = 0 OR refunded_at IS NOT NULL", name=op.f("ck_package_items_refunded_has_instant")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "package_sale_id"],
            ["package_sales.business_id", "package_sales.id"],
            name=op.f("fk_package_items_business_id_package_sale_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_package_items_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_package_items")),
    )
    op.create_index("ix_package_items_sale", "package_items", ["business_id", "package_sale_id"])
    protect("package_items")
