"""Visits with what is attended and where, and the claims that pay for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import NO_FILTER, Filter, Listing, where
from models.queries.places import LocationRow, ServiceRow
from models.rules.codes import Code, Reason, because
from models.rules.facts import VisitFacts
from models.rules.paying import Solved
from models.rules.values import Account, ServiceCategory, VisitPayment, VisitState


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit. `day` is the local date of its start at its location."""

    id: UUID
    client_id: UUID
    service: ServiceRow
    location: LocationRow
    starts_at: datetime
    ends_at: datetime
    day: date
    booked_at: datetime
    state: VisitState
    pass_id: UUID | None
    external_ref: str | None
    note: str | None
    zone: str
    guest_name: str | None = None
    projected_pass_id: UUID | None = None
    """The pass that stands to pay for it once it has renewed."""

    @property
    def paid(self) -> bool:
        """True where a pass pays for it."""
        return self.pass_id is not None

    def payment(self, now: datetime) -> VisitPayment:
        """Return how it stands at `now`. What was to be paid by a renewal and has begun is simply unpaid."""
        if self.paid:
            return VisitPayment.PAID
        if not self.state.live:
            return VisitPayment.NOTHING_DUE
        coming = self.projected_pass_id is not None and now < self.starts_at
        return VisitPayment.PROJECTED if coming else VisitPayment.UNPAID

    @property
    def facts(self) -> VisitFacts:
        """The visit as the rules see it."""
        return VisitFacts(
            id=self.id,
            client_id=self.client_id,
            service_id=self.service.id,
            category=self.service.category,
            location_id=self.location.id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            booked_at=self.booked_at,
            day=self.day,
            zone=self.zone,
            guest_name=self.guest_name,
            projected_on=self.projected_pass_id,
        )


class ChosenBy(StrEnum):
    """What decided that a pass pays: it was named, one of the business's orders, or the visit took it back."""

    NAMED = "NAMED"
    DEFAULT = "DEFAULT"
    PRIORITY_FIRST = "PRIORITY_FIRST"
    TAKEN_BACK = "TAKEN_BACK"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A pass that was asked and did not pay, with its reasons; none where another came first.

    Reasons kept by an earlier release have no values.
    """

    pass_id: UUID
    reasons: tuple[Reason, ...]

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes of its reasons."""
        return tuple(reason.code for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """The tie between a visit and the pass that pays for it. `quantity` is in the lot's unit."""

    visit_id: UUID
    pass_id: UUID
    lot_id: UUID | None
    quantity: int
    account: Account
    pinned: bool
    chosen_by: ChosenBy
    passed_over: tuple[PassedOver, ...]
    claimed_at: datetime
    solved_together: Solved | None = None


_SELECT = """
SELECT x.id, x.client_id, x.service_id, x.location_id, x.starts_at, x.ends_at, x.day, x.booked_at, x.state, x.pass_id,
       x.projected_pass_id,
       x.external_ref, x.note, x.guest_name, s.name AS service_name, s.category, s.created_at AS service_created_at,
       s.archived_at AS service_archived_at, l.name AS location_name, l.zone, l.created_at AS location_created_at,
       l.archived_at AS location_archived_at,
       coalesce(l.zone, b.zone) AS visit_zone
FROM visits x
JOIN services s ON s.business_id = x.business_id AND s.id = x.service_id
JOIN locations l ON l.business_id = x.business_id AND l.id = x.location_id
JOIN businesses b ON b.id = x.business_id
"""


def _row(row: Any) -> VisitRow:
    return VisitRow(
        id=row["id"],
        client_id=row["client_id"],
        service=ServiceRow(
            row["service_id"],
            row["service_name"],
            ServiceCategory(row["category"]),
            row["service_created_at"],
            row["service_archived_at"],
        ),
        location=LocationRow(
            row["location_id"],
            row["location_name"],
            row["zone"],
            row["location_created_at"],
            row["location_archived_at"],
        ),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        day=row["day"],
        booked_at=row["booked_at"],
        state=VisitState(row["state"]),
        pass_id=row["pass_id"],
        external_ref=row["external_ref"],
        note=row["note"],
        zone=row["visit_zone"],
        guest_name=row["guest_name"],
        projected_pass_id=row["projected_pass_id"],
    )


VISITS = Listing(
    name="visits",
    select=_SELECT,
    source="visits x",
    keys=(("x.starts_at", "timestamptz"), ("x.id", "uuid")),
    make=_row,
    values=lambda visit: (visit.starts_at, visit.id),
)
"""Visits by their start."""


def of_client(client_id: UUID | None) -> Filter:
    """Keep the visits of one client; None keeps all."""
    return where("x.client_id = {0}", client_id)


def of_pass(pass_id: UUID | None) -> Filter:
    """Keep the visits one pass pays for; None keeps all."""
    return where("x.pass_id = {0}", pass_id)


def in_state(state: VisitState | None) -> Filter:
    """Keep the visits in one state; None keeps all."""
    return where("x.state = {0}", state and state.value)


def between(start: datetime | None, end: datetime | None) -> Filter:
    """Keep the visits that start at or after `start` and before `end`; None is no bound."""
    return where("x.starts_at >= {0}", start) + where("x.starts_at < {0}", end)


def unpaid_only(wanted: bool | None) -> Filter:
    """Keep the visits that are to be paid and are not (True), or the others (False); None keeps all."""
    if wanted is None:
        return NO_FILTER
    unpaid = "x.pass_id IS NULL AND x.state IN ('BOOKED', 'ATTENDED')"
    return Filter(((unpaid if wanted else f"NOT ({unpaid})", ()),))


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[VisitRow]:
    """Return the visits that exist, in start order. One statement."""
    rows = await reader.fetch(f"{_SELECT} WHERE x.id = ANY($1) ORDER BY x.starts_at, x.id", ids)
    return [_row(row) for row in rows]


async def claims_of(reader: asyncpg.Connection, visit_ids: Sequence[UUID]) -> dict[UUID, ClaimRow]:
    """Return the standing claim of each visit that has one. One statement."""
    rows = await reader.fetch(
        """SELECT visit_id, pass_id, lot_id, quantity, account, pinned, reason, claimed_at FROM claims
           WHERE visit_id = ANY($1) AND released_at IS NULL""",
        visit_ids,
    )
    return {row["visit_id"]: _claim(row) for row in rows}


def _values(passed_over: dict[str, Any]) -> list[dict[str, Any]]:
    # Claims of an earlier version kept the codes alone.
    return passed_over.get("values") or [{} for _ in passed_over["codes"]]


def _claim(row: Any) -> ClaimRow:
    passed_over = (
        PassedOver(
            UUID(each["passId"]),
            tuple(because(Code[name], **values) for name, values in zip(each["codes"], _values(each), strict=True)),
        )
        for each in row["reason"]["passedOver"]
    )
    solved = row["reason"].get("solved")
    return ClaimRow(
        row["visit_id"],
        row["pass_id"],
        row["lot_id"],
        row["quantity"],
        Account(row["account"]),
        row["pinned"],
        ChosenBy(row["reason"]["chosenBy"]),
        tuple(passed_over),
        row["claimed_at"],
        Solved(**solved) if solved else None,
    )
