"""What the end of a visit does: late or in time, returned or forfeited, and where the unit goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.rules.terms import Outcomes
from models.rules.values import Account, OutcomeEffect, VisitState

MAKE_UP_DAYS_MIN = 14
FORGIVABLE = (VisitState.LATE_CANCELLED, VisitState.NO_SHOW)
"""The endings of which the first of a period may be free, and that may cost a fee."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What an outcome does: where the unit that paid goes, and the fee that is owed, in minor units.

    `forgiven` says that it was one of the free ones of its period, `waived` that staff took its cost away.
    """

    state: VisitState
    account: Account
    fee_minor: int = 0
    forgiven: bool = False
    waived: bool = False

    @property
    def may_make_up(self) -> bool:
        """True where a returned unit must not be lost to a lot that has ended meanwhile."""
        return self.forgiven or self.waived or self.state is VisitState.CANCELLED


def is_late(outcomes: Outcomes, starts_at: datetime, now: datetime, booked_at: datetime | None = None) -> bool:
    """Say whether a cancellation at `now` is late. Exactly at the window's edge it is still in time.

    So it is up to the end of the grace after the booking, however near the start.
    """
    grace = timedelta(minutes=outcomes.booking_grace_minutes)
    if booked_at is not None and grace and now <= booked_at + grace:
        return False
    return now > starts_at - timedelta(minutes=outcomes.late_cancel_minutes)


def ending(outcomes: Outcomes, state: VisitState, *, forgiven_before: int = 0, waive: bool = False) -> Ending:
    """Return what it does that a visit comes to `state`, of whose period `forgiven_before` others were forgiven.

    Only what would cost a unit or a fee uses up a free one, and what staff waive uses up none.
    """
    account, fee_minor = account_after(outcomes, state), _fee(outcomes, state)
    costs = fee_minor > 0 or account is Account.FORFEITED
    if not costs:
        return Ending(state, account)
    if waive:
        return Ending(state, Account.AVAILABLE, waived=True)
    if state in FORGIVABLE and forgiven_before < outcomes.free_per_period:
        return Ending(state, Account.AVAILABLE, forgiven=True)
    return Ending(state, account, fee_minor)


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


def _fee(outcomes: Outcomes, state: VisitState) -> int:
    if state is VisitState.LATE_CANCELLED:
        return outcomes.late_cancel_fee_minor
    return outcomes.no_show_fee_minor if state is VisitState.NO_SHOW else 0


def _of(effect: OutcomeEffect) -> Account:
    return Account.AVAILABLE if effect is OutcomeEffect.RETURN else Account.FORFEITED
