"""What the end of a visit does: late or in time, returned or forfeited, and where the unit goes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from models.rules.terms import Outcomes
from models.rules.values import Account, OutcomeEffect, VisitState

MAKE_UP_DAYS_MIN = 14


def is_late(outcomes: Outcomes, starts_at: datetime, now: datetime) -> bool:
    """Say whether a cancellation at `now` is late. Exactly at the window's edge it is still in time."""
    return now > starts_at - timedelta(minutes=outcomes.late_cancel_minutes)


def account_after(outcomes: Outcomes, state: VisitState) -> Account:
    """Return the account in which the unit that paid stands once the visit is in `state`."""
    match state:
        case VisitState.BOOKED:
            return Account.BOOKED
        case VisitState.ATTENDED:
            return Account.USED
        case VisitState.CANCELLED:
            return _of(outcomes.early_cancel)
        case VisitState.LATE_CANCELLED:
            return _of(outcomes.late_cancel)
        case VisitState.NO_SHOW:
            return _of(outcomes.no_show)


def day_account(accounts: Iterable[Account]) -> Account:
    """Return where a claimed day stands, from where each of its visits would put it: the strongest one counts.

    One attended visit uses the day; else one that is still booked keeps it; else one that forfeits loses it; a
    day on which everything was returned goes back.
    """
    present = set(accounts)
    for account in (Account.USED, Account.BOOKED, Account.FORFEITED):
        if account in present:
            return account
    return Account.AVAILABLE


def _of(effect: OutcomeEffect) -> Account:
    return Account.AVAILABLE if effect is OutcomeEffect.RETURN else Account.FORFEITED
