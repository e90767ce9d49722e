"""An id of another business is answered like an id of nothing at all, by every verb, and changes nothing in either."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import WORKER, Actor
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateClient,
    CreatePurchaseOption,
    RevisePurchaseOption,
    archive_purchase_option,
    create_client,
    create_purchase_option,
    revise_purchase_option,
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
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    WaiveOutcome,
    cancel_visit,
    record_attendance,
    waive_outcome,
)
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.hold_package import HoldPackage, hold_package
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.operations.households import (
    CreateHousehold,
    JoinHousehold,
    LeaveHousehold,
    SetClientTypes,
    create_household,
    join_household,
    leave_household,
    set_client_types,
)
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.migrate_passes import MigratePasses, migrate_passes
from models.operations.packages import (
    ArchivePackage,
    CreatePackage,
    RevisePackage,
    archive_package,
    create_package,
    revise_package,
)
from models.operations.pay_fees import PayFees, WaiveFee, pay_fees, waive_fee
from models.operations.pay_visits import PayVisits, pay_visits
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.resolve_visits import ResolveVisits, resolve_visits
from models.operations.run import Verb, run
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.settle_refund import CreditRefund, credit_refund
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.rules.packages import PackageItem, PackageTerms
from models.rules.terms import Access, Conversion, Terms
from models.rules.values import AfterExpiration, ConversionTiming, PackageItemKind, PassKind, PaymentMethod, Role
from tests.conftest import NOON
from tests.imported import staged_clients
from tests.packaged import MAT, starter_sold
from tests.studio import MONTH, OWNER, Studio, missed_visit, shared_pass

TOMORROW = (NOON + timedelta(days=1)).date()
CARD = PaymentMethod.COMPLIMENTARY


NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Ids:
    """One of each thing that an id can name."""

    client: UUID
    service: UUID
    location: UUID
    option: UUID
    pass_: UUID
    visit: UUID
    hold: UUID
    fee: UUID
    refund: UUID
    closure: UUID = NOBODY
    order: UUID = NOBODY
    household: UUID = NOBODY
    package: UUID = NOBODY
    package_sale: UUID = NOBODY
    package_item: UUID = NOBODY
    share: UUID = NOBODY
    import_: UUID = NOBODY


async def ids_of(studio: Studio) -> Ids:
    """Make one of each."""
    pass_id = await studio.sell(Terms(PassKind.SESSION, 100, 5, MONTH))
    visit = (await studio.book([NOON + timedelta(days=3)], pass_id=pass_id)).visits[0]
    hold = (await studio.do(place_hold, PlaceHold(pass_id, TOMORROW))).holds[0]
    refunded = await studio.do(refund_pass, RefundPass(await studio.sell(), "Moved", 1))
    refund = UUID(refunded.figures["refunds"][0])
    option = await studio.option()
    fee = (await missed_visit(studio))[1]
    made = Ids(studio.client, studio.service, studio.location, option, pass_id, visit, hold, fee, refund)
    far = TOMORROW + timedelta(days=300)
    closure = (await studio.do(place_closure, PlaceClosure(studio.location, far, far, "Repairs"))).rows["closure"]
    order = (await studio.fetch("SELECT order_id FROM periods WHERE pass_id = $1", pass_id))[0]["order_id"]
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    made = replace(made, closure=closure, order=order, household=household, share=await shared_pass(studio))

    sold = await starter_sold(studio)
    item = (await studio.fetch("SELECT id FROM package_items WHERE kind = 'GOODS'"))[0]["id"]
    packaged = replace(made, package=sold.rows["package"], package_sale=sold.rows["packageSale"], package_item=item)
    return replace(packaged, import_=await staged_clients(studio))


def holding(**named: Any) -> PackageTerms:
    """Return a package of which one item names an id."""
    kind = PackageItemKind.PASS if "option_id" in named else PackageItemKind.PACKAGE
    return PackageTerms(100, (PackageItem(kind, **named), MAT))


def access(**named: Any) -> Terms:
    """Return terms of which one field names an id."""
    return Terms(PassKind.UNLIMITED, 0, access=Access(**named))


def converting(target: UUID) -> Terms:
    """Return terms that convert to the option."""
    after = AfterExpiration.CONVERT
    return Terms(PassKind.UNLIMITED, 0, validity=MONTH, after_expiration=after, conversion=Conversion(target))


def booking(ids: Ids, pay_by: PayBy = PayBy.AUTO) -> BookVisits:
    """Return a booking that names every id a booking can."""
    visit = NewVisit(ids.service, ids.location, NOON, NOON + timedelta(hours=1))
    return BookVisits(ids.client, (visit,), pay_by, ids.pass_ if pay_by is PayBy.PASS else None)


Case = tuple[Verb, str, Callable[[Ids], Any]]
CASES: list[Case] = [
    (import_studio, "import_", lambda ids: ImportStudio(ids.import_)),
    (create_client, "location", lambda ids: CreateClient("Bea", home_location_id=ids.location)),
    (create_purchase_option, "service", lambda ids: CreatePurchaseOption("A", access(service_ids={ids.service}))),
    (create_purchase_option, "location", lambda ids: CreatePurchaseOption("A", access(location_ids={ids.location}))),
    (create_purchase_option, "option", lambda ids: CreatePurchaseOption("A", converting(ids.option))),
    (revise_purchase_option, "option", lambda ids: RevisePurchaseOption(ids.option, 1, "B", access())),
    (archive_purchase_option, "option", lambda ids: ArchivePurchaseOption(ids.option)),
    (sell_pass, "client", lambda ids: SellPass(ids.client, ids.option, CARD)),
    (sell_pass, "option", lambda ids: SellPass(ids.client, ids.option, CARD)),
    (sell_pass, "location", lambda ids: SellPass(ids.client, ids.option, CARD, location_id=ids.location)),
    (join_household, "household", lambda ids: JoinHousehold(ids.household, ids.client)),
    (join_household, "client", lambda ids: JoinHousehold(ids.household, ids.client)),
    (leave_household, "client", lambda ids: LeaveHousehold(ids.client)),
    (set_client_types, "client", lambda ids: SetClientTypes(ids.client, ("Student",))),
    (book_visits, "client", booking),
    (book_visits, "service", booking),
    (book_visits, "location", booking),
    (book_visits, "pass_", lambda ids: booking(ids, PayBy.PASS)),
    (pay_visits, "visit", lambda ids: PayVisits((ids.visit,))),
    (pay_visits, "pass_", lambda ids: PayVisits((ids.visit,), PayBy.PASS, ids.pass_)),
    (cancel_visit, "visit", lambda ids: CancelVisit(ids.visit)),
    (record_attendance, "visit", lambda ids: RecordAttendance(ids.visit, AttendanceOutcome.ATTENDED)),
    (claim_lapsed, "pass_", lambda ids: ClaimLapsed(ids.pass_)),
    (waive_outcome, "visit", lambda ids: WaiveOutcome(ids.visit, "Ill")),
    (pay_fees, "fee", lambda ids: PayFees((ids.fee,), PaymentMethod.CASH)),
    (waive_fee, "fee", lambda ids: WaiveFee(ids.fee, "Ill")),
    (place_hold, "pass_", lambda ids: PlaceHold(ids.pass_, TOMORROW)),
    (end_hold, "hold", lambda ids: EndHold(ids.hold, TOMORROW)),
    (remove_hold, "hold", lambda ids: RemoveHold(ids.hold)),
    (place_closure, "location", lambda ids: PlaceClosure(ids.location, TOMORROW, None, "Repairs")),
    (end_closure, "closure", lambda ids: EndClosure(ids.closure, TOMORROW)),
    (remove_closure, "closure", lambda ids: RemoveClosure(ids.closure)),
    (report_dispute, "order", lambda ids: ReportDispute(ids.order)),
    (settle_dispute, "order", lambda ids: SettleDispute(ids.order, won=True)),
    (set_auto_renew, "pass_", lambda ids: SetAutoRenew(ids.pass_, enabled=False)),
    (renew_pass, "pass_", lambda ids: RenewPass(ids.pass_, CARD)),
    (convert_pass, "pass_", lambda ids: ConvertPass(ids.pass_, ids.option, ConversionTiming.NOW_FREE)),
    (convert_pass, "option", lambda ids: ConvertPass(ids.pass_, ids.option, ConversionTiming.NOW_FREE)),
    (schedule_conversion, "pass_", lambda ids: ScheduleConversion(ids.pass_, ids.option)),
    (schedule_conversion, "option", lambda ids: ScheduleConversion(ids.pass_, ids.option)),
    (cancel_conversion, "pass_", lambda ids: CancelConversion(ids.pass_)),
    (adjust_pass, "pass_", lambda ids: AdjustPass(ids.pass_, 1, "Gift")),
    (create_package, "option", lambda ids: CreatePackage("A", holding(option_id=ids.option))),
    (create_package, "package", lambda ids: CreatePackage("A", holding(package_id=ids.package))),
    (revise_package, "package", lambda ids: RevisePackage(ids.package, 1, "B", holding(option_id=ids.option))),
    (archive_package, "package", lambda ids: ArchivePackage(ids.package)),
    (sell_package, "client", lambda ids: SellPackage(ids.client, ids.package, CARD)),
    (sell_package, "package", lambda ids: SellPackage(ids.client, ids.package, CARD)),
    (sell_package, "location", lambda ids: SellPackage(ids.client, ids.package, CARD, location_id=ids.location)),
    (hold_package, "package_sale", lambda ids: HoldPackage(ids.package_sale, TOMORROW)),
    (refund_package, "package_sale", lambda ids: RefundPackage(ids.package_sale, "Moved")),
    (refund_package, "package_item", lambda ids: RefundPackage(ids.package_sale, "Moved", (ids.package_item,))),
    (renew_package, "package_sale", lambda ids: RenewPackage(ids.package_sale, CARD)),
    (share_pass, "pass_", lambda ids: SharePass(ids.pass_, ids.client)),
    (share_pass, "client", lambda ids: SharePass(ids.pass_, ids.client)),
    (approve_share, "share", lambda ids: ApproveShare(ids.share)),
    (remove_share, "share", lambda ids: RemoveShare(ids.share)),
    (transfer_pass, "pass_", lambda ids: TransferPass(ids.pass_, ids.client, "Gift")),
    (transfer_pass, "client", lambda ids: TransferPass(ids.pass_, ids.client, "Gift")),
    (extend_pass, "pass_", lambda ids: ExtendPass(ids.pass_, 1, "Gift")),
    (refund_pass, "pass_", lambda ids: RefundPass(ids.pass_, "Moved")),
    (withdraw_pass, "pass_", lambda ids: WithdrawPass(ids.pass_)),
    (credit_refund, "refund", lambda ids: CreditRefund(ids.refund)),
    (extend_passes, "option", lambda ids: ExtendPasses(PassFilter((ids.option,)), 1, "Gift")),
    (extend_passes, "location", lambda ids: ExtendPasses(PassFilter(location_id=ids.location), 1, "Gift")),
    (extend_passes, "client", lambda ids: ExtendPasses(PassFilter(client_ids=(ids.client,)), 1, "Gift")),
    (migrate_passes, "option", lambda ids: MigratePasses(ids.option, "x", terms=access())),
    (migrate_passes, "pass_", lambda ids: MigratePasses(ids.option, "x", (ids.pass_,))),
    (deactivate_pass, "pass_", lambda ids: DeactivatePass(ids.pass_, "Gone")),
    (reactivate_pass, "pass_", lambda ids: ReactivatePass(ids.pass_)),
    (resolve_visits, "visit", lambda ids: ResolveVisits((ids.visit,))),
    (do_due, "pass_", lambda ids: DoDue(ids.pass_)),
    (expire_passes, "pass_", lambda ids: ExpirePasses((ids.pass_,))),
]


async def answer(studio: Studio, verb: Verb, command: Any, actor: Actor) -> list[Any]:
    """Carry out a verb that must change nothing; return all that its answer tells."""
    before = await studio.fingerprint()
    told: list[Any]
    try:
        told = [await run(studio.runtime, studio.business_id, actor, verb, command, key=str(uuid4()))]
    except Refused as refused:
        told = [(each.reason.code, each.reason.message, each.reason.remedy, each.path) for each in refused.problems]
    assert await studio.fingerprint() == before
    return told


@pytest.mark.parametrize(("verb", "kind", "command"), CASES, ids=[f"{verb.__name__}-{kind}" for verb, kind, _ in CASES])
async def test_a_foreign_id_is_answered_like_a_random_one(
    studio: Studio,
    another_studio: Callable[[], Awaitable[Studio]],
    verb: Verb,
    kind: str,
    command: Callable[[Ids], Any],
) -> None:
    other = await another_studio()
    ours, theirs = await ids_of(studio), await ids_of(other)
    before = await other.fingerprint()
    actor = WORKER if verb in (do_due, expire_passes, resolve_visits) else OWNER

    foreign = await answer(studio, verb, command(replace(ours, **{kind: getattr(theirs, kind)})), actor)
    random = await answer(studio, verb, command(replace(ours, **{kind: uuid4()})), actor)

    assert foreign == random
    assert foreign == [None] or foreign[0][0].name == "NOT_FOUND"
    assert await other.fingerprint() == before


OF_A_CLIENT = [
    (sell_pass, "client"),
    (book_visits, "client"),
    (book_visits, "pass_"),
    (pay_visits, "visit"),
    (pay_visits, "pass_"),
    (cancel_visit, "visit"),
    (pay_fees, "fee"),
    (claim_lapsed, "pass_"),
    (place_hold, "pass_"),
    (end_hold, "hold"),
    (remove_hold, "hold"),
    (set_auto_renew, "pass_"),
    (renew_pass, "pass_"),
    (sell_package, "client"),
    (hold_package, "package_sale"),
    (renew_package, "package_sale"),
    (share_pass, "pass_"),
    (remove_share, "share"),
    (transfer_pass, "pass_"),
]


@pytest.mark.parametrize(("verb", "kind"), OF_A_CLIENT, ids=[f"{verb.__name__}-{kind}" for verb, kind in OF_A_CLIENT])
async def test_to_a_client_the_things_of_another_client_are_like_nothing(studio: Studio, verb: Verb, kind: str) -> None:
    theirs = await ids_of(studio)
    studio.client = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    ours = replace(theirs, client=studio.client, pass_=await studio.sell(Terms(PassKind.SESSION, 100, 5, MONTH)))
    visit = await studio.book([NOON + timedelta(days=4)], pay_by=PayBy.NOTHING)
    ours = replace(ours, visit=visit.visits[0])
    actor = Actor(Role.CLIENT, client_id=studio.client)
    command = next(make for each, named, make in CASES if (each, named) == (verb, kind))

    foreign = await answer(studio, verb, command(replace(ours, **{kind: getattr(theirs, kind)})), actor)
    random = await answer(studio, verb, command(replace(ours, **{kind: uuid4()})), actor)

    assert foreign == random
    assert foreign[0][0].name == "NOT_FOUND"


def test_every_kind_of_id_is_tried() -> None:
    assert {kind for _, kind, _ in CASES} == {each.name for each in fields(Ids)}
