"""Every verb with a command that changes something, for proofs that hold for each of them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.operations.base import Actor
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
    archive_purchase_option,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
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
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
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
from models.operations.run import Verb
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.rules.terms import Terms
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PaymentMethod,
    Role,
    ServiceCategory,
    TestCard,
)
from tests.packaged import starter_sold, starter_terms
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

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
MONTHLY = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)

Made = tuple[Verb, Any, Any]
"""A verb, a command that changes something, and another input for the same verb."""


async def _catalogue(studio: Studio, name: str) -> Made:
    option = await studio.option()
    dearer = replace(TEN_CLASSES, price_minor=16_000)
    made: dict[str, Made] = {
        "create_location": (create_location, CreateLocation("Side hall"), CreateLocation("Garden")),
        "create_service": (
            create_service,
            CreateService("Boxing", ServiceCategory.CLASS),
            CreateService("Boxing", ServiceCategory.EVENT),
        ),
        "create_client": (create_client, CreateClient("Bea"), CreateClient("Bea", "bea@example.org")),
        "create_purchase_option": (
            create_purchase_option,
            CreatePurchaseOption("Ten", TEN_CLASSES),
            CreatePurchaseOption("Ten", dearer),
        ),
        "revise_purchase_option": (
            revise_purchase_option,
            RevisePurchaseOption(option, 1, "Ten", dearer),
            RevisePurchaseOption(option, 1, "Twelve", dearer),
        ),
        "archive_purchase_option": (
            archive_purchase_option,
            ArchivePurchaseOption(option),
            ArchivePurchaseOption(await studio.option()),
        ),
        "set_policies": (set_policies, SetPolicies(resolve_after_hours=5), SetPolicies(resolve_after_hours=6)),
        "sell_pass": (
            sell_pass,
            SellPass(studio.client, option, *CARD),
            SellPass(studio.client, option, PaymentMethod.CASH),
        ),
    }
    return made[name]


async def _moved(studio: Studio, name: str) -> Made:
    option = await studio.option(MONTHLY)
    await studio.do(sell_pass, SellPass(studio.client, option, *CARD))
    dearer = replace(MONTHLY, price_minor=9_900)
    moves = MigratePasses(option, "New", terms=dearer), MigratePasses(option, "Newer", terms=dearer)
    if name == "migrate_passes":
        return migrate_passes, *moves
    await studio.do(migrate_passes, moves[0])
    operation = (await studio.fetch("SELECT operation_id FROM option_migrations"))[0]["operation_id"]
    return revert_migration, RevertMigration(operation, "Sorry"), RevertMigration(operation, "No")


async def _packaged(studio: Studio, name: str) -> Made:
    sold, terms = await starter_sold(studio), await starter_terms(studio)
    package, sale, first = sold.rows["package"], sold.rows["packageSale"], studio.began.date()
    other = (await studio.do(create_package, CreatePackage("Other", terms))).rows["package"]
    made: dict[str, Made] = {
        "create_package": (create_package, CreatePackage("New", terms), CreatePackage("Newer", terms)),
        "revise_package": (
            revise_package,
            RevisePackage(package, 1, "Next", terms),
            RevisePackage(package, 1, "Last", terms),
        ),
        "archive_package": (archive_package, ArchivePackage(package), ArchivePackage(other)),
        "sell_package": (
            sell_package,
            SellPackage(studio.client, package, *CARD),
            SellPackage(studio.client, package, PaymentMethod.CASH),
        ),
        "hold_package": (hold_package, HoldPackage(sale, first), HoldPackage(sale, first, first)),
        "refund_package": (refund_package, RefundPackage(sale, "Moved"), RefundPackage(sale, "Ill")),
        "renew_package": (renew_package, RenewPackage(sale, *CARD), RenewPackage(sale, PaymentMethod.CASH)),
    }
    return made[name]


async def _people(studio: Studio, name: str) -> Made:
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    bea = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    if name == "leave_household":
        await studio.do(join_household, JoinHousehold(household, studio.client))
    made: dict[str, Made] = {
        "create_household": (create_household, CreateHousehold("The Cys"), CreateHousehold("The Dees")),
        "join_household": (
            join_household,
            JoinHousehold(household, studio.client),
            JoinHousehold(household, bea),
        ),
        "leave_household": (leave_household, LeaveHousehold(studio.client), LeaveHousehold(bea)),
        "set_client_types": (
            set_client_types,
            SetClientTypes(studio.client, ("Student",)),
            SetClientTypes(studio.client, ("Senior",)),
        ),
    }
    return made[name]


async def _shared(studio: Studio, name: str) -> Made:
    if name == "transfer_pass":
        zoe = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
        pass_id = await studio.sell()
        return transfer_pass, TransferPass(pass_id, zoe, "Gift"), TransferPass(pass_id, zoe, "Gift", 2)
    if name == "share_pass":
        ben, cleo = await household_with(studio, "Ben", "Cleo")
        pass_id = await studio.sell(SHARED)
        return share_pass, SharePass(pass_id, ben), SharePass(pass_id, cleo)
    share = await shared_pass(studio, pending=True)
    made: dict[str, Made] = {
        "approve_share": (approve_share, ApproveShare(share), ApproveShare(studio.client)),
        "remove_share": (remove_share, RemoveShare(share), RemoveShare(share, keep_visits=True)),
    }
    return made[name]


async def _visit(studio: Studio, name: str) -> Made:
    pass_id = await studio.sell()
    soon, later = studio.began + timedelta(hours=1), studio.began + timedelta(days=3)
    visit = (await studio.book([soon], pass_id=pass_id)).visits[0]
    unpaid = (await studio.book([later, later + timedelta(hours=2)], pay_by=PayBy.NOTHING)).visits
    new = [
        NewVisit(studio.service, studio.location, at, at + timedelta(hours=1))
        for at in (soon + timedelta(days=1), later + timedelta(days=1))
    ]
    made: dict[str, Made] = {
        "book_visits": (
            book_visits,
            BookVisits(studio.client, tuple(new)),
            BookVisits(studio.client, tuple(new), PayBy.NOTHING),
        ),
        "pay_visits": (pay_visits, PayVisits(tuple(unpaid)), PayVisits(tuple(unpaid), PayBy.PASS, pass_id)),
        "cancel_visit": (cancel_visit, CancelVisit(visit), CancelVisit(unpaid[0])),
        "record_attendance": (
            record_attendance,
            RecordAttendance(visit, AttendanceOutcome.ATTENDED),
            RecordAttendance(visit, AttendanceOutcome.NO_SHOW),
        ),
    }
    if name in ("waive_outcome", "waive_fee", "pay_fees"):
        missed, fee = await missed_visit(studio)
        made |= {
            "waive_outcome": (waive_outcome, WaiveOutcome(missed, "Ill"), WaiveOutcome(missed, "Storm")),
            "waive_fee": (waive_fee, WaiveFee(fee, "Ill"), WaiveFee(fee, "Storm")),
            "pay_fees": (pay_fees, PayFees((fee,), *CARD), PayFees((fee,), PaymentMethod.CASH)),
        }
    return made[name]


async def _held(studio: Studio, name: str) -> Made:
    pass_id = await studio.sell(MONTHLY)
    first = studio.began.date()
    hold = (await studio.do(place_hold, PlaceHold(pass_id, first, first + timedelta(days=9)))).holds[0]
    made: dict[str, Made] = {
        "place_hold": (place_hold, PlaceHold(pass_id, first), PlaceHold(pass_id, first, first)),
        "end_hold": (end_hold, EndHold(hold, first), EndHold(hold, first + timedelta(days=1))),
        "remove_hold": (remove_hold, RemoveHold(hold), RemoveHold(pass_id)),
    }
    if name in ("place_closure", "end_closure", "remove_closure"):
        here, last = studio.location, first + timedelta(days=9)
        made["place_closure"] = (
            place_closure,
            PlaceClosure(here, first, last, "Repairs"),
            PlaceClosure(here, first, None, "Repairs"),
        )
        if name != "place_closure":
            closure = (await studio.do(place_closure, made["place_closure"][1])).rows["closure"]
            made["end_closure"] = (end_closure, EndClosure(closure, first), EndClosure(closure, last))
            made["remove_closure"] = (remove_closure, RemoveClosure(closure), RemoveClosure(here))
    if name in ("report_dispute", "settle_dispute"):
        order = (await studio.fetch("SELECT id FROM orders WHERE pass_id = $1", pass_id))[0]["id"]
        made["report_dispute"] = (report_dispute, ReportDispute(order), ReportDispute(pass_id))
        if name == "settle_dispute":
            await studio.do(report_dispute, ReportDispute(order))
            made[name] = (settle_dispute, SettleDispute(order, won=True), SettleDispute(order, won=False))
    return made[name]


async def _changed(studio: Studio, name: str) -> Made:
    pass_id, option = await studio.sell(MONTHLY), await studio.option()
    if name == "cancel_conversion":
        await studio.do(schedule_conversion, ScheduleConversion(pass_id, option))
    if name == "withdraw_pass":
        pass_id = await sold_from_afar(studio)
    if name == "claim_lapsed":
        pass_id = await lapsed_pass(studio)
    if name == "reactivate_pass":
        await studio.do(deactivate_pass, DeactivatePass(pass_id, "Lost"))
    made: dict[str, Made] = {
        "adjust_pass": (adjust_pass, AdjustPass(pass_id, 2, "Gift"), AdjustPass(pass_id, -2, "Gift")),
        "claim_lapsed": (claim_lapsed, ClaimLapsed(pass_id), ClaimLapsed(option)),
        "extend_pass": (extend_pass, ExtendPass(pass_id, 7, "Ill"), ExtendPass(pass_id, 8, "Ill")),
        "refund_pass": (refund_pass, RefundPass(pass_id, "Moved"), RefundPass(pass_id, "Moved", 1)),
        "withdraw_pass": (withdraw_pass, WithdrawPass(pass_id), WithdrawPass(option)),
        "extend_passes": (
            extend_passes,
            ExtendPasses(PassFilter(), 7, "Storm"),
            ExtendPasses(PassFilter(include_expired=True), 7, "Storm"),
        ),
        "set_auto_renew": (
            set_auto_renew,
            SetAutoRenew(pass_id, enabled=False),
            SetAutoRenew(pass_id, enabled=True),
        ),
        "deactivate_pass": (deactivate_pass, DeactivatePass(pass_id, "Lost"), DeactivatePass(pass_id, "Found")),
        "reactivate_pass": (reactivate_pass, ReactivatePass(pass_id), ReactivatePass(option)),
        "renew_pass": (renew_pass, RenewPass(pass_id, *CARD), RenewPass(pass_id, PaymentMethod.CASH)),
        "convert_pass": (
            convert_pass,
            ConvertPass(pass_id, option, ConversionTiming.NOW_PAID, payment_method=CARD[0], test_card=CARD[1]),
            ConvertPass(pass_id, option, ConversionTiming.NOW_FREE),
        ),
        "schedule_conversion": (
            schedule_conversion,
            ScheduleConversion(pass_id, option),
            ScheduleConversion(pass_id, option, studio.began.date() + timedelta(days=2)),
        ),
        "cancel_conversion": (cancel_conversion, CancelConversion(pass_id), CancelConversion(option)),
    }
    return made[name]


def actor(key: UUID) -> Actor:
    """Return the owner with an API key."""
    return Actor(Role.OWNER, key)


VERBS: dict[str, Callable[[Studio, str], Awaitable[Made]]] = {
    **dict.fromkeys(
        (
            "create_location",
            "create_service",
            "create_client",
            "create_purchase_option",
            "revise_purchase_option",
            "archive_purchase_option",
            "set_policies",
            "sell_pass",
        ),
        _catalogue,
    ),
    **dict.fromkeys(
        (
            "create_package",
            "revise_package",
            "archive_package",
            "sell_package",
            "hold_package",
            "refund_package",
            "renew_package",
        ),
        _packaged,
    ),
    **dict.fromkeys(("create_household", "join_household", "leave_household", "set_client_types"), _people),
    **dict.fromkeys(("book_visits", "pay_visits", "cancel_visit", "record_attendance"), _visit),
    **dict.fromkeys(("waive_outcome", "waive_fee", "pay_fees"), _visit),
    **dict.fromkeys(("migrate_passes", "revert_migration"), _moved),
    **dict.fromkeys(("share_pass", "approve_share", "remove_share", "transfer_pass"), _shared),
    **dict.fromkeys(("place_hold", "end_hold", "remove_hold"), _held),
    **dict.fromkeys(("place_closure", "end_closure", "remove_closure"), _held),
    **dict.fromkeys(("report_dispute", "settle_dispute"), _held),
    **dict.fromkeys(
        (
            "adjust_pass",
            "extend_pass",
            "claim_lapsed",
            "extend_passes",
            "refund_pass",
            "withdraw_pass",
            "set_auto_renew",
            "deactivate_pass",
            "reactivate_pass",
            "renew_pass",
            "convert_pass",
            "schedule_conversion",
            "cancel_conversion",
        ),
        _changed,
    ),
}
"""How to come by a command for each verb; `advance_test_clock` has a way of its own."""
