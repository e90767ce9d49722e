"""Mutations of the catalogue."""

from typing import Annotated

import strawberry

from models.operations.catalogue import (
    archive_purchase_option,
    create_location,
    create_purchase_option,
    create_service,
    revise_purchase_option,
)
from schema.carry_out import INPUT, carry_out, mutation
from schema.catalogue.inputs import (
    ArchivePurchaseOptionInput,
    CreateLocationInput,
    CreatePurchaseOptionInput,
    CreateServiceInput,
    RevisePurchaseOptionInput,
)
from schema.catalogue.payloads import (
    ArchivePurchaseOptionPayload,
    CreateLocationPayload,
    CreatePurchaseOptionPayload,
    CreateServicePayload,
    RevisePurchaseOptionPayload,
)
from schema.context import Info


@strawberry.type
class CatalogueMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Create a location.")
    async def create_location(self, info: Info, given: Annotated[CreateLocationInput, INPUT]) -> CreateLocationPayload:
        """Carry out `create_location`."""
        return await carry_out(info, given, create_location, CreateLocationPayload)

    @mutation("Create a service.")
    async def create_service(self, info: Info, given: Annotated[CreateServiceInput, INPUT]) -> CreateServicePayload:
        """Carry out `create_service`."""
        return await carry_out(info, given, create_service, CreateServicePayload)

    @mutation("Create a purchase option: a pass that can be sold, in its first version.")
    async def create_purchase_option(
        self, info: Info, given: Annotated[CreatePurchaseOptionInput, INPUT]
    ) -> CreatePurchaseOptionPayload:
        """Carry out `create_purchase_option`."""
        return await carry_out(info, given, create_purchase_option, CreatePurchaseOptionPayload)

    @mutation("Write the next version of a purchase option. Sold passes keep the version they were sold under.")
    async def revise_purchase_option(
        self, info: Info, given: Annotated[RevisePurchaseOptionInput, INPUT]
    ) -> RevisePurchaseOptionPayload:
        """Carry out `revise_purchase_option`."""
        return await carry_out(info, given, revise_purchase_option, RevisePurchaseOptionPayload)

    @mutation("Sell a purchase option no longer. Sold passes keep their terms and go on renewing under them.")
    async def archive_purchase_option(
        self, info: Info, given: Annotated[ArchivePurchaseOptionInput, INPUT]
    ) -> ArchivePurchaseOptionPayload:
        """Carry out `archive_purchase_option`."""
        return await carry_out(info, given, archive_purchase_option, ArchivePurchaseOptionPayload)
