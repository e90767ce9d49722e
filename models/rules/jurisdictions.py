"""What the law of a place asks of a sale, as far as the system itself keeps it. This is no legal advice.

A profile holds only what is enforced here. A studio remains bound by everything else that its law asks.
"""

from dataclasses import dataclass

from models.rules.terms import Terms
from models.rules.values import AfterExpiration, Jurisdiction


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile asks: with `consent_required` nobody is sold what renews by itself without having agreed to it."""

    consent_required: bool = False


PROFILES: dict[Jurisdiction, Profile] = {
    Jurisdiction.NONE: Profile(),
    # Restore Online Shoppers' Confidence Act, 15 U.S.C. § 8403(2): express informed consent before the charge.
    Jurisdiction.US: Profile(consent_required=True),
    # Automatic Renewal Law, Cal. Bus. & Prof. Code § 17602(a)(2): affirmative consent to the terms of the renewal.
    Jurisdiction.US_CA: Profile(consent_required=True),
    # Directive 2011/83/EU, art. 8(2): the consumer explicitly acknowledges that the order obliges them to pay.
    Jurisdiction.EU: Profile(consent_required=True),
    # § 312j BGB, by which Germany keeps the same article.
    Jurisdiction.DE: Profile(consent_required=True),
    # Code de la consommation, art. L221-14, by which France does.
    Jurisdiction.FR: Profile(consent_required=True),
}


def needs_consent(jurisdiction: Jurisdiction, terms: Terms) -> bool:
    """Say whether these terms may be sold there only to somebody who agreed that they renew."""
    return terms.after_expiration is AfterExpiration.RENEW and PROFILES[jurisdiction].consent_required


def shown(terms: Terms, currency: str) -> dict[str, str | int | None]:
    """Return what the buyer of a pass that renews was told, as it is kept with their consent."""
    validity = terms.validity
    return {
        "priceMinor": terms.price_minor,
        "currency": currency,
        "quantity": terms.quantity,
        "unit": terms.unit,
        "periodCount": validity.count,
        "periodUnit": validity.unit,
        "trigger": terms.renewal.trigger,
        "renewalPrice": terms.renewal.price,
        "renewalsMax": terms.renewal.renewals_max,
    }
