"""More words: how a pass may be closed, what may be due of it, what an order pays for."""

from alembic import op

revision = "0005"
down_revision = "0004"

_WORDS = {
    ("passes", "closed_reason"): ("EXPIRED", "CONVERTED", "DEACTIVATED", "RELEASED", "REFUNDED", "TRANSFERRED"),
    ("passes", "next_due_kind"): (
        *("EXPIRE", "RENEW", "CONVERT", "RETRY", "RELEASE", "LOT_EXPIRE"),
        *("REMIND", "WARN"),
    ),
    ("orders", "purpose"): ("SALE", "RENEWAL", "CONVERSION", "FEE", "PACKAGE"),
}


def upgrade() -> None:
    for (table, column), words in _WORDS.items():
        name = f"ck_{table}_{column}_word"
        listed = ", ".join(f"'{word}'" for word in words)
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        # Every stored row holds one of the former words, which all stay: the check need not read the table.
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
