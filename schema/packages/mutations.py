"""Mutations of packages and of the packages that were sold."""

from typing import Annotated

import strawberry

from models.operations.hold_package import hold_package
from models.operations.packages import archive_package, create_package, revise_package
from models.operations.refund_package import refund_package
from models.operations.renew_package import renew_package
from models.operations.sell_package import sell_package
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.packages.inputs import (
    ArchivePackageInput,
    CreatePackageInput,
    HoldPackageInput,
    RefundPackageInput,
    RenewPackageInput,
    RevisePackageInput,
    SellPackageInput,
)
from schema.packages.payloads import (
    ArchivePackagePayload,
    CreatePackagePayload,
    HoldPackagePayload,
    RefundPackagePayload,
    RenewPackagePayload,
    RevisePackagePayload,
    SellPackagePayload,
)


@strawberry.type
class PackageMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Create a package: several passes and other items at one price, in its first version.")
    async def create_package(self, info: Info, given: Annotated[CreatePackageInput, INPUT]) -> CreatePackagePayload:
        """Carry out `create_package`."""
        return await carry_out(info, given, create_package, CreatePackagePayload)

    @mutation("Write the next version of a package. Sold packages keep the version they were sold under.")
    async def revise_package(self, info: Info, given: Annotated[RevisePackageInput, INPUT]) -> RevisePackagePayload:
        """Carry out `revise_package`."""
        return await carry_out(info, given, revise_package, RevisePackagePayload)

    @mutation("Sell a package no longer. Sold packages stay as they are.")
    async def archive_package(self, info: Info, given: Annotated[ArchivePackageInput, INPUT]) -> ArchivePackagePayload:
        """Carry out `archive_package`."""
        return await carry_out(info, given, archive_package, ArchivePackagePayload)

    @mutation("Sell a client all of a package with one charge, or nothing of it.")
    async def sell_package(self, info: Info, given: Annotated[SellPackageInput, INPUT]) -> SellPackagePayload:
        """Carry out `sell_package`."""
        return await carry_out(info, given, sell_package, SellPackagePayload)

    @mutation("Hold every pass of a sold package that can be held, and say why of those that cannot.")
    async def hold_package(self, info: Info, given: Annotated[HoldPackageInput, INPUT]) -> HoldPackagePayload:
        """Carry out `hold_package`."""
        return await carry_out(info, given, hold_package, HoldPackagePayload)

    @mutation("Pay back what is unused of every pass of a sold package, goods that came back, and credit not spent.")
    async def refund_package(self, info: Info, given: Annotated[RefundPackageInput, INPUT]) -> RefundPackagePayload:
        """Carry out `refund_package`."""
        return await carry_out(info, given, refund_package, RefundPackagePayload)

    @mutation("Renew every pass of a sold package now, at the shares they were sold with, with one charge.")
    async def renew_package(self, info: Info, given: Annotated[RenewPackageInput, INPUT]) -> RenewPackagePayload:
        """Carry out `renew_package`."""
        return await carry_out(info, given, renew_package, RenewPackagePayload)
