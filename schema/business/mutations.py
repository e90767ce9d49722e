"""Mutations of the business itself."""

from functools import partial
from typing import Annotated

import strawberry

from models.operations.advance_test_clock import advance
from models.operations.set_policies import set_policies
from schema.business.inputs import AdvanceTestClockInput, SetPoliciesInput
from schema.business.payloads import AdvanceTestClockPayload, SetPoliciesPayload
from schema.carry_out import INPUT, answer, carry_out, mutation
from schema.context import Info


@strawberry.type
class BusinessMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Move the time of a business with a test clock forward, doing on the way all that falls due. "
        "A dry run only checks the instant."
    )
    async def advance_test_clock(
        self, info: Info, given: Annotated[AdvanceTestClockInput, INPUT]
    ) -> AdvanceTestClockPayload:
        """Carry out `advance_test_clock`."""
        context = info.context
        act = partial(advance, context.runtime, context.business.id, context.actor)
        return await answer(context, given, act, AdvanceTestClockPayload)

    @mutation("Change how the business deals with its clients. For the owner alone.")
    async def set_policies(self, info: Info, given: Annotated[SetPoliciesInput, INPUT]) -> SetPoliciesPayload:
        """Carry out `set_policies`."""
        return await carry_out(info, given, set_policies, SetPoliciesPayload)
