"""Moving sold passes to another version of their option: the simulator, the move and the way back."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self, cast
from uuid import UUID

import asyncpg
import strawberry

from models.errors import Problem
from models.operations.base import Changed, Tx
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
from models.queries import visits
from schema.carry_out import INPUT, carry_out, mutation
from schema.catalogue.payloads import PurchaseOptionPayload
from schema.catalogue.terms_input import TermsInput
from schema.context import Info
from schema.errors import ReasonNode
from schema.given import Given, row_id, row_ids
from schema.passes.payloads import passes_in_order
from schema.passes.types import PassNode
from schema.refunds.payloads import SkippedPass, skipped_passes
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode


@strawberry.input(description="Sold passes to move to the current version of their purchase option.")
class MigratePassesInput(Given):
    """See `MigratePasses`."""

    purchase_option_id: strawberry.ID = strawberry.field(description="The option.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")
    pass_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="These passes of it; every open pass of another version where left out."
    )
    from_versions: list[int] | None = strawberry.field(
        default=None, description="Only passes that have one of these versions."
    )
    name: str | None = strawberry.field(default=None, description="The name of the version that `terms` make.")
    terms: TermsInput | None = strawberry.field(
        default=None,
        description="Write the next version with these terms first. In a dry run: what that version would change.",
    )

    def command(self) -> MigratePasses:
        """Return the command."""
        return MigratePasses(
            row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId"),
            self.reason,
            None if self.pass_ids is None else tuple(row_ids("Pass", self.pass_ids, "passIds")),
            None if self.from_versions is None else tuple(self.from_versions),
            self.name,
            None if self.terms is None else self.terms.value(),
        )


@strawberry.input(description="A migration to take back.")
class RevertMigrationInput(Given):
    """See `RevertMigration`."""

    migration_id: strawberry.ID = strawberry.field(description="The operation that migratePasses was written down as.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> RevertMigration:
        """Return the command."""
        return RevertMigration(row_id("Operation", self.migration_id, "migrationId"), self.reason)


@strawberry.type(description="A term that the version changes. Values are in JSON.")
class TermChange:
    """One term of one version."""

    from_version: int = strawberry.field(description="The version it is compared with.")
    path: str = strawberry.field(description="The term, such as `validity.count`.")
    before: str = strawberry.field(description="What it was.")
    after: str = strawberry.field(description="What it is.")


@strawberry.type(description="A booked visit that the new terms would not pay for. It stays booked and paid.")
class KeptVisit:
    """One visit of a moved pass."""

    visit: VisitNode = strawberry.field(description="The visit.")
    reason: ReasonNode = strawberry.field(description="Why the new terms would not pay for it.")


@strawberry.type(description="What the version changes for one pass.")
class MigratedPass:
    """One pass of `migratePasses`."""

    pass_: PassNode = strawberry.field(name="pass", description="The pass after the change.")
    last_day_before: date | None = strawberry.field(description="Its last day before; null where it had none.")
    last_day_after: date | None = strawberry.field(description="Its last day now.")
    renewal_price_before: int | None = strawberry.field(
        description="What its next renewal would have cost, in minor units; null where it does not renew."
    )
    renewal_price_after: int | None = strawberry.field(description="What its next renewal costs now.")
    kept_visits: list[KeptVisit] = strawberry.field(description="Booked visits the new terms would refuse.")


@strawberry.type(description="What the version changes: of the terms, and for each pass.")
class MigratePassesPayload(MovingPayload, PurchaseOptionPayload):
    """In a dry run, the simulator."""

    term_changes: list[TermChange] = strawberry.field(
        default_factory=list, description="The terms that differ, by the version the passes had."
    )
    migrated: list[MigratedPass] = strawberry.field(default_factory=list, description="The passes that moved.")
    skipped: list[SkippedPass] = strawberry.field(default_factory=list, description="The passes left as they are.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the option, the passes and the visits."""
        shown = await super().loaded(reader, changed, tx)
        figures = changed.figures
        found = {row.id: row for row in await passes_in_order(reader, changed.passes, tx)}
        told = figures["changes"]
        ids = [UUID(each) for change in told.values() for each in change["refused"]]
        kept = {row.id: row for row in await visits.by_ids(reader, ids)}
        shown.term_changes = [
            TermChange(
                from_version=int(version),
                path=each["path"],
                before=json.dumps(each["before"]),
                after=json.dumps(each["after"]),
            )
            for version, listed in figures["terms"].items()
            for each in listed
        ]
        shown.migrated = [_migrated(found[each], told[str(each)], kept) for each in changed.passes]
        shown.skipped = await skipped_passes(reader, figures["skipped"], tx)
        return shown


def _migrated(row: Any, change: Mapping[str, Any], kept: Mapping[UUID, Any]) -> MigratedPass:
    before, after = change["lastDayBefore"], change["lastDayAfter"]
    return MigratedPass(
        pass_=PassNode.of(row),
        last_day_before=before and date.fromisoformat(before),
        last_day_after=after and date.fromisoformat(after),
        renewal_price_before=change["renewalPriceBefore"],
        renewal_price_after=change["renewalPriceAfter"],
        kept_visits=[
            KeptVisit(visit=VisitNode.of(kept[UUID(each)]), reason=cast("ReasonNode", Problem.from_json(why).reason))
            for each, why in change["refused"].items()
        ],
    )


@strawberry.type(description="The passes that are back in the version they came from.")
class RevertMigrationPayload(MovingPayload):
    """See `RevertMigration`."""

    passes: list[PassNode] = strawberry.field(default_factory=list, description="The passes that moved back.")
    skipped: list[SkippedPass] = strawberry.field(
        default_factory=list, description="The passes left as they are, since something later depends on the move."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the passes."""
        shown = cls(
            passes=PassNode.of_all(await passes_in_order(reader, changed.passes, tx)),
            skipped=await skipped_passes(reader, changed.figures["skipped"], tx),
        )
        return await shown.with_moves(reader, changed, tx)


@strawberry.type
class MigrationMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Move sold passes to the current version of their option; a dry run simulates what that would change.")
    async def migrate_passes(self, info: Info, given: Annotated[MigratePassesInput, INPUT]) -> MigratePassesPayload:
        """Carry out `migrate_passes`."""
        return await carry_out(info, given, migrate_passes, MigratePassesPayload)

    @mutation("Move the passes of a migration back to the versions they came from.")
    async def revert_migration(
        self, info: Info, given: Annotated[RevertMigrationInput, INPUT]
    ) -> RevertMigrationPayload:
        """Carry out `revert_migration`."""
        return await carry_out(info, given, revert_migration, RevertMigrationPayload)
