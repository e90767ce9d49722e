"""What the law of a studio asks of a sale: consent to what renews, and how long what is prepaid lasts."""

from dataclasses import replace

from models.operations.base import Actor
from models.operations.catalogue import CreatePurchaseOption, create_purchase_option
from models.operations.consent import Consent
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.packages import CreatePackage, create_package
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.packages import Override, PackageItem, PackageTerms
from models.rules.terms import Conversion, Validity
from models.rules.values import (
    AfterExpiration,
    Jurisdiction,
    Language,
    PackageItemKind,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    Role,
    TestCard,
    ValidityRule,
)
from tests.studio import MONTH, TEN_CLASSES, Studio

RENEWING = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
AGREED = "150.00 EUR now\nand each month until I cancel."


async def consents(studio: Studio) -> list[dict[str, object]]:
    """Return what is kept."""
    return [dict(row) for row in await studio.fetch("SELECT * FROM consents ORDER BY at, id")]


async def test_what_renews_is_sold_only_with_consent_where_the_law_asks_for_it(studio: Studio) -> None:
    renewing, single = await studio.option(RENEWING), await studio.option()
    await studio.do(sell_pass, SellPass(studio.client, renewing, *CARD))
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.US_CA))

    assert await studio.refused(sell_pass, SellPass(studio.client, renewing, *CARD)) is Code.CONSENT_REQUIRED
    empty = SellPass(studio.client, renewing, *CARD, consent=Consent("  "))
    assert await studio.refused(sell_pass, empty) is Code.TEXT_OUT_OF_RANGE

    await studio.do(sell_pass, SellPass(studio.client, single, *CARD))
    assert await consents(studio) == []


async def test_consent_is_kept_with_what_was_shown_and_who_gave_it(studio: Studio) -> None:
    renewing = await studio.option(RENEWING)
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.FR))
    command = SellPass(studio.client, renewing, *CARD, consent=Consent(AGREED, Language.FR))

    pass_id = (await studio.do(sell_pass, command, actor=Actor(Role.CLIENT, client_id=studio.client))).passes[0]

    (kept,) = await consents(studio)
    assert (kept["pass_id"], kept["client_id"], kept["role"]) == (pass_id, studio.client, "CLIENT")
    assert (kept["text"], kept["language"], kept["jurisdiction"]) == (" ".join(AGREED.split()), "FR", "FR")
    assert kept["shown"] == {
        "priceMinor": 15_000,
        "currency": "EUR",
        "quantity": 10,
        "unit": "VISIT",
        "periodCount": 1,
        "periodUnit": "MONTH",
        "trigger": "ON_EXPIRY",
        "renewalPrice": "SOLD_VERSION",
        "renewalsMax": None,
    }


async def test_consent_is_kept_where_nobody_asks_for_it(studio: Studio) -> None:
    renewing = await studio.option(RENEWING)

    await studio.do(sell_pass, SellPass(studio.client, renewing, *CARD, consent=Consent("Yes.")))

    assert [(row["text"], row["language"], row["jurisdiction"]) for row in await consents(studio)] == [
        ("Yes.", "EN", "NONE")
    ]


async def test_a_package_asks_for_consent_to_its_parts_that_renew(studio: Studio) -> None:
    options = [await studio.option(RENEWING), await studio.option()]
    lines = tuple(PackageItem(PackageItemKind.PASS, option_id=each) for each in options)
    made = await studio.do(create_package, CreatePackage("Both", PackageTerms(12_000, lines)))
    package = made.rows["package"]
    for language in Language:
        await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.DE, language=language))
        assert await studio.refused(sell_package, SellPackage(studio.client, package, *CARD)) is Code.CONSENT_REQUIRED
    command = SellPackage(studio.client, package, *CARD, consent=Consent(AGREED))
    await studio.do(sell_package, command, dry_run=True)
    assert await consents(studio) == []

    passes = (await studio.do(sell_package, command)).passes

    kept = await consents(studio)
    assert [row["pass_id"] for row in kept] == passes
    assert [row["shown"]["priceMinor"] for row in kept if isinstance(row["shown"], dict)] == [6_000, 6_000]


async def test_what_is_prepaid_lasts_as_long_as_the_studio_says(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(min_validity_days=365))
    eleven = Validity(ValidityRule.PERIOD, 11, PeriodUnit.MONTH)

    def create(**changes: object) -> CreatePurchaseOption:
        return CreatePurchaseOption(f"Option {sorted(changes)}", replace(TEN_CLASSES, **changes))  # type: ignore[arg-type]

    assert await studio.refused(create_purchase_option, create(validity=eleven)) is Code.TERMS_BELOW_MINIMUM
    await studio.do(create_purchase_option, create(validity=Validity(ValidityRule.PERIOD, 12, PeriodUnit.MONTH)))
    await studio.do(create_purchase_option, create())
    await studio.do(create_purchase_option, create(validity=eleven, after_expiration=AfterExpiration.RENEW))
    await studio.do(create_purchase_option, create(validity=eleven, kind=PassKind.UNLIMITED, quantity=None))
    assert await studio.refused(set_policies, SetPolicies(min_validity_days=3_661)) is Code.QUANTITY_OUT_OF_RANGE
    await studio.do(set_policies, SetPolicies(min_validity_days=0))
    await studio.do(create_purchase_option, CreatePurchaseOption("Short", replace(TEN_CLASSES, validity=eleven)))


async def test_the_policies_are_put_back_as_they_were(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.EU, min_validity_days=90))
    changed = SetPolicies(jurisdiction=Jurisdiction.DE, min_validity_days=0, project_renewals=False)
    await studio.do(set_policies, changed)
    (done,) = await studio.fetch("SELECT id FROM operations WHERE verb = 'setPolicies' ORDER BY id DESC LIMIT 1")

    await studio.do(undo_operation, UndoOperation(done["id"], "A slip"))

    (row,) = await studio.fetch("SELECT jurisdiction, min_validity_days, project_renewals FROM businesses")
    assert tuple(row) == ("EU", 90, True)


async def test_a_package_makes_nothing_shorter_than_the_studio_says(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(min_validity_days=100))
    lines = (PackageItem(PackageItemKind.PASS, option_id=await studio.option()),)
    short = CreatePackage("Short", PackageTerms(9_000, lines, Override(validity=MONTH)))
    assert await studio.refused(create_package, short) is Code.TERMS_BELOW_MINIMUM
    await studio.do(create_package, CreatePackage("As it is", PackageTerms(9_000, lines)))


async def test_what_becomes_a_pass_that_renews_asks_for_consent_too(studio: Studio) -> None:
    first, second = await studio.sell(), await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    target = await studio.option(RENEWING)
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.DE))
    now = ConvertPass(first, target, payment_method=CARD[0], test_card=CARD[1])
    later = ScheduleConversion(second, target)
    assert await studio.refused(convert_pass, now) is Code.CONSENT_REQUIRED
    assert await studio.refused(schedule_conversion, later) is Code.CONSENT_REQUIRED
    turning = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.CONVERT)
    option = await studio.option(replace(turning, conversion=Conversion(target)))
    assert await studio.refused(sell_pass, SellPass(studio.client, option, *CARD)) is Code.CONSENT_REQUIRED

    made = await studio.do(convert_pass, replace(now, consent=Consent(AGREED)))
    await studio.do(schedule_conversion, replace(later, consent=Consent(AGREED)))

    assert {row["pass_id"] for row in await consents(studio)} == {made.passes[0], second}
