"""Pay for visits that are unpaid, old or to come."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, unique
from models.operations.book_visits import VISITS_MAX, PayBy, answer, more_covered, pay, payers
from models.queries.facts import visit_facts
from models.queries.locks import lock_visits
from models.rules.codes import Code
from models.rules.values import Role, VisitState


@dataclass(frozen=True, slots=True)
class PayVisits:
    """Pay for these visits of one client."""

    visit_ids: tuple[UUID, ...]
    pay_by: PayBy = PayBy.AUTO
    pass_id: UUID | None = None


async def pay_visits(tx: Tx, command: PayVisits) -> Changed:
    """Pay for as many as can be, in start order; the rest stay unpaid, each with every pass's reasons.

    Errors: NOT_FOUND, TOO_MANY, NOTHING_TO_DO, ALREADY_PAID, VISIT_NOT_PAYABLE, INVALID_INPUT for visits of
    several clients or for paying by nothing.
    """
    tx.require(*STAFF, Role.CLIENT, Role.PARTNER)
    ids = unique(command.visit_ids)
    if not ids:
        raise refuse(Code.NOTHING_TO_DO, "visitIds", sentence="no visit was named.")
    if len(ids) > VISITS_MAX:
        raise refuse(Code.TOO_MANY, "visitIds", limit=VISITS_MAX)
    if command.pay_by is PayBy.NOTHING:
        raise refuse(Code.INVALID_INPUT, "payBy", sentence="Paying takes AUTO or a named pass.")
    owners = await tx.raw.fetch("SELECT id, client_id, projected_pass_id FROM visits WHERE id = ANY($1)", ids)
    if len(owners) != len(ids):
        raise unknown("visit", "visitIds")
    client_id = owners[0]["client_id"]
    tx.require_client(client_id, "visit", "visitIds")
    if any(row["client_id"] != client_id for row in owners):
        raise refuse(Code.INVALID_INPUT, "visitIds", sentence="The visits belong to several clients.")
    standing = {row["projected_pass_id"] for row in owners} - {None}
    passes = await payers(tx, client_id, command.pay_by, command.pass_id, also_lock=standing)
    rows = await lock_visits(tx.raw, ids)
    if not {row["projected_pass_id"] for row in rows} - {None} <= standing | passes.keys():
        raise asyncpg.SerializationError("another pass has come to stand for the visit meanwhile")
    for row in rows:
        state = VisitState(row["state"])
        index = str(ids.index(row["id"]))
        if row["pass_id"] is not None:
            raise refuse(Code.ALREADY_PAID, "visitIds", index)
        if not state.live and state is not VisitState.NO_SHOW:
            raise refuse(Code.VISIT_NOT_PAYABLE, "visitIds", index, state=state)
    states = {row["id"]: VisitState(row["state"]) for row in rows}
    outcomes = await pay(tx, passes, [visit_facts(row) for row in rows], states, command.pay_by)
    moves = await more_covered(tx, client_id, command.pay_by, passes, outcomes)
    return await answer(tx, passes, outcomes, moves, states, command.pay_by)
