"""Lots with their balances, and the append-only transfers those balances are the sums of."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Integer
from sqlalchemy import text as sql

from models.rules.values import Account, LotKind, LotUnit
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

BALANCES = tuple(account.value.lower() for account in Account if account is not Account.ISSUED)
"""The balance columns of a lot: one for each account but ISSUED, from which everything comes."""

lots = tenant_table(
    "lots",
    ident("pass_id"),
    Column("period_number", Integer, nullable=False),
    text("kind"),
    text("unit"),
    amount("issued"),
    *(amount(balance) for balance in BALANCES),
    # Days of its own, for a lot that does not follow its period.
    Column("own_first_on", Date),
    Column("own_last_on", Date),
    # As it stands, kept from the rules.
    instant("starts_at", optional=True),
    instant("expires_at", optional=True),
    # The end for which its lapse has been announced.
    instant("warned_for", optional=True),
    # What its units are worth together, in minor units: a period's price, or what came with units passed on to it.
    Column("value_minor", BigInteger, nullable=False, server_default=sql("0")),
    ident("operation_id"),
    instant("created_at"),
    belongs_to("passes", "pass_id"),
    one_of("kind", LotKind),
    one_of("unit", LotUnit),
    *(CheckConstraint(f"{balance} >= 0", name=f"{balance}_not_negative") for balance in BALANCES),
    CheckConstraint(f"issued = {' + '.join(BALANCES)}", name="balances_sum_to_issued"),
    CheckConstraint("(own_first_on IS NULL) = (own_last_on IS NULL)", name="own_days_whole"),
    CheckConstraint("value_minor >= 0", name="value_not_negative"),
)

Index("ix_lots_pass", lots.c.business_id, lots.c.pass_id, lots.c.id)
Index(
    "uq_lots_one_grant_a_period",
    lots.c.business_id,
    lots.c.pass_id,
    lots.c.period_number,
    unique=True,
    postgresql_where=lots.c.kind == "GRANT",
)

transfers = tenant_table(
    "transfers",
    ident("lot_id"),
    ident("pass_id"),
    ident("operation_id"),
    ident("visit_id", optional=True),
    text("from_account"),
    text("to_account"),
    amount("quantity"),
    instant("effective_at"),
    instant("recorded_at"),
    belongs_to("lots", "lot_id"),
    one_of("from_account", Account),
    one_of("to_account", Account),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("from_account <> to_account", name="accounts_differ"),
    CheckConstraint("to_account <> 'ISSUED'", name="nothing_returns_to_issued"),
)

Index("ix_transfers_lot", transfers.c.business_id, transfers.c.lot_id, transfers.c.effective_at)
Index("ix_transfers_pass", transfers.c.business_id, transfers.c.pass_id, transfers.c.id)
