"""Change how a business deals with its clients."""

from dataclasses import dataclass

from sqlalchemy import update

from models.errors import refuse
from models.operations.base import Changed, Tx, checked_count
from models.rules.codes import Code
from models.rules.values import Jurisdiction, Language, ResolveAs, Role
from models.tables.tenants import businesses

RESOLVE_HOURS_MAX = 8_760


@dataclass(frozen=True, slots=True)
class SetPolicies:
    """The policies to change; None leaves one as it is. `never_resolve` switches the resolving of visits off.

    `min_validity_days` is how long what is sold ahead has to last; 0 is no such rule.
    """

    resolve_after_hours: int | None = None
    never_resolve: bool = False
    resolve_as: ResolveAs | None = None
    language: Language | None = None
    block_on_dispute: bool | None = None
    freeze_on_failed_charge: bool | None = None
    jurisdiction: Jurisdiction | None = None
    min_validity_days: int | None = None
    project_renewals: bool | None = None


async def set_policies(tx: Tx, command: SetPolicies) -> Changed:
    """Change the policies that are given. Errors: FORBIDDEN, NOTHING_TO_DO, QUANTITY_OUT_OF_RANGE, INVALID_INPUT."""
    tx.require(Role.OWNER)
    changes: dict[str, object] = {}
    if command.never_resolve:
        if command.resolve_after_hours is not None:
            raise refuse(Code.INVALID_INPUT, "resolveAfterHours", sentence="Visits resolve after hours, or never.")
        changes["resolve_after_hours"] = None
    elif command.resolve_after_hours is not None:
        hours = checked_count(command.resolve_after_hours, 0, RESOLVE_HOURS_MAX, "resolveAfterHours")
        changes["resolve_after_hours"] = hours
    if command.resolve_as is not None:
        changes["resolve_as"] = command.resolve_as
    if command.language is not None:
        changes["language"] = command.language
    if command.jurisdiction is not None:
        changes["jurisdiction"] = command.jurisdiction
    if command.min_validity_days is not None:
        changes["min_validity_days"] = checked_count(command.min_validity_days, 0, 3_660, "minValidityDays") or None
    for rule in ("block_on_dispute", "freeze_on_failed_charge", "project_renewals"):
        if getattr(command, rule) is not None:
            changes[rule] = getattr(command, rule)
    if not changes:
        raise refuse(Code.NOTHING_TO_DO, sentence="no policy is given.")
    row = await tx.row("SELECT * FROM businesses WHERE id = $1 FOR NO KEY UPDATE", tx.business.id)
    former = {name: row[name] for name in sorted(changes)}
    await tx.connection.execute(update(businesses).where(businesses.c.id == tx.business.id).values(**changes))
    await tx.event("business.policiesSet", policies=changes)
    return Changed(figures={"policies": sorted(changes), "former": former})
