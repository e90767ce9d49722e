"""Lines of purchase options. Each becomes an option in its first version."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from models.operations.imports.plan import Line, Plan, Work
from models.rules.codes import Code
from models.rules.terms import Terms, Validity, terms_from_json, terms_to_json
from models.rules.terms_check import problems
from models.rules.values import Activation, AfterExpiration, PassKind, PeriodUnit, ValidityRule
from models.tables.base import new_id
from models.tables.catalogue import purchase_option_versions, purchase_options

Word = TypeVar("Word", bound=StrEnum)


async def plan_options(work: Work, lines: Sequence[Line]) -> list[Plan]:
    """Plan an option for each line: its terms as JSON where it has them, else those its columns say."""
    plans = work.begin(lines, "purchase option")
    await work.refuse_known(plans, "purchase option")
    here = {*(await work.by_name("services")).values(), *(await work.by_name("locations")).values()}
    for plan in plans:
        record = plan.line.record
        if "name" not in record:
            plan.wrong(Code.LINE_MISSING, "name")
        terms = _terms(plan, record)
        if terms is None:
            continue
        for path, reason in problems(terms):
            plan.contradicts(".".join(path), reason)
        for unknown in sorted((terms.access.service_ids or frozenset()) - here):
            plan.wrong(Code.LINE_UNKNOWN, "terms", thing="service", ref=unknown)
        for unknown in sorted((terms.access.location_ids or frozenset()) - here):
            plan.wrong(Code.LINE_UNKNOWN, "terms", thing="location", ref=unknown)
        if plan.problems:
            continue
        option_id, now = new_id(), work.tx.now
        option = {"id": option_id, "current_version": 1, "created_at": now, "archived_at": None}
        version = {
            "option_id": option_id,
            "version": 1,
            "name": record["name"],
            "kind": terms.kind,
            "price_minor": terms.price_minor,
            "quantity": terms.quantity,
            "terms": terms_to_json(terms),
            "created_at": now,
        }
        plan.rows += [(purchase_options, option), (purchase_option_versions, version)]
        work.named(plan, option_id)
    return plans


def _terms(plan: Plan, record: dict[str, Any]) -> Terms | None:
    if "terms" in record:
        try:
            terms = terms_from_json(record["terms"])
        except (KeyError, TypeError, ValueError, AttributeError):
            plan.wrong(Code.LINE_UNREADABLE, "terms", sentence="these are no terms of a pass")
            return None
        if terms.conversion is not None:
            # What it converts to may stand in no line before it, and its id is another's.
            plan.warn("It does not convert by itself here until its terms are revised.", "terms")
            terms = replace(terms, conversion=None, after_expiration=AfterExpiration.EXPIRE)
        return terms
    kind = _one_of(plan, PassKind, "kind", record.get("kind", PassKind.SESSION))
    unit = _one_of(plan, PeriodUnit, "valid_unit", record.get("valid_unit", PeriodUnit.DAY).rstrip("S"))
    activation = _one_of(plan, Activation, "activation", record.get("activation", Activation.ON_SALE))
    if kind is None or unit is None or activation is None:
        return None
    validity = Validity()
    if "last_day" in record:
        validity = Validity(ValidityRule.FIXED_DAY, last_day=date.fromisoformat(record["last_day"]))
    elif "valid_count" in record:
        validity = Validity(ValidityRule.PERIOD, record["valid_count"], unit)
    quantity = record.get("quantity") if kind.metered else None
    return Terms(kind, record.get("price", 0), quantity, validity, activation)


def _one_of(plan: Plan, words: type[Word], cell: str, text: str) -> Word | None:
    """Return the word of ours that a cell holds; note which there are where it holds none."""
    try:
        return words(text)
    except ValueError:
        plan.wrong(
            Code.LINE_UNREADABLE, cell, sentence="“{text}” is none of {names}", text=text, names=", ".join(words)
        )
        return None
