"""Undo what was done to a pass: its units, its end, its renewal, its plan, and whether it is in use."""

from datetime import date
from typing import Any
from uuid import UUID

from models.errors import Refused, refuse
from models.operations.base import Changed, Tx
from models.operations.change_pass import DeactivatePass, ReactivatePass, deactivate_pass, reactivate_pass
from models.operations.convert_pass import PLAN
from models.operations.lapse import release_uncovered
from models.operations.ledger import move
from models.operations.pass_guards import locked_pass, require_settled
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took
from models.operations.undo.dependents import ENDINGS, STANDING, depended_on, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.guards import GONE, require_going
from models.operations.undo.holds import lift_what_joined
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.rules.values import Account
from models.tables.passes import passes

# What it did to the pass itself; visits that it let be paid with that are seen to before.
_MOVED = "SELECT * FROM transfers WHERE pass_id = $1 AND operation_id = $2 AND visit_id IS NULL ORDER BY id"
_SPENT_BY = f"""
SELECT DISTINCT t.operation_id AS id FROM transfers t
WHERE t.lot_id = $1 AND t.id > $2 AND t.operation_id <> ALL($3) AND {STANDING.format("t.operation_id")}
"""
# What came to an outcome on days that were given, paid by the pass.
_USED_SINCE = """
SELECT c.operation_id AS id FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
WHERE c.pass_id = $1 AND c.released_at IS NULL AND c.account <> 'BOOKED' AND c.id > $2 AND v.day > $3::date
"""
_RULES = ("pass.autoRenewSet", "conversion.scheduled", "conversion.cancelled", "conversion.impossible", *ENDINGS)


async def undo_adjustment(tx: Tx, done: Done) -> Changed:
    """Take added units away again where none was spent, or give taken ones back to the lots they came from.

    Errors: DEPENDED_ON, PASS_CLOSED, PASS_ENDED, NOT_UNDOABLE where the lot of taken units is over.
    """
    pass_id = UUID(done.command["pass_id"])
    facts = await locked_pass(tx, pass_id)
    await require_none_later(tx, done, ENDINGS, passes=[pass_id])
    require_going(tx, facts)
    lots = {lot.id: lot for lot in facts.lots}
    for moved in await tx.raw.fetch(_MOVED, pass_id, done.id):
        lot, source, quantity = lots[moved["lot_id"]], Account(moved["to_account"]), moved["quantity"]
        if source is Account.AVAILABLE:
            if lot.available < quantity:
                raise await depended_on(tx, await _who_spent(tx, done, moved))
            await move(tx, lot.id, pass_id, Account.AVAILABLE, Account.ADJUSTED, quantity)
        elif lot.window.ends_at is not None and lot.window.ends_at <= tx.now:
            raise refuse(
                Code.NOT_UNDOABLE,
                "operationId",
                sentence="the days of the units that were taken are over.",
                remedy="Add units to the period that runs with adjustPass.",
            )
        else:
            await move(tx, lot.id, pass_id, Account.ADJUSTED, Account.AVAILABLE, quantity)
    await tx.event("pass.adjusted", pass_id=pass_id, quantity=-done.changed.figures["quantity"], reason=done.reason)
    await refresh(tx, [pass_id])
    return Changed([pass_id])


async def undo_extension(tx: Tx, done: Done) -> Changed:
    """Take the days away again that one pass or many were given, with the units that came back with them.

    Errors: DEPENDED_ON for what uses those days or units, PASS_CLOSED, PAYMENT_IN_PROGRESS, NOT_UNDOABLE.
    """
    ids = sorted(done.changed.passes)
    locked = await lock_passes(tx.raw, ids)
    await lift_what_joined(tx, done)
    for pass_id, facts in locked.items():
        if len(ids) > 1 and facts.closed_reason in GONE:
            continue  # One that is gone since has no use for days, and is no reason to leave them to the others.
        await require_none_later(tx, done, ENDINGS, passes=[pass_id])
        require_going(tx, facts)
        require_settled(facts)
        if await tx.raw.fetchval(
            "SELECT (data->>'forgotCharge')::boolean FROM events WHERE operation_id = $1 AND pass_id = $2 "
            "AND type = 'pass.extended'",
            done.id,
            pass_id,
        ):
            raise forgot_a_charge()
        await _shorten(tx, done, pass_id)
    return Changed(ids, figures={"days": done.changed.figures["days"]})


async def _shorten(tx: Tx, done: Done, pass_id: UUID) -> None:
    facts = (await lock_passes(tx.raw, [pass_id]))[pass_id]
    days = done.changed.figures["days"]
    await tx.raw.execute(
        "UPDATE periods SET extra_days = extra_days - $1 WHERE pass_id = $2 AND number = $3",
        days,
        pass_id,
        facts.periods[-1].number,
    )
    lots = {lot.id: lot for lot in facts.lots}
    for moved in await tx.raw.fetch(_MOVED, pass_id, done.id):
        if (moved["from_account"], moved["to_account"]) == (Account.EXPIRED, Account.AVAILABLE):
            if lots[moved["lot_id"]].available < moved["quantity"]:
                raise await depended_on(tx, await _who_spent(tx, done, moved))
            await move(tx, moved["lot_id"], pass_id, Account.AVAILABLE, Account.EXPIRED, moved["quantity"])
    after = (await refresh(tx, [pass_id]))[pass_id]
    used = await tx.raw.fetch(_USED_SINCE, pass_id, done.since, after.windows[-1].last_day)
    if used:
        raise await depended_on(tx, [row["id"] for row in used])
    await release_uncovered(tx, facts, after)
    await tx.event("pass.extended", pass_id=pass_id, days=-days, reason=done.reason, forgotCharge=False)
    await refresh(tx, [pass_id])


async def _who_spent(tx: Tx, done: Done, moved: Any) -> list[UUID]:
    """Return who moved units of the lot since; a lot that lapsed was moved by what fell due."""
    rows = await tx.raw.fetch(_SPENT_BY, moved["lot_id"], moved["id"], [done.id, tx.operation_id])
    return [row["id"] for row in rows]


async def undo_auto_renew(tx: Tx, done: Done) -> Changed:
    """Switch renewal back, with the way it was paid. Errors: DEPENDED_ON, NOT_UNDOABLE, PASS_CLOSED, PASS_ENDED."""
    pass_id, former = UUID(done.command["pass_id"]), _former(done)
    facts = await locked_pass(tx, pass_id)
    await require_none_later(tx, done, _RULES, passes=[pass_id])
    require_going(tx, facts)
    require_settled(facts)
    await tx.update(passes, pass_id, **{name: former[name] for name in ("auto_renew", "payment_method", "test_card")})
    await tx.event("pass.autoRenewSet", pass_id=pass_id, enabled=former["auto_renew"])
    await refresh(tx, [pass_id])
    return Changed([pass_id])


async def undo_plan(tx: Tx, done: Done) -> Changed:
    """Let the rule or the plan follow the end of the pass that did before a conversion was planned or cancelled."""
    pass_id, former = UUID(done.command["pass_id"]), _former(done)
    facts = await locked_pass(tx, pass_id)
    await require_none_later(tx, done, _RULES, passes=[pass_id])
    require_going(tx, facts)
    require_settled(facts)
    plan = {name: former[name] for name in PLAN}
    plan["conversion_on"] = plan["conversion_on"] and date.fromisoformat(plan["conversion_on"])
    target = plan["conversion_option_id"] = plan["conversion_option_id"] and UUID(plan["conversion_option_id"])
    if plan["conversion_on"] is not None and plan["conversion_on"] <= tx.today:
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the day that was planned is over.",
            remedy="Plan the conversion anew with scheduleConversion.",
        )
    await tx.update(passes, pass_id, **plan)
    if target is None or former["after_expiration"] != "CONVERT":
        await tx.event("conversion.cancelled", pass_id=pass_id)
    else:
        await tx.event("conversion.scheduled", pass_id=pass_id, option=target, on=plan["conversion_on"])
    await refresh(tx, [pass_id])
    return Changed([pass_id])


async def undo_deactivation(tx: Tx, done: Done) -> Changed:
    """Put the pass back into use, and let it pay again for the visits that it left unpaid."""
    pass_id = UUID(done.command["pass_id"])
    await lock_passes(tx.raw, [pass_id])
    await require_none_later(tx, done, ("pass.reactivated", *ENDINGS), passes=[pass_id])
    await reactivate_pass(tx, ReactivatePass(pass_id))
    await give_what_it_took(tx, done, done.changed.visits)
    return Changed([pass_id], list(done.changed.visits))


async def undo_reactivation(tx: Tx, done: Done) -> Changed:
    """Take the pass out of use again. Errors: DEPENDED_ON for what it has paid since, PASS_CLOSED."""
    pass_id = UUID(done.command["pass_id"])
    await lock_passes(tx.raw, [pass_id])
    await require_none_later(tx, done, ENDINGS, passes=[pass_id])
    await lift_what_joined(tx, done)
    changed = await deactivate_pass(tx, DeactivatePass(pass_id, done.reason))
    return Changed([pass_id], changed.visits)


def _former(done: Done) -> dict[str, Any]:
    """Return how the pass was before. Errors: NOT_UNDOABLE where that is not known or holds an overdue charge."""
    former = done.former()
    if former is None:
        raise not_written_down()
    if former["overdue"]:
        raise forgot_a_charge()
    return former


def not_written_down() -> Refused:
    """Return the refusal for an operation of an earlier release, to be raised."""
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="it did not write down how things were before.",
        remedy="Set it by hand as it should be.",
    )


def forgot_a_charge() -> Refused:
    """Return the refusal for an operation that let a failed charge be forgotten, to be raised."""
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="it let a charge that had failed be forgotten.",
        remedy="Charge for the pass with renewPass.",
    )
