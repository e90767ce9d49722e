"""Commands to verbs on what a studio offers and to whom: places, clients, households, options and packages."""

from dataclasses import replace
from typing import Any

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
from models.operations.hold_package import HoldPackage, hold_package
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
from models.operations.packages import (
    ArchivePackage,
    CreatePackage,
    RevisePackage,
    archive_package,
    create_package,
    revise_package,
)
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.sell_package import SellPackage, sell_package
from models.rules.values import (
    PaymentMethod,
    ServiceCategory,
    TestCard,
)
from tests.imported import staged_clients
from tests.operations.acts import DAY
from tests.packaged import starter_sold, starter_terms
from tests.studio import TEN_CLASSES, Studio

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def a_place(studio: Studio) -> tuple[Any, Any]:
    return create_location, CreateLocation("Annex")


async def a_service(studio: Studio) -> tuple[Any, Any]:
    return create_service, CreateService("Boxing", ServiceCategory.CLASS)


async def a_client(studio: Studio) -> tuple[Any, Any]:
    return create_client, CreateClient("Bob")


async def a_household(studio: Studio) -> tuple[Any, Any]:
    return create_household, CreateHousehold("The Bees")


async def a_joining(studio: Studio) -> tuple[Any, Any]:
    verb, command = await a_household(studio)
    household = (await studio.do(verb, command)).rows["household"]
    return join_household, JoinHousehold(household, studio.client)


async def a_leaving(studio: Studio) -> tuple[Any, Any]:
    await studio.do(*(await a_joining(studio)))
    return leave_household, LeaveHousehold(studio.client)


async def a_typing(studio: Studio) -> tuple[Any, Any]:
    return set_client_types, SetClientTypes(studio.client, ("Student", "Local"))


async def an_import(studio: Studio) -> tuple[Any, Any]:
    return import_studio, ImportStudio(await staged_clients(studio))


async def an_option(studio: Studio) -> tuple[Any, Any]:
    return create_purchase_option, CreatePurchaseOption("Ten", TEN_CLASSES)


async def a_revision(studio: Studio) -> tuple[Any, Any]:
    return revise_purchase_option, RevisePurchaseOption(
        await studio.option(), 1, "Ten", replace(TEN_CLASSES, quantity=12)
    )


async def a_package(studio: Studio) -> tuple[Any, Any]:
    return create_package, CreatePackage("Starter", await starter_terms(studio))


async def a_revised_package(studio: Studio) -> tuple[Any, Any]:
    package = (await studio.do(*(await a_package(studio)))).rows["package"]
    return revise_package, RevisePackage(package, 1, "Starter", await starter_terms(studio, 11_000))


async def an_archived_package(studio: Studio) -> tuple[Any, Any]:
    return archive_package, ArchivePackage((await studio.do(*(await a_package(studio)))).rows["package"])


async def a_sale_of_a_package(studio: Studio) -> tuple[Any, Any]:
    package = (await studio.do(*(await a_package(studio)))).rows["package"]
    return sell_package, SellPackage(studio.client, package, *CARD)


async def a_hold_on_a_package(studio: Studio) -> tuple[Any, Any]:
    first = studio.began.date()
    return hold_package, HoldPackage((await starter_sold(studio)).rows["packageSale"], first, first + 5 * DAY)


async def a_refund_of_a_package(studio: Studio) -> tuple[Any, Any]:
    return refund_package, RefundPackage((await starter_sold(studio)).rows["packageSale"], "Moved away")


async def a_renewal_of_a_package(studio: Studio) -> tuple[Any, Any]:
    return renew_package, RenewPackage((await starter_sold(studio)).rows["packageSale"], *CARD, use_credit=True)


async def an_archiving(studio: Studio) -> tuple[Any, Any]:
    return archive_purchase_option, ArchivePurchaseOption(await studio.option())
