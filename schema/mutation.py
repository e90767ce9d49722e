"""The root of all mutations: every verb, gathered from the folders."""

import strawberry

from schema.business.mutations import BusinessMutations
from schema.catalogue.migrations import MigrationMutations
from schema.catalogue.mutations import CatalogueMutations
from schema.closures.mutations import ClosureMutations
from schema.fees.mutations import FeeMutations
from schema.imports.mutations import ImportMutations
from schema.operations.mutations import OperationMutations
from schema.packages.mutations import PackageMutations
from schema.passes.change_mutations import PassChangeMutations
from schema.passes.mutations import PassMutations
from schema.people.mutations import PeopleMutations
from schema.refunds.mutations import RefundMutations
from schema.sandboxes.mutations import SandboxMutations
from schema.sharing.mutations import SharingMutations
from schema.visits.mutations import VisitMutations


@strawberry.type(
    description="Everything that changes something. Each takes an idempotency key and a dry run; a refusal comes back "
    "as userErrors, and then nothing has changed."
)
class Mutation(
    BusinessMutations,
    PeopleMutations,
    FeeMutations,
    CatalogueMutations,
    MigrationMutations,
    VisitMutations,
    PassChangeMutations,
    ClosureMutations,
    PassMutations,
    PackageMutations,
    RefundMutations,
    SharingMutations,
    SandboxMutations,
    ImportMutations,
    OperationMutations,
):
    """One field a verb."""
