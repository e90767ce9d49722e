"""What buyers agree to when they buy what renews by itself: asked for where the law does, and kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import ToPay, Tx, checked_text, plain
from models.rules.codes import Code
from models.rules.jurisdictions import needs_consent, shown
from models.rules.terms import Terms
from models.rules.values import Language
from models.tables.base import new_id
from models.tables.consents import consents


@dataclass(frozen=True, slots=True)
class Consent:
    """What the buyer agreed to, word for word, and in which language; None is the business's own."""

    text: str
    language: Language | None = None


def checked_consent(tx: Tx, sold: Iterable[Terms], consent: Consent | None) -> dict[str, str] | None:
    """Return the consent as it is kept, with who gave it and under which law.

    Errors: CONSENT_REQUIRED where any of what is sold may not be sold without, TEXT_OUT_OF_RANGE.
    """
    if consent is None:
        if any(needs_consent(tx.business.jurisdiction, terms) for terms in sold):
            raise refuse(Code.CONSENT_REQUIRED, "consent")
        return None
    return {
        "text": checked_text(" ".join(consent.text.split()), 1, 4_000, "consent", "text"),
        "language": (consent.language or tx.business.language).value,
        "role": tx.actor.role.value,
        "jurisdiction": tx.business.jurisdiction.value,
    }


async def write_consent(tx: Tx, bought: ToPay, pass_id: UUID, terms: Terms) -> None:
    """Keep what the buyer of a pass agreed to, with what was shown. A sale of an earlier release knows of none."""
    await keep_consent(tx, bought.details.get("consent"), pass_id, bought.client_id, terms)


async def keep_consent(tx: Tx, consent: dict[str, Any] | None, pass_id: UUID, client_id: UUID, terms: Terms) -> None:
    """Keep what a client agreed to about a pass, with what the terms say of its charges; None keeps nothing."""
    if consent is not None:
        who = {"id": new_id(), "pass_id": pass_id, "client_id": client_id}
        kept = {"shown": plain(shown(terms, tx.business.currency)), "operation_id": tx.operation_id, "at": tx.now}
        await tx.insert(consents, {**who, **consent, **kept})
