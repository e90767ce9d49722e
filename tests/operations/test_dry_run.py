"""A dry run of every verb changes nothing, and returns what the real run then does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.operations.base import Changed
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import (
    CreateClient,
    create_client,
)
from models.operations.change_pass import (
    AdjustPass,
    DeactivatePass,
    ExtendPass,
    ReactivatePass,
    SetAutoRenew,
    adjust_pass,
    deactivate_pass,
    extend_pass,
    reactivate_pass,
    set_auto_renew,
)
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.convert_pass import (
    CancelConversion,
    ConvertPass,
    ScheduleConversion,
    cancel_conversion,
    convert_pass,
    schedule_conversion,
)
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    WaiveOutcome,
    cancel_visit,
    record_attendance,
    waive_outcome,
)
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
from models.operations.pay_fees import PayFees, WaiveFee, pay_fees, waive_fee
from models.operations.pay_visits import PayVisits, pay_visits
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.settle_refund import CreditRefund, credit_refund
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PaymentMethod,
    TestCard,
    UnusedAtConversion,
)
from tests.operations.acts import DAY, HOUR, hold
from tests.operations.sample_offers import (
    a_client,
    a_hold_on_a_package,
    a_household,
    a_joining,
    a_leaving,
    a_package,
    a_place,
    a_refund_of_a_package,
    a_renewal_of_a_package,
    a_revised_package,
    a_revision,
    a_sale_of_a_package,
    a_service,
    a_typing,
    an_archived_package,
    an_archiving,
    an_import,
    an_option,
)
from tests.studio import (
    MONTH,
    SHARED,
    TEN_CLASSES,
    Studio,
    household_with,
    lapsed_pass,
    missed_visit,
    shared_pass,
    sold_from_afar,
)

RENEWING = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)

Make = Callable[[Studio], Awaitable[tuple[Any, Any]]]


class Scene:
    """What a verb needs to have something to do, made by the real verbs."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def sold(self) -> UUID:
        """A renewing pass with two booked visits, tomorrow and the day after, and one that is over."""
        pass_id = await self.studio.sell(RENEWING)
        starts = [self.studio.began - HOUR, self.studio.began + DAY, self.studio.began + 2 * DAY]
        self.visits = (await self.studio.book(starts, pass_id=pass_id)).visits
        return pass_id

    async def held(self) -> UUID:
        """A hold that has begun, on such a pass."""
        first = self.studio.began.date()
        changed = await hold(self.studio, await self.sold(), first.isoformat(), (first + 5 * DAY).isoformat())
        await self.studio.advance(self.studio.began + 3 * DAY)
        return changed.holds[0]


async def a_sale(studio: Studio) -> tuple[Any, Any]:
    return sell_pass, SellPass(studio.client, await studio.option(), *CARD)


async def a_booking(studio: Studio) -> tuple[Any, Any]:
    await studio.sell(replace(TEN_CLASSES, quantity=1))
    starts = [studio.began + n * DAY for n in (1, 2)]
    visits = tuple(NewVisit(studio.service, studio.location, at, at + timedelta(minutes=60)) for at in starts)
    return book_visits, BookVisits(studio.client, visits)


async def a_payment(studio: Studio) -> tuple[Any, Any]:
    visits = (await studio.book([studio.began + DAY, studio.began + 2 * DAY], pay_by=PayBy.NOTHING)).visits
    await studio.sell(replace(TEN_CLASSES, quantity=1))
    return pay_visits, PayVisits(tuple(visits))


async def a_cancellation(studio: Studio) -> tuple[Any, Any]:
    scene = Scene(studio)
    await scene.sold()
    return cancel_visit, CancelVisit(scene.visits[1])


async def an_attendance(studio: Studio) -> tuple[Any, Any]:
    scene = Scene(studio)
    await scene.sold()
    return record_attendance, RecordAttendance(scene.visits[0], AttendanceOutcome.ATTENDED)


async def policies(studio: Studio) -> tuple[Any, Any]:
    return set_policies, SetPolicies(resolve_after_hours=5)


async def a_claim(studio: Studio) -> tuple[Any, Any]:
    return claim_lapsed, ClaimLapsed(await lapsed_pass(studio))


async def a_waiver(studio: Studio) -> tuple[Any, Any]:
    return waive_outcome, WaiveOutcome((await missed_visit(studio))[0], "Ill")


async def a_payment_of_fees(studio: Studio) -> tuple[Any, Any]:
    return pay_fees, PayFees(((await missed_visit(studio))[1],), *CARD)


async def a_waived_fee(studio: Studio) -> tuple[Any, Any]:
    return waive_fee, WaiveFee((await missed_visit(studio))[1], "Ill")


async def a_hold(studio: Studio) -> tuple[Any, Any]:
    first = studio.began.date()
    return place_hold, PlaceHold(await Scene(studio).sold(), first, first + 5 * DAY)


async def an_end_of_a_hold(studio: Studio) -> tuple[Any, Any]:
    return end_hold, EndHold(await Scene(studio).held())


async def a_removal_of_a_hold(studio: Studio) -> tuple[Any, Any]:
    return remove_hold, RemoveHold(await Scene(studio).held())


async def a_closure(studio: Studio) -> tuple[Any, Any]:
    await Scene(studio).sold()
    first = studio.began.date()
    return place_closure, PlaceClosure(studio.location, first, first + 5 * DAY, "Repairs")


async def a_closure_that_stands(studio: Studio) -> UUID:
    verb, command = await a_closure(studio)
    closure: UUID = (await studio.do(verb, command)).rows["closure"]
    await studio.advance(studio.began + 3 * DAY)
    return closure


async def an_end_of_a_closure(studio: Studio) -> tuple[Any, Any]:
    return end_closure, EndClosure(await a_closure_that_stands(studio))


async def a_removal_of_a_closure(studio: Studio) -> tuple[Any, Any]:
    return remove_closure, RemoveClosure(await a_closure_that_stands(studio))


async def a_dispute(studio: Studio) -> tuple[Any, Any]:
    pass_id = await Scene(studio).sold()
    order = (await studio.fetch("SELECT id FROM orders WHERE pass_id = $1", pass_id))[0]["id"]
    return report_dispute, ReportDispute(order)


async def an_end_of_a_dispute(studio: Studio) -> tuple[Any, Any]:
    verb, command = await a_dispute(studio)
    await studio.do(verb, command)
    return settle_dispute, SettleDispute(command.order_id, won=True)


async def a_renewal(studio: Studio) -> tuple[Any, Any]:
    return renew_pass, RenewPass(await Scene(studio).sold(), *CARD)


async def a_switch(studio: Studio) -> tuple[Any, Any]:
    return set_auto_renew, SetAutoRenew(await Scene(studio).sold(), enabled=False)


async def a_conversion(studio: Studio) -> tuple[Any, Any]:
    pass_id, target = await Scene(studio).sold(), await studio.option()
    return convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_PAID, UnusedAtConversion.CREDIT, *CARD)


async def a_plan(studio: Studio) -> tuple[Any, Any]:
    return schedule_conversion, ScheduleConversion(await Scene(studio).sold(), await studio.option())


async def a_cancelled_plan(studio: Studio) -> tuple[Any, Any]:
    _, plan = await a_plan(studio)
    await studio.do(schedule_conversion, plan)
    return cancel_conversion, CancelConversion(plan.pass_id)


async def a_share(studio: Studio) -> tuple[Any, Any]:
    (member,) = await household_with(studio, "Ben")
    return share_pass, SharePass(await studio.sell(SHARED), member, 3)


async def an_approval(studio: Studio) -> tuple[Any, Any]:
    return approve_share, ApproveShare(await shared_pass(studio, pending=True))


async def an_end_of_a_share(studio: Studio) -> tuple[Any, Any]:
    share = await shared_pass(studio)
    row = (await studio.fetch("SELECT pass_id, client_id FROM shares"))[0]
    await studio.book([studio.began + DAY], client=row["client_id"], pass_id=row["pass_id"])
    return remove_share, RemoveShare(share)


async def a_transfer(studio: Studio) -> tuple[Any, Any]:
    receiver = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    return transfer_pass, TransferPass(await Scene(studio).sold(), receiver, "Gift")


async def an_adjustment(studio: Studio) -> tuple[Any, Any]:
    return adjust_pass, AdjustPass(await Scene(studio).sold(), -3, "Correction")


async def an_extension(studio: Studio) -> tuple[Any, Any]:
    return extend_pass, ExtendPass(await Scene(studio).sold(), 3, "Ill")


async def a_refund(studio: Studio) -> tuple[Any, Any]:
    return refund_pass, RefundPass(await Scene(studio).sold(), "Moved away")


async def a_withdrawal(studio: Studio) -> tuple[Any, Any]:
    return withdraw_pass, WithdrawPass(await sold_from_afar(studio))


async def a_credited_refund(studio: Studio) -> tuple[Any, Any]:
    pass_id = await studio.sell(card=TestCard.REFUND_DECLINE)
    refunded = await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))
    return credit_refund, CreditRefund(UUID(refunded.figures["refunds"][0]))


async def an_extension_of_many(studio: Studio) -> tuple[Any, Any]:
    await Scene(studio).sold()
    return extend_passes, ExtendPasses(PassFilter(), 3, "Storm")


async def a_migration(studio: Studio) -> tuple[Any, Any]:
    option = await studio.option(RENEWING)
    await studio.do(sell_pass, SellPass(studio.client, option, *CARD))
    return migrate_passes, MigratePasses(option, "New prices", terms=replace(RENEWING, price_minor=9_900))


async def a_reverted_migration(studio: Studio) -> tuple[Any, Any]:
    _, command = await a_migration(studio)
    await studio.do(migrate_passes, command)
    operation = (await studio.fetch("SELECT operation_id FROM option_migrations"))[0]["operation_id"]
    return revert_migration, RevertMigration(operation, "Sorry")


async def a_deactivation(studio: Studio) -> tuple[Any, Any]:
    return deactivate_pass, DeactivatePass(await Scene(studio).sold(), "Moved away")


async def a_reactivation(studio: Studio) -> tuple[Any, Any]:
    _, command = await a_deactivation(studio)
    await studio.do(deactivate_pass, command)
    return reactivate_pass, ReactivatePass(command.pass_id)


VERBS: tuple[Make, ...] = (
    a_sale,
    a_booking,
    a_payment,
    a_cancellation,
    an_attendance,
    policies,
    a_claim,
    a_waiver,
    a_payment_of_fees,
    a_waived_fee,
    a_hold,
    an_end_of_a_hold,
    a_removal_of_a_hold,
    a_closure,
    an_end_of_a_closure,
    a_removal_of_a_closure,
    a_dispute,
    an_end_of_a_dispute,
    a_renewal,
    a_switch,
    a_conversion,
    a_plan,
    a_cancelled_plan,
    a_share,
    an_approval,
    an_end_of_a_share,
    a_transfer,
    an_adjustment,
    an_extension,
    an_extension_of_many,
    a_migration,
    a_reverted_migration,
    a_refund,
    a_withdrawal,
    a_credited_refund,
    a_deactivation,
    a_reactivation,
    a_place,
    a_service,
    a_client,
    a_household,
    a_joining,
    a_leaving,
    a_typing,
    an_import,
    a_package,
    a_revised_package,
    an_archived_package,
    a_sale_of_a_package,
    a_hold_on_a_package,
    a_refund_of_a_package,
    a_renewal_of_a_package,
    an_option,
    a_revision,
    an_archiving,
)


def told(changed: Changed, known: set[UUID]) -> dict[str, Any]:
    """Return what an answer says, with a word in place of each id that was made by this very run."""
    names: dict[str, str] = {}

    def name(each: object) -> object:
        if isinstance(each, dict):
            return {key: name(value) for key, value in each.items()}
        if isinstance(each, list):
            return [name(value) for value in each]
        try:
            made = UUID(str(each)) not in known
        except ValueError:
            return each
        return names.setdefault(str(each), f"new {len(names)}") if made else str(each)

    return {key: name(value) for key, value in changed.to_json().items()}


async def known_ids(studio: Studio) -> set[UUID]:
    """Return the ids of everything that can be named in an answer."""
    tables = ("passes", "visits", "holds", "orders", "lots", "locations", "services", "clients", "purchase_options")
    rows = await studio.fetch(" UNION ALL ".join(f"SELECT id FROM {table}" for table in tables))
    return {row["id"] for row in rows}


@pytest.mark.parametrize("make", VERBS, ids=lambda make: make.__name__)
async def test_a_dry_run_tells_what_the_real_run_does_and_changes_nothing(studio: Studio, make: Make) -> None:
    verb, command = await make(studio)
    before, known = await studio.fingerprint(), await known_ids(studio)

    dry = await studio.do(verb, command, dry_run=True, key="the same key")
    assert await studio.fingerprint() == before
    real = await studio.do(verb, command, key="the same key")

    assert await studio.fingerprint() != before
    assert told(dry, known) == told(real, known)
