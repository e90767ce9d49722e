"""What the law of a place asks of a sale, as far as the system itself keeps it. This is no legal advice.

A profile holds only what is enforced here. A studio remains bound by everything else that its law asks.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.rules.calendar import DAY
from models.rules.terms import Terms
from models.rules.timeline import base_days
from models.rules.values import AfterExpiration, Jurisdiction, SaleChannel


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile asks: with `consent_required` nobody is sold what renews by itself without having agreed to it.

    A charge for a period of at least `reminder_from_days` is announced `reminder_days_min` days before or earlier, and
    at most `reminder_days_max` days before; None is no such bound.
    Whoever bought from afar may withdraw up to `withdrawal_days` days after the day of the sale; None is no such right.
    """

    consent_required: bool = False
    reminder_days_min: int = 0
    reminder_days_max: int | None = None
    reminder_from_days: int = 0
    withdrawal_days: int | None = None


PROFILES: dict[Jurisdiction, Profile] = {
    Jurisdiction.NONE: Profile(),
    # Restore Online Shoppers' Confidence Act, 15 U.S.C. § 8403(2): express informed consent before the charge.
    Jurisdiction.US: Profile(consent_required=True),
    # Automatic Renewal Law, Cal. Bus. & Prof. Code § 17602(a)(2): affirmative consent to the terms of the renewal.
    # The same, § 17602(b): of a term of a year or longer, a notice 15 to 45 days before it renews.
    Jurisdiction.US_CA: Profile(
        consent_required=True, reminder_days_min=15, reminder_days_max=45, reminder_from_days=365
    ),
    # Directive 2011/83/EU, art. 8(2): the consumer explicitly acknowledges that the order obliges them to pay.
    # The same, art. 9(1) and (2)(a): 14 days from the conclusion of a contract for services made at a distance.
    Jurisdiction.EU: Profile(consent_required=True, withdrawal_days=14),
    # § 312j BGB, by which Germany keeps the same article.
    # § 355(2) BGB: 14 days.
    Jurisdiction.DE: Profile(consent_required=True, withdrawal_days=14),
    # Code de la consommation, art. L221-14, by which France does.
    # The same, art. L215-1: a notice one to three months before the day on which what renews tacitly can be left.
    # The shortest three months are 89 days, the longest one is 31.
    # The same, art. L221-18: 14 days.
    Jurisdiction.FR: Profile(consent_required=True, reminder_days_min=31, reminder_days_max=89, withdrawal_days=14),
}


def needs_consent(jurisdiction: Jurisdiction, terms: Terms) -> bool:
    """Say whether these terms may be sold there only to somebody who agreed to what they charge by themselves."""
    charges = terms.after_expiration in (AfterExpiration.RENEW, AfterExpiration.CONVERT)
    return charges and PROFILES[jurisdiction].consent_required


def reminder_days_min(jurisdiction: Jurisdiction, terms: Terms) -> int:
    """Return how many days before it a charge that renews these terms has to be announced there; 0 is no such rule."""
    return PROFILES[jurisdiction].reminder_days_min if _announced(jurisdiction, terms) else 0


def reminder_days_max(jurisdiction: Jurisdiction, terms: Terms) -> int | None:
    """Return how many days before it such a charge may be announced at most; None is no such bound."""
    return PROFILES[jurisdiction].reminder_days_max if _announced(jurisdiction, terms) else None


def _announced(jurisdiction: Jurisdiction, terms: Terms) -> bool:
    """Say whether these terms last so long that what the law says of announcements holds for them."""
    first, last = base_days(terms, date(2025, 1, 1), 0)  # a year without a leap day is the shortest
    return last is not None and (last - first) // DAY + 1 >= PROFILES[jurisdiction].reminder_from_days


def withdrawable_until(jurisdiction: Jurisdiction, channel: SaleChannel | None, sold_on: date) -> date | None:
    """Return the last day on which the buyer may withdraw, None where no such right is kept.

    The day of the sale does not count. A sale at the desk was not made at a distance.
    """
    days = PROFILES[jurisdiction].withdrawal_days
    if days is None or channel not in (SaleChannel.ONLINE, SaleChannel.DIRECT_LINK):
        return None
    return sold_on + timedelta(days=days)


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
