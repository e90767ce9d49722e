"""A row in every table, made by the verbs that write it."""

from dataclasses import replace
from datetime import timedelta

from models.operations.change_pass import AdjustPass, DeactivatePass, adjust_pass, deactivate_pass
from models.operations.closures import PlaceClosure, place_closure
from models.operations.consent import Consent
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.create_business import create_api_key
from models.operations.disputes import ReportDispute, report_dispute
from models.operations.holds import PlaceHold, place_hold
from models.operations.households import CreateHousehold, create_household
from models.operations.migrate_passes import MigratePasses, migrate_passes
from models.operations.packages import CreatePackage, create_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sandbox.open_sandbox import OpenSandbox, open_sandbox
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.packages import PackageItem, PackageTerms
from models.rules.terms import Terms
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PackageItemKind,
    PassKind,
    PaymentMethod,
    Role,
    TestCard,
    UnusedAtConversion,
)
from tests.imported import imported_pass
from tests.studio import MONTH, TEN_CLASSES, Studio, missed_visit, shared_pass

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def fill(studio: Studio) -> None:
    """Leave a row in every table."""
    await _passes_and_visits(studio)
    await _money(studio)
    await imported_pass(studio)
    await create_api_key(studio.runtime, studio.business_id, Role.OWNER, "Key")
    await studio.do(create_household, CreateHousehold("The Bees"))
    await shared_pass(studio)
    far = studio.began.date() + timedelta(days=400)
    await studio.do(place_closure, PlaceClosure(studio.location, far, far, "Repairs"))
    await studio.do(open_sandbox, OpenSandbox("Try", (await studio.option(),)))


async def _passes_and_visits(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 9_000, 8, MONTH))
    days = await studio.sell(Terms(PassKind.DAY, 9_000, 8))
    await studio.book([studio.began + timedelta(days=1)], pass_id=pass_id)
    await studio.book([studio.began + timedelta(days=2)], pass_id=days)
    await missed_visit(studio)
    renewing = await studio.sell(Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW))
    await studio.book([studio.began + timedelta(days=40)], pass_id=renewing)
    await studio.do(adjust_pass, AdjustPass(renewing, 1, "Gift"))
    gift = (await studio.fetch("SELECT id FROM operations ORDER BY at DESC, id DESC LIMIT 1"))[0]["id"]
    await studio.do(undo_operation, UndoOperation(gift, "A slip"))
    await studio.do(renew_pass, RenewPass(pass_id))
    await studio.do(place_hold, PlaceHold(days, (studio.began + timedelta(days=5)).date()))
    target = await studio.option(Terms(PassKind.SESSION, 0, 1))
    command = ConvertPass(pass_id, target, ConversionTiming.NOW_FREE, UnusedAtConversion.CREDIT)
    await studio.do(convert_pass, command)
    await studio.do(deactivate_pass, DeactivatePass(days, "Closed"))


async def _money(studio: Studio) -> None:
    option = await studio.option()
    (pass_id,) = (await studio.do(sell_pass, SellPass(studio.client, option, *CARD, consent=Consent("Yes.")))).passes
    await studio.do(refund_pass, RefundPass(pass_id, "Moved", 1))
    await studio.do(migrate_passes, MigratePasses(option, "Dearer", terms=replace(TEN_CLASSES, price_minor=16_000)))
    order = (await studio.fetch("SELECT order_id FROM periods WHERE pass_id = $1", pass_id))[0]["order_id"]
    await studio.do(report_dispute, ReportDispute(order))
    items = (
        PackageItem(PackageItemKind.PASS, option_id=option),
        PackageItem(PackageItemKind.GOODS, name="Mat", value_minor=3_000),
    )
    package = (await studio.do(create_package, CreatePackage("Starter", PackageTerms(10_000, items)))).rows["package"]
    await studio.do(sell_package, SellPackage(studio.client, package, *CARD))
