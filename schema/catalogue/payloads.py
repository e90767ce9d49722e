"""What the mutations of the catalogue answer. Everything is read inside the transaction."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import options, places
from schema.carry_out import Payload
from schema.catalogue.types import LocationNode, PurchaseOptionNode, ServiceNode


@strawberry.type(description="The new location.")
class CreateLocationPayload(Payload):
    """A location."""

    location: LocationNode | None = strawberry.field(
        default=None, description="The location; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the location."""
        rows = await places.locations_by_ids(reader, [changed.rows["location"]])
        return cls(location=LocationNode.of(rows[0]))


@strawberry.type(description="The new service.")
class CreateServicePayload(Payload):
    """A service."""

    service: ServiceNode | None = strawberry.field(default=None, description="The service; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the service."""
        rows = await places.services_by_ids(reader, [changed.rows["service"]])
        return cls(service=ServiceNode.of(rows[0]))


@strawberry.type
class PurchaseOptionPayload(Payload):
    """A purchase option."""

    purchase_option: PurchaseOptionNode | None = strawberry.field(
        default=None, description="The purchase option after the change; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the option."""
        rows = await options.by_ids(reader, [changed.rows["purchaseOption"]])
        return cls(purchase_option=PurchaseOptionNode.of(rows[0]))


@strawberry.type(description="The new purchase option.")
class CreatePurchaseOptionPayload(PurchaseOptionPayload):
    """See `PurchaseOptionPayload`."""


@strawberry.type(description="The purchase option in its new version.")
class RevisePurchaseOptionPayload(PurchaseOptionPayload):
    """See `PurchaseOptionPayload`."""


@strawberry.type(description="The purchase option, no longer sold.")
class ArchivePurchaseOptionPayload(PurchaseOptionPayload):
    """See `PurchaseOptionPayload`."""
