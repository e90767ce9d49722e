"""What the mutations about the catalogue are given."""

import strawberry

from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
)
from models.rules.values import ServiceCategory
from schema.catalogue.terms_input import TermsInput
from schema.given import Given, row_id


@strawberry.input(description="A location to be.")
class CreateLocationInput(Given):
    """See `CreateLocation`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters, of which there is no other.")
    zone: str | None = strawberry.field(
        default=None, description="Its IANA time zone, such as Europe/Paris; the business's own where left out."
    )

    def command(self) -> CreateLocation:
        """Return the command."""
        return CreateLocation(self.name, self.zone)


@strawberry.input(description="A service to be.")
class CreateServiceInput(Given):
    """See `CreateService`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters, of which there is no other.")
    category: ServiceCategory = strawberry.field(description="The kind of thing that is attended.")

    def command(self) -> CreateService:
        """Return the command."""
        return CreateService(self.name, self.category)


@strawberry.input(description="A purchase option to be, in its first version.")
class CreatePurchaseOptionInput(Given):
    """See `CreatePurchaseOption`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    terms: TermsInput = strawberry.field(description="What a pass sold of it keeps.")

    def command(self) -> CreatePurchaseOption:
        """Return the command."""
        return CreatePurchaseOption(self.name, self.terms.value())


@strawberry.input(description="The next version of a purchase option. Sold passes keep theirs.")
class RevisePurchaseOptionInput(Given):
    """See `RevisePurchaseOption`."""

    purchase_option_id: strawberry.ID = strawberry.field(description="The option.")
    from_version: int = strawberry.field(
        description="The version you have read; the revision is refused where another came in between."
    )
    name: str = strawberry.field(description="Its name from now on, 1 to 200 characters.")
    terms: TermsInput = strawberry.field(description="Its terms from now on, all of them.")

    def command(self) -> RevisePurchaseOption:
        """Return the command."""
        option_id = row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId")
        return RevisePurchaseOption(option_id, self.from_version, self.name, self.terms.value())


@strawberry.input(description="A purchase option to sell no longer.")
class ArchivePurchaseOptionInput(Given):
    """See `ArchivePurchaseOption`."""

    purchase_option_id: strawberry.ID = strawberry.field(description="The option.")

    def command(self) -> ArchivePurchaseOption:
        """Return the command."""
        return ArchivePurchaseOption(row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId"))
