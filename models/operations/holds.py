"""Place a hold on a pass, end it early, or remove it. Nothing is erased: the record says what was asked and when."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, ToPay, Tx, checked_day, checked_text
from models.operations.cover_waiting import Waiting, covered, lock_with_waiting
from models.operations.pass_guards import locked_pass, require_open, require_settled
from models.operations.refresh import refresh
from models.operations.remind import announce_at_once
from models.operations.sell_pass import checked_payment
from models.operations.write_hold import NewHold, lift_hold, moved_a_past_period, write_hold
from models.queries.locks import lock_passes
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.hold_policy import AskedHold, against, too_short
from models.rules.values import HoldKind, OrderPurpose, PaymentMethod, Role, TestCard
from models.tables.base import new_id


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Hold a pass from the first to the last day, both held; `last_day` None leaves the end open.

    Staff may go beyond the pass's policy with `override`, and let its fee go with `waive_fee`.
    """

    pass_id: UUID
    first_day: date
    last_day: date | None = None
    kind: HoldKind = HoldKind.FREEZE
    reason: str | None = None
    keep_visits: bool = False
    override: bool = False
    waive_fee: bool = False
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None


@dataclass(frozen=True, slots=True)
class EndHold:
    """End a hold early: `last_day` is its new last held day; None is yesterday, so that the pass works today."""

    hold_id: UUID
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class RemoveHold:
    """Take a hold back as if it had never been, with the days it gave."""

    hold_id: UUID


async def place_hold(tx: Tx, command: PlaceHold) -> Changed | ToPay:
    """Place a hold; booked visits inside are cancelled and returned, or kept where staff say so.

    A visit that a client could only cancel late is cancelled late by a client's hold too. A freeze is held to the
    policy of the pass, and where that has a fee it is placed once the fee is paid.

    A period bought ahead moves with the freeze: visits it pays for that are then before it become unpaid, and listed.

    Errors: NOT_FOUND, FORBIDDEN, PASS_ENDED, PASS_CLOSED, HOLDS_NOT_ALLOWED, DATES_REVERSED, DATE_OUT_OF_RANGE,
    HOLD_IN_PAST, HOLD_OUTSIDE_PASS; of the policy, all that apply: HOLDS_USED_UP, HOLD_TOO_SHORT, HOLD_TOO_LONG,
    HOLD_NEEDS_END, HOLD_DAYS_USED_UP, HOLD_REASON_NOT_LISTED, and for clients HOLD_NOTICE_TOO_SHORT and
    HOLD_BY_STUDIO_ONLY; of the fee, PAYMENT_REQUIRED, PAYMENT_DECLINED, PAYMENT_IN_PROGRESS.
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    reason = None if command.reason is None else checked_text(command.reason, 1, 500, "reason")
    command = replace(command, reason=reason)
    _check_place(tx, command, facts)
    overrides = _check_policy(tx, command, facts)
    by_client = tx.actor.role is Role.CLIENT
    days = (command.first_day, command.last_day)
    new = NewHold(command.kind, *days, reason, command.keep_visits, by_client, overrides)
    fee_minor = facts.terms.hold_policy.fee_minor if command.kind is HoldKind.FREEZE else 0
    if not fee_minor:
        return await _written(tx, facts, new, waiting)
    require_settled(facts)
    if command.waive_fee:
        return await _written(tx, facts, new, waiting)
    payment = checked_payment(tx, command.payment_method, command.test_card, fee_minor)
    running = [p.number for p, window in zip(facts.periods, facts.windows, strict=True) if window.covers(tx.now)]
    order_id = new_id()
    return ToPay(
        purpose=OrderPurpose.FEE,
        client_id=facts.client_id,
        pass_id=facts.id,
        period_number=running[0] if running else facts.periods[-1].number,
        subject_pass_id=facts.id,
        price_minor=fee_minor,
        credit_minor=0,
        payment=payment,
        details=_stored(new),
        gateway_key=f"fee:{order_id}:1",
        id=order_id,
    )


async def _written(tx: Tx, facts: PassFacts, new: NewHold, waiting: Waiting) -> Changed:
    """Write the hold, and let what it gives back pay for visits that wait; those it leaves unpaid itself stay so."""
    return await covered(tx, await write_hold(tx, facts, new), waiting)


def _stored(new: NewHold) -> dict[str, Any]:
    return {
        "fee": "HOLD",
        "first_day": new.first_day.isoformat(),
        "last_day": new.last_day and new.last_day.isoformat(),
        "reason": new.reason,
        "keep_visits": new.keep_visits,
        "by_client": new.by_client,
        "overrides": new.overrides,
    }


async def fulfil_hold_fee(tx: Tx, bought: ToPay) -> Changed:
    """Place the freeze whose fee is paid. Nobody else could use up the allowance while the payment was in flight."""
    waiting = await lock_with_waiting(tx, [bought.pass_id])
    facts = (await lock_passes(tx.raw, [bought.pass_id]))[bought.pass_id]
    asked = bought.details
    last_day = date.fromisoformat(asked["last_day"]) if asked["last_day"] else None
    new = NewHold(
        HoldKind.FREEZE,
        date.fromisoformat(asked["first_day"]),
        last_day,
        asked["reason"],
        asked["keep_visits"],
        asked["by_client"],
        asked["overrides"],
        order_id=bought.id,
    )
    return await _written(tx, facts, new, waiting)


async def hold_fee_declined(tx: Tx, bought: ToPay, *, hard: bool, detail: str) -> None:
    """Note the declined fee; the pass stays as it was, and what is due of it is due again."""
    await lock_passes(tx.raw, [bought.pass_id])
    await tx.event("payment.declined", pass_id=bought.pass_id, detail=detail, hard=hard)
    await refresh(tx, [bought.pass_id])


async def end_hold(tx: Tx, command: EndHold) -> Changed:
    """End a hold early. The days it no longer holds are taken off the end again, and may pay for visits that wait.

    A client keeps to the shortest freeze of the pass's policy here too; the studio need not.

    Errors: NOT_FOUND, HOLD_ENDED, HOLD_PERIOD_OVER, DATES_REVERSED, FORBIDDEN, HOLD_IN_PAST and HOLD_TOO_SHORT
    (clients), NOTHING_TO_DO.
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting, hold, facts = await _locked_hold(tx, command.hold_id)
    today = local_day(tx.now, facts.zone)
    last_day = command.last_day or today - timedelta(days=1)
    if last_day < hold["first_day"]:
        raise refuse(Code.DATES_REVERSED, "lastDay")
    if hold["last_day"] is not None and last_day >= hold["last_day"]:
        raise refuse(Code.NOTHING_TO_DO, "lastDay", sentence="the hold ends then or earlier already.")
    if tx.actor.role is Role.CLIENT and last_day < today - timedelta(days=1):
        raise refuse(Code.HOLD_IN_PAST, "lastDay", day=today - timedelta(days=1))
    checked_day(tx, last_day, "lastDay")
    short = too_short(facts.terms.hold_policy, hold["first_day"], last_day)
    if short is not None and tx.actor.role is Role.CLIENT:
        raise Refused(Problem(short, ("lastDay",)))
    return await _lifted(tx, await lift_hold(tx, hold["id"], facts, "hold.ended", last_day=last_day), waiting)


async def remove_hold(tx: Tx, command: RemoveHold) -> Changed:
    """Remove a hold; a client may until the end of its first day, when ending it early could not yet leave a held day.

    A block is the studio's word: clients neither place nor lift one.

    Errors: NOT_FOUND, HOLD_ENDED, HOLD_PERIOD_OVER, FORBIDDEN.
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting, hold, facts = await _locked_hold(tx, command.hold_id, may_be_over=True)
    if tx.actor.role is Role.CLIENT and hold["first_day"] < local_day(tx.now, facts.zone):
        raise refuse(Code.FORBIDDEN, "holdId", roles="STAFF")
    return await _lifted(tx, await lift_hold(tx, hold["id"], facts, "hold.removed", removed_at=tx.now), waiting)


async def _lifted(tx: Tx, changed: Changed, waiting: Waiting) -> Changed:
    """Let the days that are held no more pay for visits that wait; a client has brought the renewal closer themself."""
    if tx.actor.role is Role.CLIENT:
        await announce_at_once(tx, changed.passes[0])
    return await covered(tx, changed, waiting)


def _check_place(tx: Tx, command: PlaceHold, facts: PassFacts) -> None:
    require_open(tx, facts)
    if tx.actor.role is Role.CLIENT and (command.kind is not HoldKind.FREEZE or command.keep_visits):
        raise refuse(Code.FORBIDDEN, "kind", roles="STAFF")
    if command.kind is HoldKind.CLOSURE:
        raise refuse(Code.INVALID_INPUT, "kind", sentence="A closure is placed on a location, not on a pass.")
    if tx.actor.role is Role.CLIENT and (command.override or command.waive_fee):
        raise refuse(Code.FORBIDDEN, "override" if command.override else "waiveFee", roles="STAFF")
    if not facts.terms.holds_allowed and command.kind is HoldKind.FREEZE and not command.override:
        raise refuse(Code.HOLDS_NOT_ALLOWED, "passId")
    checked_day(tx, command.first_day, "firstDay")
    if command.last_day is not None:
        checked_day(tx, command.last_day, "lastDay")
        if command.last_day < command.first_day:
            raise refuse(Code.DATES_REVERSED, "lastDay")
    earliest = _earliest_hold_day(tx, facts)
    if command.first_day < earliest:
        raise refuse(Code.HOLD_IN_PAST, "firstDay", day=earliest)
    first, last = facts.windows[0].first_day, facts.windows[-1].last_day
    before = first is not None and command.last_day is not None and command.last_day < first
    if before or (last is not None and command.first_day > last):
        raise refuse(Code.HOLD_OUTSIDE_PASS, "firstDay")


def _check_policy(tx: Tx, command: PlaceHold, facts: PassFacts) -> bool:
    """Refuse with all the policy says against a freeze; return whether staff override any of it."""
    if command.kind is not HoldKind.FREEZE:
        return False
    found = against(
        facts.terms.hold_policy,
        facts.holds,
        AskedHold(command.first_day, command.last_day, command.reason),
        by_client=tx.actor.role is Role.CLIENT,
        today=local_day(tx.now, facts.zone),
    )
    if found and not command.override:
        raise Refused(*(Problem(reason, (path,)) for path, reason in found))
    return bool(found) or not facts.terms.holds_allowed


def _earliest_hold_day(tx: Tx, facts: PassFacts) -> date:
    """Clients hold from today; staff may go back to the first day of the period that runs now."""
    today = local_day(tx.now, facts.zone)
    running = next((window for window in facts.windows if window.covers(tx.now)), None)
    if tx.actor.role is Role.CLIENT or running is None or running.first_day is None:
        return today
    return min(today, running.first_day)


async def _locked_hold(tx: Tx, hold_id: UUID, *, may_be_over: bool = False) -> tuple[Waiting, Any, PassFacts]:
    found = await tx.raw.fetchrow("SELECT pass_id FROM holds WHERE id = $1", hold_id)
    if found is None:
        raise unknown("hold", "holdId")
    waiting = await lock_with_waiting(tx, [found["pass_id"]])
    facts = await locked_pass(tx, found["pass_id"], thing="hold", path="holdId")
    hold = await tx.row("SELECT * FROM holds WHERE id = $1", hold_id)
    today = local_day(tx.now, facts.zone)
    over = hold["last_day"] is not None and hold["last_day"] < today
    if hold["removed_at"] is not None or (over and not may_be_over):
        raise refuse(Code.HOLD_ENDED, "holdId")
    if tx.actor.role is Role.CLIENT and HoldKind(hold["kind"]) is not HoldKind.FREEZE:
        raise refuse(Code.FORBIDDEN, "holdId", roles="STAFF")
    if HoldKind(hold["kind"]).extends and moved_a_past_period(tx, facts, hold["first_day"], hold["last_day"]):
        raise refuse(Code.HOLD_PERIOD_OVER, "holdId")
    return waiting, hold, facts
