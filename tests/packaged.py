"""A package to test with, and one that was sold."""

from uuid import UUID

from models.operations.base import Changed
from models.operations.packages import CreatePackage, create_package
from models.operations.sell_package import SellPackage, sell_package
from models.rules.packages import PackageItem, PackageTerms
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, PackageItemKind, PassKind, PaymentMethod, TestCard
from tests.studio import MONTH, Studio

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
YOGA = Terms(PassKind.SESSION, 12_000, 10, MONTH, after_expiration=AfterExpiration.RENEW)
POOL = Terms(PassKind.DURATION, 4_000, None, MONTH, after_expiration=AfterExpiration.RENEW)
MAT = PackageItem(PackageItemKind.GOODS, name="Mat", value_minor=3_000)
CREDIT = PackageItem(PackageItemKind.CREDIT, value_minor=1_000)


async def starter_terms(studio: Studio, price_minor: int = 10_000) -> PackageTerms:
    """Return ten classes, the pool, a mat and credit, together half of what they cost alone."""
    options = [await studio.option(terms) for terms in (YOGA, POOL)]
    lines = tuple(PackageItem(PackageItemKind.PASS, option_id=option) for option in options)
    return PackageTerms(price_minor, (*lines, MAT, CREDIT))


async def starter_sold(studio: Studio, client: UUID | None = None) -> Changed:
    """Create that package and sell it, to the studio's client by default; its rows name the package and the sale."""
    made = await studio.do(create_package, CreatePackage("Starter", await starter_terms(studio)))
    sold = await studio.do(sell_package, SellPackage(client or studio.client, made.rows["package"], *CARD))
    sold.rows |= made.rows
    return sold
