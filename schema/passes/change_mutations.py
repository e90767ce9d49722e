"""Mutations that change or hold passes."""

from typing import Annotated

import strawberry

from models.operations.change_pass import adjust_pass, deactivate_pass, extend_pass, reactivate_pass
from models.operations.claim_lapsed import claim_lapsed
from models.operations.holds import end_hold, place_hold, remove_hold
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.passes.change_inputs import (
    AdjustPassInput,
    ClaimLapsedInput,
    DeactivatePassInput,
    EndHoldInput,
    ExtendPassInput,
    PlaceHoldInput,
    ReactivatePassInput,
    RemoveHoldInput,
)
from schema.passes.payloads import (
    AdjustPassPayload,
    ClaimLapsedPayload,
    DeactivatePassPayload,
    EndHoldPayload,
    ExtendPassPayload,
    PlaceHoldPayload,
    ReactivatePassPayload,
    RemoveHoldPayload,
)


@strawberry.type
class PassChangeMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Hold a pass for some days. Visits booked inside are cancelled and returned, unless staff keep them.")
    async def place_hold(self, info: Info, given: Annotated[PlaceHoldInput, INPUT]) -> PlaceHoldPayload:
        """Carry out `place_hold`."""
        return await carry_out(info, given, place_hold, PlaceHoldPayload)

    @mutation("End a hold early; the days it no longer holds are taken off the end of the pass again.")
    async def end_hold(self, info: Info, given: Annotated[EndHoldInput, INPUT]) -> EndHoldPayload:
        """Carry out `end_hold`."""
        return await carry_out(info, given, end_hold, EndHoldPayload)

    @mutation("Take a hold back as if it had never been, with the days it gave. The record of it stays.")
    async def remove_hold(self, info: Info, given: Annotated[RemoveHoldInput, INPUT]) -> RemoveHoldPayload:
        """Carry out `remove_hold`."""
        return await carry_out(info, given, remove_hold, RemoveHoldPayload)

    @mutation("Add units to a pass, or take available ones, the soonest to end first.")
    async def adjust_pass(self, info: Info, given: Annotated[AdjustPassInput, INPUT]) -> AdjustPassPayload:
        """Carry out `adjust_pass`."""
        return await carry_out(info, given, adjust_pass, AdjustPassPayload)

    @mutation(
        "Give a pass days at its end. An expired pass comes back with what had lapsed, if the new end lies ahead."
    )
    async def extend_pass(self, info: Info, given: Annotated[ExtendPassInput, INPUT]) -> ExtendPassPayload:
        """Carry out `extend_pass`."""
        return await carry_out(info, given, extend_pass, ExtendPassPayload)

    @mutation(
        "Claim back what lapsed from a pass, within the days its terms give for that: it becomes a make-up lot. "
        "Clients claim their own."
    )
    async def claim_lapsed(self, info: Info, given: Annotated[ClaimLapsedInput, INPUT]) -> ClaimLapsedPayload:
        """Carry out `claim_lapsed`."""
        return await carry_out(info, given, claim_lapsed, ClaimLapsedPayload)

    @mutation("Take a pass out of use. Booked visits it would still pay for become unpaid and are listed.")
    async def deactivate_pass(self, info: Info, given: Annotated[DeactivatePassInput, INPUT]) -> DeactivatePassPayload:
        """Carry out `deactivate_pass`."""
        return await carry_out(info, given, deactivate_pass, DeactivatePassPayload)

    @mutation("Put a deactivated pass back into use. Its dates have gone on meanwhile.")
    async def reactivate_pass(self, info: Info, given: Annotated[ReactivatePassInput, INPUT]) -> ReactivatePassPayload:
        """Carry out `reactivate_pass`."""
        return await carry_out(info, given, reactivate_pass, ReactivatePassPayload)
