"""What the mutations of packages are given."""

from datetime import date

import strawberry

from models.operations.hold_package import HoldPackage
from models.operations.packages import ArchivePackage, CreatePackage, RevisePackage
from models.operations.refund_package import RefundPackage
from models.operations.renew_package import RenewPackage
from models.operations.sell_package import SellPackage
from models.rules.packages import Override, PackageItem, PackageTerms
from models.rules.values import Activation, HoldKind, PackageItemKind, RefundDestination, SaleChannel
from schema.catalogue.policies_input import OfferTermsInput, RestrictionInput
from schema.catalogue.terms_input import ValidityInput
from schema.given import Given, check_length, row_id, row_id_or_none, row_ids
from schema.passes.inputs import ConsentInput
from schema.passes.payment_input import PaymentInput, method_and_card


@strawberry.input(description="One line of a package.")
class PackageItemInput:
    """See `PackageItem`."""

    kind: PackageItemKind = strawberry.field(description="What it is.")
    quantity: int = strawberry.field(default=1, description="How many of it, 1 to 20.")
    purchase_option_id: strawberry.ID | None = strawberry.field(
        default=None, description="For PASS: the option, which is sold in the version that is current then."
    )
    package_id: strawberry.ID | None = strawberry.field(
        default=None, description="For PACKAGE: another package, which is taken apart when this one is sold."
    )
    name: str | None = strawberry.field(default=None, description="For GOODS: what they are, 1 to 200 characters.")
    value_minor: int | None = strawberry.field(
        default=None, description="For CREDIT the credit it gives, for GOODS what the line costs by itself."
    )
    share_minor: int | None = strawberry.field(
        default=None,
        description="The line's part of the price; where left out, what the stated shares leave is split in proportion "
        "to what the lines cost by themselves.",
    )

    def value(self, *path: str) -> PackageItem:
        """Return the rules' value. Errors: INVALID_ID."""
        return PackageItem(
            self.kind,
            self.quantity,
            row_id_or_none("PurchaseOption", self.purchase_option_id, *path, "purchaseOptionId"),
            row_id_or_none("Package", self.package_id, *path, "packageId"),
            self.name,
            self.value_minor,
            self.share_minor,
        )


@strawberry.input(description="What a package says in place of its parts' own terms. What is left out leaves theirs.")
class PackageOverrideInput:
    """See `Override`."""

    validity: ValidityInput | None = strawberry.field(default=None, description="How long its parts are valid.")
    activation: Activation | None = strawberry.field(default=None, description="What decides their first day.")
    start_within_days: int | None = strawberry.field(
        default=None, description="For ON_FIRST_VISIT: they start this many days after the sale at the latest."
    )
    restrictions: list[RestrictionInput] | None = strawberry.field(
        default=None, description="How often they may be used; an empty list lifts their own restrictions."
    )

    def value(self) -> Override:
        """Return the rules' value. Errors: INVALID_ID, TOO_MANY."""
        path = ("terms", "override", "restrictions")
        given = self.restrictions
        check_length(given or (), 200, *path)
        return Override(
            None if self.validity is None else self.validity.value(),
            self.activation,
            self.start_within_days,
            None if given is None else tuple(each.value(*path, str(at)) for at, each in enumerate(given)),
        )


@strawberry.input(description="Everything that a version of a package says.")
class PackageTermsInput:
    """See `PackageTerms`."""

    price_minor: int = strawberry.field(description="The price of all of it, in minor units; may be 0.")
    items: list[PackageItemInput] = strawberry.field(description="What it holds, with at least one pass, at most 50.")
    override: PackageOverrideInput | None = strawberry.field(
        default=None, description="What it says in place of its parts' own terms; nothing where left out."
    )
    offer: OfferTermsInput | None = strawberry.field(
        default=None, description="Who may buy it, and how; anyone, any way, where left out."
    )

    def value(self) -> PackageTerms:
        """Return the rules' value. Errors: INVALID_ID, TOO_MANY."""
        check_length(self.items, 200, "terms", "items")
        return PackageTerms(
            self.price_minor,
            tuple(item.value("terms", "items", str(at)) for at, item in enumerate(self.items)),
            (self.override or PackageOverrideInput()).value(),
            (self.offer or OfferTermsInput()).value(),
        )


@strawberry.input(description="A package to be, in its first version.")
class CreatePackageInput(Given):
    """See `CreatePackage`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    terms: PackageTermsInput = strawberry.field(description="What it holds, and for how much.")

    def command(self) -> CreatePackage:
        """Return the command."""
        return CreatePackage(self.name, self.terms.value())


@strawberry.input(description="The next version of a package. Sold packages keep theirs.")
class RevisePackageInput(Given):
    """See `RevisePackage`."""

    package_id: strawberry.ID = strawberry.field(description="The package.")
    from_version: int = strawberry.field(
        description="The version you have read; the revision is refused where another came in between."
    )
    name: str = strawberry.field(description="Its name from now on, 1 to 200 characters.")
    terms: PackageTermsInput = strawberry.field(description="Its terms from now on, all of them.")

    def command(self) -> RevisePackage:
        """Return the command."""
        package_id = row_id("Package", self.package_id, "packageId")
        return RevisePackage(package_id, self.from_version, self.name, self.terms.value())


@strawberry.input(description="A package to sell no longer.")
class ArchivePackageInput(Given):
    """See `ArchivePackage`."""

    package_id: strawberry.ID = strawberry.field(description="The package.")

    def command(self) -> ArchivePackage:
        """Return the command."""
        return ArchivePackage(row_id("Package", self.package_id, "packageId"))


@strawberry.input(description="A package to sell: all of it, or nothing.")
class SellPackageInput(Given):
    """See `SellPackage`."""

    client_id: strawberry.ID = strawberry.field(description="Who buys it.")
    package_id: strawberry.ID = strawberry.field(description="What is sold, in its current version.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How it is paid; may be left out where nothing is left to pay."
    )
    starts_on: date | None = strawberry.field(
        default=None, description="The first day of the parts that start ON_DATE; today where left out."
    )
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="The location whose zone the passes follow; the client's home where left out."
    )
    channel: SaleChannel | None = strawberry.field(
        default=None, description="How it is sold; ONLINE where a client buys and STAFF otherwise, where left out."
    )
    direct_link_code: str | None = strawberry.field(
        default=None, description="For DIRECT_LINK: the code that the link carried."
    )
    use_credit: bool = strawberry.field(
        default=False, description="Whether the client's credit pays first and only the rest is charged."
    )
    consent: ConsentInput | None = strawberry.field(
        default=None,
        description="What the buyer of passes that renew agreed to; kept with each, and required where the law asks.",
    )

    def command(self) -> SellPackage:
        """Return the command."""
        return SellPackage(
            row_id("Client", self.client_id, "clientId"),
            row_id("Package", self.package_id, "packageId"),
            *method_and_card(self.payment),
            self.starts_on,
            row_id_or_none("Location", self.location_id, "locationId"),
            self.channel,
            self.direct_link_code,
            self.use_credit,
            self.consent.command() if self.consent else None,
        )


@strawberry.input(description="A sold package whose passes are to be held.")
class HoldPackageInput(Given):
    """See `HoldPackage`."""

    package_sale_id: strawberry.ID = strawberry.field(description="The sold package.")
    first_day: date = strawberry.field(description="The first held day.")
    last_day: date | None = strawberry.field(
        default=None, description="The last held day, inclusive; open-ended where left out."
    )
    kind: HoldKind = strawberry.field(default=HoldKind.FREEZE, description="Whether the held days are given back.")
    reason: str | None = strawberry.field(default=None, description="Why, 1 to 500 characters.")
    keep_visits: bool = strawberry.field(
        default=False, description="Whether visits inside stay booked; for staff. Otherwise they are cancelled."
    )
    override: bool = strawberry.field(
        default=False, description="Whether to go beyond the passes' policies; for staff."
    )
    waive_fee: bool = strawberry.field(default=False, description="Whether to let fees go; for staff.")

    def command(self) -> HoldPackage:
        """Return the command."""
        return HoldPackage(
            row_id("PackageSale", self.package_sale_id, "packageSaleId"),
            self.first_day,
            self.last_day,
            self.kind,
            self.reason,
            self.keep_visits,
            self.override,
            self.waive_fee,
        )


@strawberry.input(description="A sold package to pay back.")
class RefundPackageInput(Given):
    """See `RefundPackage`."""

    package_sale_id: strawberry.ID = strawberry.field(description="The sold package.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")
    goods: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The goods of it that came back; others are kept and stay paid."
    )
    destination: RefundDestination = strawberry.field(
        default=RefundDestination.ORIGINAL, description="Where the money goes."
    )

    def command(self) -> RefundPackage:
        """Return the command."""
        sale_id = row_id("PackageSale", self.package_sale_id, "packageSaleId")
        return RefundPackage(sale_id, self.reason, row_ids("PackageSaleItem", self.goods, "goods"), self.destination)


@strawberry.input(description="A sold package whose passes are all to be renewed now.")
class RenewPackageInput(Given):
    """See `RenewPackage`."""

    package_sale_id: strawberry.ID = strawberry.field(description="The sold package.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How it is paid; a test card that paid before is used where left out."
    )
    use_credit: bool = strawberry.field(
        default=False, description="Whether the client's credit pays first and only the rest is charged."
    )

    def command(self) -> RenewPackage:
        """Return the command."""
        sale_id = row_id("PackageSale", self.package_sale_id, "packageSaleId")
        return RenewPackage(sale_id, *method_and_card(self.payment), self.use_credit)
