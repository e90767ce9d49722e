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
    OUTSIDE_HOURS = (
        "The visit starts at {at}; the hours of the pass on that day of the week: {hours}.",
        "Book within the hours of the pass, or pay with another pass.",
    )
    RESTRICTION_REACHED = (
        "Visits to {services} are limited to {limit} in the {per} from {first} to {last}, and {used} are taken.",
        "Book on or after {frees}, cancel a booked visit, or pay with another pass.",
    )
    NOT_SHARED_WITH_CLIENT = ("The pass belongs to another client.", "Pay with one of the client's own passes.")
    MEMBER_LIMIT_REACHED = (
        "The pass is shared with the client for {limit} visits a period, and {used} are taken.",
        "Cancel one of them, book in the next period, or pay with another pass.",
    )
    GUEST_LIMIT_REACHED = (
        "The pass pays for {limit} visits of guests a period, and {used} are taken.",
        "Cancel one of them, book in the next period, or pay with another pass.",
    )
    PAYMENT_OVERDUE = (
        "A charge for the pass failed and it takes no new bookings.",
        "Pay the renewal with renewPass, or change the payment method.",
    )
    RENEWAL_UNCERTAIN = (
        "The next period of the pass cannot be counted on: {sentence}",
        "Renew the pass first, book an earlier visit, or pay with another pass.",
    )
    PAYS_ON_RENEWAL = (
        "The pass is to renew on {day} and pays for the visit then.",
        "Nothing needs to be done; if the renewal fails, the visit is unpaid.",
    )
    NOT_IN_NEXT_PERIOD = (
        "The visit does not lie in the next period of the pass.",
        "Pay for it now, or with another pass.",
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
    INVALID_ID = ("That is no {thing} id.", "Use an id exactly as the API returned it.")
    INVALID_CURSOR = ("That cursor is not one of ours.", "Use endCursor or startCursor of a page of the same list.")
    INVALID_INPUT = ("{sentence}", "Correct the value and send it again.")
    PAGE_TOO_LARGE = ("A page holds at most {limit} items.", "Ask for fewer and follow endCursor.")
    UNKNOWN_ZONE = ("{zone} is not a time zone of the IANA database.", "Use a name such as Europe/Paris.")
    UNAUTHENTICATED = (
        "The API key is missing or not valid.",
        "Send the header “Authorization: Bearer sp_…” with a current key.",
    )
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
    TERMS_BELOW_MINIMUM = (
        "What is prepaid has to last {limit} days at least here; this would last {days}.",
        "Let it last longer, or never end.",
    )
    OPTION_ARCHIVED = ("The purchase option is archived and no longer sold.", "Sell another option.")
    VERSION_CHANGED = ("The purchase option was revised meanwhile.", "Read it again and repeat the revision.")
    NAME_TAKEN = ("Another {thing} already has that name.", "Choose another name.")
    # Offers: who may buy, and how.
    NOT_A_NEW_CLIENT = (
        "The offer is for new clients, and this client has bought before.",
        "Sell an option that is for everyone.",
    )
    ACTIVE_TOO_RECENTLY = (
        "The offer is for clients who were away for {months} months; this one was last active on {day}.",
        "Sell it on {free_on} at the earliest, or sell another option.",
    )
    CLIENT_TYPE_NOT_OFFERED = (
        "The offer is for clients of the type {types} only.",
        "Give the client such a type with setClientTypes, or sell another option.",
    )
    OFFER_LIMIT_REACHED = (
        "A client may buy this {limit} times at most; this one has {count} already.",
        "Sell another option.",
    )
    OFFER_ONCE_PER_HOUSEHOLD = (
        "A household may buy this once, and another member has it already.",
        "Sell another option.",
    )
    CHANNEL_NOT_OFFERED = (
        "It is not sold by the channel {channel}, but by {channels}.",
        "Sell it by one of its channels.",
    )
    ONLY_IN_PACKAGE = ("It is sold as part of a package only.", "Sell a package that holds it.")
    LINK_CODE_WRONG = (
        "The code of the direct link is missing, or is not this option's.",
        "Send the code of the link that the studio gave out.",
    )
    # Households.
    IN_A_HOUSEHOLD = ("The client belongs to the household {name} already.", "Let them leave it with leaveHousehold.")
    IN_NO_HOUSEHOLD = ("The client belongs to no household.", "Nothing needs to be done.")
    # Sharing and transfers.
    SHARING_NOT_ALLOWED = ("This pass is not one that can be shared.", "Sell each person a pass of their own.")
    SHARED_WITH_OWNER = ("The pass is this client's own.", "Name another member of the household.")
    NOT_IN_HOUSEHOLD = (
        "The client is no member of the household of the pass's owner.",
        "Let them join it with joinHousehold first.",
    )
    ALREADY_SHARED = ("The pass is shared with the client already.", "Nothing needs to be done.")
    MEMBERS_USED_UP = (
        "The pass can be shared with {limit} members at most, and is.",
        "Remove one of them with removeShare first.",
    )
    SHARE_NOT_PENDING = ("The share does not wait for approval.", "Nothing needs to be done.")
    SHARE_ENDED = ("The pass is no longer shared with the client.", "Nothing needs to be done.")
    TRANSFER_NOT_ALLOWED = ("This pass cannot be transferred: {sentence}", "Ask the studio.")
    TRANSFER_TO_ONESELF = ("The pass belongs to this client already.", "Name another client.")
    # Payment.
    PAYMENT_REQUIRED = ("The price is not zero and no payment method was given.", "Name a payment method.")
    CONSENT_REQUIRED = (
        "It renews by itself, and the buyer has to agree to that first.",
        "Show the price, the period and how to cancel, and send what the buyer agreed to as consent.",
    )
    PAYMENT_DECLINED = ("The payment was declined: {detail}.", "Use another payment method and a new idempotency key.")
    TEST_CARD_REFUSED = ("This business takes no test cards.", "Use a real payment method.")
    OVER_REFUND = (
        "At most {limit} can still be paid back for this pass, in minor units.",
        "Refund that much or less; give more as client credit outside the refund.",
    )
    NOT_WITHDRAWABLE = ("Nobody can withdraw from this pass: {sentence}", "Ask the studio for a refund.")
    NOT_OWED = ("This refund is not waiting: it is {state}.", "Nothing needs to be done.")
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
    OUTCOME_COSTS_NOTHING = (
        "The visit is {state} and costs nothing that could be waived.",
        "Nothing needs to be done.",
    )
    FEE_SETTLED = ("The fee is {state} already.", "Nothing needs to be done.")
    # Holds.
    HOLDS_NOT_ALLOWED = ("This pass cannot be put on hold.", "Extend it instead, or change the option's terms.")
    HOLD_OUTSIDE_PASS = ("The hold does not touch the days of the pass.", "Choose days within the pass.")
    HOLD_IN_PAST = ("A hold cannot begin before {day}.", "Begin it on or after that day.")
    HOLD_ENDED = ("The hold is over or was removed.", "Place a new hold.")
    HOLD_PERIOD_OVER = ("The period the hold extended is over.", "Extend the pass instead.")
    HOLDS_USED_UP = (
        "The pass allows {limit} freezes and {used} were taken.",
        "Extend the pass instead, or let the studio grant one more.",
    )
    HOLD_TOO_SHORT = (
        "A freeze of this pass lasts {limit} days at least; this one would last {days}.",
        "Choose a later last day.",
    )
    HOLD_TOO_LONG = (
        "A freeze of this pass lasts {limit} days at most; this one would last {days}.",
        "Choose an earlier last day.",
    )
    HOLD_NEEDS_END = (
        "The pass limits how long it may be frozen, so a freeze needs a last day.",
        "Say its last day.",
    )
    HOLD_DAYS_USED_UP = (
        "The pass allows {limit} frozen days in any twelve months; {used} are taken and {remaining} are left then.",
        "Choose fewer days, or begin later.",
    )
    HOLD_NOTICE_TOO_SHORT = (
        "A freeze of this pass is asked for {days} days ahead: {day} is the first day it can begin.",
        "Begin it on or after that day, or ask the studio.",
    )
    HOLD_BY_STUDIO_ONLY = ("Only the studio can freeze this pass.", "Ask the studio.")
    HOLD_REASON_NOT_LISTED = (
        "A freeze of this pass needs one of these reasons: {reasons}.",
        "Send one of them, exactly as it is written.",
    )
    CLOSURE_OVER = ("The closure is over or was taken back.", "Place a new closure.")
    DISPUTE_OPEN = ("The order is disputed already.", "Settle that dispute.")
    DISPUTE_NOT_OPEN = ("The order has no dispute that is open.", "Report it first.")
    ORDER_NOT_PAID = ("The order is not paid.", "Nothing needs to be done.")
    # Passes.
    NO_END_TO_EXTEND = ("The pass has no last day, so there is nothing to extend.", "Adjust its visits instead.")
    PASS_ENDED = ("The pass has ended.", "Renew it or sell a new one.")
    PASS_CLOSED = ("The pass is {status}.", "Use the pass it became, or reactivate it.")
    ALREADY_DEACTIVATED = ("The pass is already deactivated.", "Nothing needs to be done.")
    NOT_DEACTIVATED = ("The pass is not deactivated.", "Nothing needs to be done.")
    NOTHING_LAPSED = ("Nothing lapsed from this pass that could be claimed back.", "Renew it or sell a new one.")
    CLAIM_WINDOW_OVER = ("What lapsed could be claimed back until {day}.", "Renew the pass or sell a new one.")
    NOT_METERED = ("This pass counts no visits.", "Extend it instead.")
    NOT_RENEWABLE = ("This pass does not renew: {sentence}", "Sell a new pass, or convert it.")
    CONVERT_TO_ITSELF = ("A pass cannot convert to the option it already is.", "Renew it, or name another option.")
    MIGRATION_IMPOSSIBLE = (
        "A sold pass cannot move to that version: {what}.",
        "Sell the new version to new clients, or convert the pass to another option.",
    )
    DEPENDED_ON = (
        "It can no longer be taken back: {what} came after it and depends on it.",
        "Take that back first, or correct what came of it by hand.",
    )
    NOT_UNDOABLE = ("It cannot be undone: {sentence}", "{remedy}")
    ALREADY_UNDONE = ("The operation was undone already.", "Nothing needs to be done; do it again where it was right.")
    CONVERSION_NOT_PLANNED = ("No conversion is scheduled.", "Nothing needs to be done.")
    CONVERSION_CIRCLE = (
        "These options would convert into one another without end: {circle}.",
        "Let one of them expire or renew, or convert it into an option outside the circle.",
    )
    PACKAGE_CIRCLE = (
        "A package cannot contain itself: {circle}.",
        "Take one of these packages out of the other.",
    )
    PACKAGE_TOO_LARGE = (
        "The package comes to {count} passes and items, and {limit} are the most.",
        "Sell it as several packages.",
    )
    PACKAGE_ARCHIVED = ("The package is archived and no longer sold.", "Sell another package.")
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
    # Files to import, as a whole.
    FILE_UNREADABLE = ("The file cannot be read: {sentence}.", "Save it anew as plain CSV, or as a zip with one CSV.")
    FILE_EMPTY = ("The file holds no lines.", "Send a file with a line of titles and a line for each thing.")
    FILE_TOO_LARGE = ("The file holds more than {limit} MB.", "Split it into several files.")
    FILE_TOO_LONG = ("The file has more than {limit} lines.", "Split it into several files.")
    FILE_INFLATES = (
        "The compressed file comes out more than {limit} times larger than it is, which no table does.",
        "Send the plain CSV.",
    )
    FILE_ENCODING = (
        "Line {line} is not {encoding}: byte {byte} of the file is {what}.",
        "Save the file as UTF-8, or say which encoding it is in.",
    )
    FILE_NOT_CSV = ("Line {line} is no line of a table: {sentence}.", "Correct the line, or export the file anew.")
    FILE_COLUMNS = ("The columns do not fit: {sentence}.", "Name the columns in a mapping, or choose another preset.")
    FILE_DATES = (
        "The dates of the column {column} may have the day or the month first, as in line {line}.",
        "Say which, DMY or MDY, or write dates as 2026-12-31.",
    )
    FILE_IMPORTED = ("The same file was imported on {at}.", "Nothing needs to be done.")
    IMPORT_LINES_WRONG = (
        "{count} of {lines} lines cannot be imported, the first is line {line}.",
        "Correct them in a new file, or say that bad lines are to be skipped.",
    )
    IMPORT_NOT_STAGED = ("The file has not been taken in whole.", "Send the same file again; it goes on where it was.")
    NOT_EMPTY = ("The business already has {thing}.", "Restore an export into a business that was just opened.")
    # Files to import, line by line.
    LINE_UNREADABLE = ("{cell}: {sentence}.", "Correct the cell.")
    LINE_MISSING = ("{cell} is missing.", "Fill the cell, or map the column that holds it.")
    LINE_DUPLICATE = ("Line {line} is the same {thing}.", "Leave one of the two out.")
    LINE_KNOWN = ("This {thing} is already here.", "Leave the line out.")
    LINE_UNKNOWN = ("There is no {thing} {ref}.", "Import or create it first, or correct the cell.")
    LINE_NOT_UNIQUE = ("Several {things} are meant by {ref}.", "Name the one that is meant by its id.")
    LINE_CONTRADICTS = ("{sentence}", "Correct one of the two.")
    LINE_WARNING = ("{sentence}", "Nothing needs to be done if that is right.")
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
