"""Every stable code a caller can get, with its sentence and its remedy.

A sentence may hold `{names}` that the one who raises the code fills in. Codes are promises: they are added, never
renamed. Reasons (why a pass may not pay) and errors share the one list, so a refusal reads alike everywhere.

The text here is English and the source of every other language: `models/rules/catalogues` holds the translations, and
`python -m models.rules.messages` says which are missing.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from models.rules.language import say
from models.rules.values import Language


class Code(Enum):
    """A code: its name is the stable word, its value is (sentence, remedy)."""

    # Why a pass may not pay for a visit.
    NOT_STARTED = (
        "The pass starts on {day}; the visit is before that.",
        "Book a visit on or after that day, or pay with another pass.",
    )
    EXPIRED = ("The pass ended on {day}.", "Renew it, extend it, or pay with another pass.")
    ENDS_BEFORE_VISIT = (
        "The pass ends on {day}, before the visit.",
        "Book an earlier visit, extend or renew the pass, or pay with another pass.",
    )
    ON_HOLD = ("The pass is on hold on {day}.", "Book outside the hold, or end the hold.")
    NO_SESSIONS_LEFT = (
        "The pass has {left} left and the visit needs {needed}.",
        "Cancel a booking, add visits, renew the pass, or pay with another pass.",
    )
    SERVICE_NOT_INCLUDED = ("The pass does not include this service.", "Pay with a pass that includes it.")
    LOCATION_NOT_INCLUDED = ("The pass is not valid at this location.", "Book at an included location.")
    NOT_SHARED_WITH_CLIENT = ("The pass belongs to another client.", "Pay with one of the client's own passes.")
    PAYMENT_OVERDUE = (
        "A charge for the pass failed and it takes no new bookings.",
        "Pay the renewal with renewPass, or change the payment method.",
    )
    PASS_DEACTIVATED = ("The pass is deactivated.", "Reactivate it, or pay with another pass.")
    PASS_REFUNDED = ("The pass was refunded.", "Pay with another pass, or sell a new one.")
    PASS_TRANSFERRED = ("The pass was transferred to another client.", "Pay with another pass, or sell a new one.")
    PASS_CONVERTED = ("The pass was converted to another one.", "Use the pass it became.")
    WOULD_END_BEFORE_OTHER_VISITS = (
        "Its first visit starts the pass: starting it on {day} would end it before a visit already booked on it.",
        "Move or cancel the later visit, or pay with another pass.",
    )
    # What was asked for does not exist, or is not the caller's.
    NOT_FOUND = ("There is no such {thing}.", "Check the id; ids of other businesses or clients count as unknown.")
    INVALID_ID = ("That is not a {thing} id.", "Use an id exactly as the API returned it.")
    INVALID_CURSOR = ("That cursor is not one of ours.", "Use endCursor or startCursor of a page of the same list.")
    INVALID_INPUT = ("{sentence}", "Correct the value and send it again.")
    PAGE_TOO_LARGE = ("A page holds at most {limit} items.", "Ask for fewer and follow endCursor.")
    UNKNOWN_ZONE = ("{zone} is not a time zone of the IANA database.", "Use a name such as Europe/Paris.")
    UNAUTHENTICATED = ("The API key is missing or not valid.", "Send Authorization: Bearer with a current key.")
    FORBIDDEN = ("This key may not do that.", "Use a key with the role {roles}.")
    # Idempotency and concurrency.
    IDEMPOTENCY_MISMATCH = (
        "This idempotency key was used with another input.",
        "Use a new key for a new request; repeat a request with exactly the same input.",
    )
    IDEMPOTENCY_KEY_INVALID = (
        "An idempotency key is 1 to 200 printable characters.",
        "Send a UUID made for this one request.",
    )
    OPERATION_IN_PROGRESS = (
        "The same request is still being carried out.",
        "Send it again with the same key in a few seconds.",
    )
    PAYMENT_IN_PROGRESS = (
        "A payment for this pass is being settled.",
        "Try again in a minute; it resolves by itself.",
    )
    STORE_UNAVAILABLE = (
        "The store cannot be reached right now.",
        "Try again in a moment; repeat a mutation with the same idempotency key.",
    )
    TRY_AGAIN = ("The store was too busy to finish this.", "Send it again with the same idempotency key.")
    # Quantities, money and dates.
    QUANTITY_OUT_OF_RANGE = ("{field} must be from {low} to {high}.", "Send a number in that range.")
    TEXT_OUT_OF_RANGE = ("{field} must be {low} to {high} characters.", "Shorten or fill the text.")
    DATES_REVERSED = ("The end is before the start.", "Swap the dates or correct one.")
    DATE_OUT_OF_RANGE = ("{field} lies outside what can be kept: {low} to {high}.", "Send a date in that range.")
    TOO_MANY = ("At most {limit} at a time.", "Split the request.")
    NOTHING_TO_DO = ("There is nothing to do: {sentence}", "Send what should change.")
    # Catalogue.
    TERMS_CONTRADICT = ("{sentence}", "Change one of the two terms.")
    OPTION_ARCHIVED = ("The purchase option is archived and no longer sold.", "Sell another option.")
    VERSION_CHANGED = ("The purchase option was revised meanwhile.", "Read it again and repeat the revision.")
    NAME_TAKEN = ("Another {thing} already has that name.", "Choose another name.")
    # Payment.
    PAYMENT_REQUIRED = ("The price is not zero and no payment method was given.", "Name a payment method.")
    PAYMENT_DECLINED = ("The payment was declined: {detail}.", "Use another payment method and a new idempotency key.")
    TEST_CARD_REFUSED = ("This business takes no test cards.", "Use a real payment method.")
    # Visits.
    ALREADY_BOOKED = (
        "The client already has this service at this location at this time.",
        "Use the existing visit, or book another time.",
    )
    EXTERNAL_REF_TAKEN = ("A visit with this externalRef exists.", "Use another reference, or the existing visit.")
    VISIT_IN_PAST = ("The visit has already begun.", "Ask the studio to record it.")
    VISIT_NOT_STARTED = ("The visit has not begun yet.", "Record the outcome on the day of the visit.")
    ALREADY_CANCELLED = ("The visit is already cancelled.", "Nothing needs to be done.")
    VISIT_ENDED = ("The visit already has the outcome {state}.", "Reverse the outcome first.")
    OUTCOME_UNCHANGED = ("The visit already is {state}.", "Nothing needs to be done.")
    ALREADY_PAID = ("The visit is already paid by a pass.", "Nothing needs to be done.")
    VISIT_NOT_PAYABLE = ("A visit that is {state} cannot be paid with a pass.", "Pay booked or attended visits.")
    PASS_CANNOT_PAY = ("The named pass cannot pay for this visit.", "See the reasons, or let the system choose.")
    # Holds.
    HOLDS_NOT_ALLOWED = ("This pass cannot be put on hold.", "Extend it instead, or change the option's terms.")
    HOLD_OUTSIDE_PASS = ("The hold does not touch the days of the pass.", "Choose days within the pass.")
    HOLD_IN_PAST = ("A hold cannot begin before {day}.", "Begin it on or after that day.")
    HOLD_ENDED = ("The hold is over or was removed.", "Place a new hold.")
    HOLD_PERIOD_OVER = ("The period the hold extended is over.", "Extend the pass instead.")
    # Passes.
    NO_END_TO_EXTEND = ("The pass has no last day, so there is nothing to extend.", "Adjust its visits instead.")
    PASS_ENDED = ("The pass has ended.", "Renew it or sell a new one.")
    PASS_CLOSED = ("The pass is {status}.", "Use the pass it became, or reactivate it.")
    ALREADY_DEACTIVATED = ("The pass is already deactivated.", "Nothing needs to be done.")
    NOT_DEACTIVATED = ("The pass is not deactivated.", "Nothing needs to be done.")
    NOT_METERED = ("This pass counts no visits.", "Extend it instead.")
    NOT_RENEWABLE = ("This pass does not renew: {sentence}", "Sell a new pass, or convert it.")
    CONVERT_TO_ITSELF = ("A pass cannot convert to the option it already is.", "Renew it, or name another option.")
    CONVERSION_NOT_PLANNED = ("No conversion is scheduled.", "Nothing needs to be done.")
    CARRY_IMPOSSIBLE = (
        "Unused visits cannot be carried to an option that does not count the same unit.",
        "Choose FORFEIT or CREDIT.",
    )
    HAS_SUCCESSOR = ("This period already has its successor.", "Use the renewed or converted pass.")
    # Clocks.
    NOT_A_TEST_CLOCK = ("This business lives in real time.", "Use a business with a test clock.")
    CLOCK_BACKWARDS = ("A test clock only moves forward.", "Choose an instant after {now}.")
    # Documents.
    TOO_COMPLEX = ("The request asks for too much: {sentence}", "Ask for less, or split it into several requests.")
    # Everything else.
    INTERNAL = ("Something went wrong on our side; it is logged as {id}.", "Try again; quote the id if it persists.")

    @property
    def sentence(self) -> str:
        """The sentence, with its `{names}` still open."""
        return self.value[0]

    @property
    def remedy(self) -> str:
        """What the caller can do."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Reason:
    """One code with what fills its sentence."""

    code: Code
    values: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """The sentence a person reads, in English."""
        return self.message_in(Language.EN)

    @property
    def remedy(self) -> str:
        """What the person can do about it, in English."""
        return self.remedy_in(Language.EN)

    def message_in(self, language: Language) -> str:
        """Return the sentence a person reads. A value named `sentence` may hold `{names}` of the other values."""
        return say(language, self.code.sentence, self.values)

    def remedy_in(self, language: Language) -> str:
        """Return what the person can do about it."""
        return say(language, self.code.remedy, self.values)


def because(code: Code, **values: Any) -> Reason:
    """Make a reason, with its values as text."""
    return Reason(code, tuple((name, str(value)) for name, value in values.items()))
