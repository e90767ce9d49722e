"""Mutations that share and transfer passes."""

from typing import Annotated

import strawberry

from models.operations.sharing import approve_share, remove_share, share_pass
from models.operations.transfer_pass import transfer_pass
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.sharing.inputs import ApproveShareInput, RemoveShareInput, SharePassInput, TransferPassInput
from schema.sharing.payloads import (
    ApproveSharePayload,
    RemoveSharePayload,
    SharePassPayload,
    TransferPassPayload,
)


@strawberry.type
class SharingMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Let a member of the owner's household use a pass. What the owner asks for waits for approval where the terms "
        "want that."
    )
    async def share_pass(self, info: Info, given: Annotated[SharePassInput, INPUT]) -> SharePassPayload:
        """Carry out `share_pass`."""
        return await carry_out(info, given, share_pass, SharePassPayload)

    @mutation("Approve a share that its owner asked for.")
    async def approve_share(self, info: Info, given: Annotated[ApproveShareInput, INPUT]) -> ApproveSharePayload:
        """Carry out `approve_share`."""
        return await carry_out(info, given, approve_share, ApproveSharePayload)

    @mutation("End a share or decline one. Visits the member has booked ahead become unpaid, unless they are kept.")
    async def remove_share(self, info: Info, given: Annotated[RemoveShareInput, INPUT]) -> RemoveSharePayload:
        """Carry out `remove_share`."""
        return await carry_out(info, given, remove_share, RemoveSharePayload)

    @mutation(
        "Give a pass, or units of it, to another client, as a new pass with the same days that does not renew. A pass "
        "that goes whole closes, and visits booked ahead on it become unpaid."
    )
    async def transfer_pass(self, info: Info, given: Annotated[TransferPassInput, INPUT]) -> TransferPassPayload:
        """Carry out `transfer_pass`."""
        return await carry_out(info, given, transfer_pass, TransferPassPayload)
