"""What lots are worth, and refunds."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import let_sweeper, protect

revision = "0011"
down_revision = "0010"

_TEST_CARDS = ("APPROVE", "DECLINE", "DECLINE_HARD", "TIMEOUT", "REFUND_DECLINE")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def upgrade() -> None:
    op.add_column("lots", sa.Column("value_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.create_check_constraint(op.f("ck_lots_value_not_negative"), "lots", "value_minor >= 0")
    # What was granted before is worth what its period cost; row-level security binds the owner too.
    op.execute("ALTER TABLE lots NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE periods NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE lots l SET value_minor = n.price_minor FROM periods n WHERE n.business_id = l.business_id "
        "AND n.pass_id = l.pass_id AND n.number = l.period_number AND l.kind = 'GRANT' AND n.price_minor > 0"
    )
    op.execute("ALTER TABLE lots FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE periods FORCE ROW LEVEL SECURITY")
    for table in ("passes", "payments"):
        op.drop_constraint(op.f(f"ck_{table}_test_card_word"), table)
        op.create_check_constraint(op.f(f"ck_{table}_test_card_word"), table, f"test_card IN ({_listed(_TEST_CARDS)})")
    op.create_table(
        "refunds",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint(
            "(destination = 'ORIGINAL') = (payment_id IS NOT NULL)", name=op.f("ck_refunds_original_has_payment")
        ),
        sa.CheckConstraint(
            "(gateway_key IS NULL) = (payment_id IS NULL)", name=op.f("ck_refunds_gateway_key_with_payment")
        ),
        sa.CheckConstraint("destination IN ('ORIGINAL', 'CREDIT')", name=op.f("ck_refunds_destination_word")),
        sa.CheckConstraint(
            "state IN ('INTENDED', 'DONE', 'FAILED', 'UNKNOWN', 'CREDITED')", name=op.f("ck_refunds_state_word")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name="fk_refunds_business_id_pass_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_refunds_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"], ["orders.business_id", "orders.id"], name="fk_refunds_business_id_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "payment_id"],
            ["payments.business_id", "payments.id"],
            name="fk_refunds_business_id_payment_id",
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_refunds_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("business_id", "gateway_key", name=op.f("uq_refunds_business_id_gateway_key")),
    )
    op.create_index("ix_refunds_pass", "refunds", ["business_id", "pass_id"], unique=False)
    op.create_index("ix_refunds_order", "refunds", ["business_id", "order_id"], unique=False)
    op.create_index(
        "ix_refunds_open",
        "refunds",
        ["intended_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('INTENDED', 'UNKNOWN')"),
    )
    op.create_table(
        "gateway_refunds",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("charge_key", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("refunded", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_gateway_refunds_business_id"),
        sa.PrimaryKeyConstraint("business_id", "gateway_key", name=op.f("pk_gateway_refunds")),
    )
    protect("refunds")
    protect("gateway_refunds", append_only=True)
    let_sweeper("refunds")


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
