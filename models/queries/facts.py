"""The facts of passes as the rules want them, loaded for many passes in a constant number of statements."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.facts import ClaimFacts, LotFacts, Member, Overdue, PassFacts, PlannedConversion, VisitFacts, laid_out
from models.rules.terms import Terms, terms_from_json
from models.rules.timeline import HoldFacts, PeriodFacts
from models.rules.values import (
    Account,
    AfterExpiration,
    ClosedReason,
    HoldCause,
    HoldKind,
    LotKind,
    PaymentMethod,
    ServiceCategory,
    UnusedAtConversion,
    VisitState,
)

# A pass is depleted unasked by what was taken by hand, and by visits that waited or were over already when they were
# paid: nobody who booked or paid for them just now has asked for what that would charge.
_PASSES = """
SELECT p.*, v.terms, b.week_start, m.member_ids, m.member_caps, EXISTS (
    SELECT FROM orders o WHERE o.business_id = p.business_id AND o.subject_pass_id = p.id AND o.state = 'PENDING'
) OR CASE WHEN p.package_sale_id IS NOT NULL THEN EXISTS (
    SELECT FROM orders o WHERE o.business_id = p.business_id AND o.client_id = p.client_id AND o.state = 'PENDING'
      AND o.purpose = 'PACKAGE' AND o.details->>'renewed_sale_id' = p.package_sale_id::text
) ELSE false END AS order_pending,
EXISTS (
    SELECT FROM projected_claims j WHERE j.business_id = p.business_id AND j.pass_id = p.id AND j.state = 'STANDING'
) AS projecting,
CASE WHEN p.auto_renew AND v.terms->'renewal'->>'trigger' <> 'ON_EXPIRY'
THEN (
    SELECT c.id IS NULL OR (NOT coalesce((v.terms->'renewal'->>'oldVisitsMayTrigger')::boolean, false) AND (
        (o.verb = 'payVisits' AND w.starts_at <= c.claimed_at)
        OR (t.to_account = 'BOOKED'
            AND o.verb NOT IN ('bookVisits', 'payVisits', 'recordAttendance', 'undoOperation', 'importStudio'))
    ))
    FROM transfers t
    JOIN operations g ON g.business_id = t.business_id AND g.id = t.operation_id
    LEFT JOIN claims c ON c.business_id = t.business_id AND c.visit_id = t.visit_id AND c.released_at IS NULL
    LEFT JOIN visits w ON w.business_id = c.business_id AND w.id = c.visit_id
    LEFT JOIN operations o ON o.business_id = c.business_id AND o.id = c.operation_id
    WHERE t.business_id = p.business_id AND t.pass_id = p.id
      AND CASE t.to_account WHEN 'TRANSFERRED' THEN g.verb IN ('transferPass', 'undoOperation')
          ELSE t.to_account IN ('ADJUSTED', 'REFUNDED')
            OR (c.id IS NOT NULL AND t.to_account IN ('BOOKED', 'USED', 'FORFEITED')) END
    ORDER BY t.id DESC LIMIT 1
) END AS depleted_unasked
FROM passes p
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
JOIN businesses b ON b.id = p.business_id
CROSS JOIN LATERAL (
    SELECT array_agg(s.client_id ORDER BY s.id) AS member_ids, array_agg(s.visits_max ORDER BY s.id) AS member_caps
    FROM shares s WHERE s.business_id = p.business_id AND s.pass_id = p.id AND s.state = 'ACTIVE'
) m
WHERE p.id = ANY($1)
"""
_PERIODS = "SELECT * FROM periods WHERE pass_id = ANY($1) AND number > 0 ORDER BY pass_id, number"
_LOTS = "SELECT * FROM lots WHERE pass_id = ANY($1) AND period_number > 0 ORDER BY pass_id, id"
_HOLDS = "SELECT * FROM holds WHERE pass_id = ANY($1) AND removed_at IS NULL ORDER BY pass_id, first_day, id"
_CLAIMS = """
SELECT c.pass_id, c.visit_id, c.lot_id, c.account, v.location_id, v.starts_at, v.booked_at, v.day, v.state,
       v.service_id, v.client_id, v.guest_name, s.category
FROM claims c
JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
JOIN services s ON s.business_id = v.business_id AND s.id = v.service_id
JOIN passes p ON p.business_id = c.business_id AND p.id = c.pass_id
JOIN purchase_option_versions o
  ON o.business_id = p.business_id AND o.option_id = p.option_id AND o.version = p.option_version
WHERE c.pass_id = ANY($1) AND c.released_at IS NULL
  AND (c.account = 'BOOKED' OR p.kind = 'DAY' OR p.terms_override IS NOT NULL
       OR o.terms->>'activation' = 'ON_FIRST_VISIT'
       OR o.terms->'restrictions'->0 IS NOT NULL OR (o.terms->'sharing'->>'allowed')::boolean
       OR (o.terms->'sharing'->>'guestVisitsMax')::int > 0)
ORDER BY c.pass_id, v.starts_at, v.id
"""
_VISITS = """
SELECT v.*, s.category, coalesce(l.zone, b.zone) AS zone FROM visits v
JOIN services s ON s.business_id = v.business_id AND s.id = v.service_id
JOIN locations l ON l.business_id = v.business_id AND l.id = v.location_id
JOIN businesses b ON b.id = v.business_id
WHERE v.id = ANY($1) ORDER BY v.starts_at, v.id
"""


async def load_passes(reader: asyncpg.Connection, pass_ids: Iterable[UUID]) -> dict[UUID, PassFacts]:
    """Return the facts of each pass that exists, laid out. Five statements however many passes there are.

    Claims already consumed are left out where no rule asks for them, so a pass of years stays cheap to decide on.
    """
    ids = list(pass_ids)
    rows = await reader.fetch(_PASSES, ids)
    periods = _grouped(await reader.fetch(_PERIODS, ids))
    lots = _grouped(await reader.fetch(_LOTS, ids))
    holds = _grouped(await reader.fetch(_HOLDS, ids))
    claims = _grouped(await reader.fetch(_CLAIMS, ids))
    return {
        row["id"]: laid_out(
            _pass(row, periods[row["id"]], lots.get(row["id"], ()), holds.get(row["id"], ()), claims.get(row["id"], ()))
        )
        for row in rows
    }


async def load_visits(reader: asyncpg.Connection, visit_ids: Iterable[UUID]) -> dict[UUID, VisitFacts]:
    """Return the facts of each visit that exists, in start order."""
    return {row["id"]: visit_facts(row) for row in await visit_rows(reader, visit_ids)}


async def visit_rows(reader: asyncpg.Connection, visit_ids: Iterable[UUID]) -> list[asyncpg.Record]:
    """Return the row of each visit that exists, with its service's category, in start order."""
    return await reader.fetch(_VISITS, list(visit_ids))


def visit_facts(row: Any) -> VisitFacts:
    """Make the rules' picture of a visit row that carries its service's category."""
    return VisitFacts(
        id=row["id"],
        client_id=row["client_id"],
        service_id=row["service_id"],
        category=ServiceCategory(row["category"]),
        location_id=row["location_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        booked_at=row["booked_at"],
        day=row["day"],
        zone=row["zone"],
        guest_name=row["guest_name"],
        projected_on=row["projected_pass_id"],
    )


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = {}
    for row in rows:
        groups.setdefault(row["pass_id"], []).append(row)
    return groups


def _pass(
    row: Any, periods: Sequence[Any], lots: Sequence[Any], holds: Sequence[Any], claims: Sequence[Any]
) -> PassFacts:
    return PassFacts(
        id=row["id"],
        client_id=row["client_id"],
        terms=_terms(row),
        zone=row["zone"],
        sold_at=row["sold_at"],
        sold_on=row["sold_on"],
        periods=tuple(_period(period) for period in periods),
        lots=tuple(_lot(lot) for lot in lots),
        holds=tuple(_hold(hold) for hold in holds),
        claims=tuple(_claim(claim) for claim in claims),
        closed_reason=ClosedReason(row["closed_reason"]) if row["closed_reason"] else None,
        after_expiration=AfterExpiration(row["after_expiration"]),
        auto_renew=row["auto_renew"],
        conversion=_conversion(row),
        overdue=_overdue(row),
        renewals_done=row["renewals_done"],
        order_pending=row["order_pending"],
        depleted_unasked=bool(row["depleted_unasked"]),
        week_start=row["week_start"],
        payment_method=PaymentMethod(row["payment_method"]) if row["payment_method"] else None,
        reminded_for=row["reminded_for"],
        reminded_price_minor=row["reminded_price_minor"],
        reminder_days_min=row["reminder_days_min"],
        reminder_days_max=row["reminder_days_max"],
        projecting=row["projecting"],
        members=tuple(map(Member, row["member_ids"] or (), row["member_caps"] or ())),
    )


def _terms(row: Any) -> Terms:
    """Make the terms that count: those of the version sold, with what the pass keeps in their place."""
    override = row["terms_override"]
    return terms_from_json({**row["terms"], **override} if override else row["terms"])


def _hold(row: Any) -> HoldFacts:
    cause = HoldCause(row["cause"]) if row["cause"] else None
    return HoldFacts(HoldKind(row["kind"]), row["first_day"], row["last_day"], cause, row["overrides"])


def _conversion(row: Any) -> PlannedConversion | None:
    if row["conversion_option_id"] is None:
        return None
    unused = UnusedAtConversion(row["conversion_unused"])
    return PlannedConversion(row["conversion_option_id"], row["conversion_on"], unused)


def _overdue(row: Any) -> Overdue | None:
    if row["overdue_since"] is None:
        return None
    return Overdue(row["overdue_since"], row["charge_attempts"], row["last_attempt_at"], row["hard_declined"])


def _period(row: Any) -> PeriodFacts:
    return PeriodFacts(
        number=row["number"],
        first_on=row["first_on"],
        last_on=row["last_on"],
        extra_days=row["extra_days"],
        restarts=row["restarts"],
        opens_at=row["opens_at"],
        cut_at=row["cut_at"],
        anchor_on=row["anchor_on"],
        anchor_index=row["anchor_index"],
    )


def _lot(row: Any) -> LotFacts:
    return LotFacts(
        id=row["id"],
        kind=LotKind(row["kind"]),
        period_number=row["period_number"],
        available=row["available"],
        booked=row["booked"],
        used=row["used"],
        forfeited=row["forfeited"],
        issued=row["issued"],
        own_first_on=row["own_first_on"],
        own_last_on=row["own_last_on"],
        warned_for=row["warned_for"],
    )


def _claim(row: Any) -> ClaimFacts:
    return ClaimFacts(
        visit_id=row["visit_id"],
        lot_id=row["lot_id"],
        location_id=row["location_id"],
        starts_at=row["starts_at"],
        booked_at=row["booked_at"],
        day=row["day"],
        consumed=VisitState(row["state"]).consumed or row["account"] in (Account.USED, Account.FORFEITED),
        service_id=row["service_id"],
        category=ServiceCategory(row["category"]),
        client_id=row["client_id"],
        guest_name=row["guest_name"],
    )
