"""Passes as a reader sees them at an instant: one statement, whatever the page holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.balances import ACCOUNTS, Balance
from models.queries.options import VersionRow
from models.queries.paging import Filter, Listing, where
from models.queries.people import ClientRow
from models.rules.calendar import local_day
from models.rules.codes import Reason
from models.rules.explain import why_unusable
from models.rules.facts import Overdue
from models.rules.status import RetryPolicy, standing_at, status_of
from models.rules.values import (
    UNIT_OF_KIND,
    Activation,
    AfterExpiration,
    ClosedReason,
    PassKind,
    PassStatus,
    SaleChannel,
    Standing,
    UnusedAtConversion,
)


# Not frozen, like the rows it holds: writing each of a page's thousands of attributes around the freeze takes long.
@dataclass(slots=True)
class PassRow:
    """One pass with its client, the version it was sold under and its sums, as of `now`. Days are local to `zone`.

    `lots_open` and `own_open` say whether a lot, or a lot with days of its own, still holds anything; `near_holds` are
    the first and last days, in turn, of the holds around today.
    """

    now: datetime
    id: UUID
    client: ClientRow
    purchase_option: VersionRow
    kind: PassKind
    zone: str
    sold_at: datetime
    after_expiration: AfterExpiration
    auto_renew: bool
    starts_on_first_visit: bool
    renewals_done: int
    conversion_option_id: UUID | None
    conversion_on: date | None
    conversion_unused: UnusedAtConversion | None
    predecessor_pass_id: UUID | None
    closed_reason: ClosedReason | None
    closed_at: datetime | None
    first_day: date | None
    last_day: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    paused: bool
    overdue: Overdue | None
    policy: RetryPolicy
    balance: Balance | None
    lots_open: bool
    own_open: bool
    near_holds: tuple[date, ...]
    channel: SaleChannel | None
    package_sale_id: UUID | None
    reminded_for: date | None
    """The day of the charge that was announced last."""
    withdrawable_until: date | None

    @property
    def standing(self) -> Standing:
        """Where it stands after a failed charge."""
        return standing_at(self.overdue, self.policy, self.now)

    @property
    def status(self) -> PassStatus:
        """What it is now, from its dates and lots, whatever a worker has or has not done."""
        past_end = self.ends_at is not None and self.ends_at <= self.now and not self.own_open
        return status_of(
            self.closed_reason,
            self.starts_at,
            self.now,
            over=self.closed_reason is ClosedReason.RELEASED or past_end,
            standing=self.standing,
            held=self._held,
            empty=self.kind.metered and not self.lots_open,
        )

    @property
    def explanation(self) -> Reason | None:
        """Why it cannot be used now, or None where it can."""
        today = local_day(self.now, self.zone)
        if self.starts_on_first_visit and self.status is PassStatus.NOT_STARTED:
            return None
        return why_unusable(self.status, self.standing, self.first_day, self.last_day, today)

    @property
    def _held(self) -> bool:
        if not self.near_holds:
            return False
        today = local_day(self.now, self.zone)
        firsts, lasts = self.near_holds[::2], self.near_holds[1::2]
        return any(first <= today <= last for first, last in zip(firsts, lasts, strict=True))


# Placeholders: 1 is now, 2 and 3 the earliest and latest day it may be anywhere on earth.
_LOT_OVER = "coalesce(l.expires_at <= $1, false)"
_SELECT = f"""
SELECT p.id, p.client_id, p.option_id, p.option_version, p.kind, p.zone, p.sold_at, p.after_expiration, p.auto_renew,
       p.renewals_done, p.conversion_option_id, p.conversion_on, p.conversion_unused, p.predecessor_pass_id,
       p.closed_reason, p.closed_at, p.first_day, p.last_day, p.starts_at, p.ends_at, p.paused,
       p.overdue_since, p.charge_attempts, p.last_attempt_at, p.hard_declined, p.channel,
       p.reminded_for, p.withdrawable_until,
       c.name AS client_name, c.email, c.home_location_id, c.created_at AS client_created_at,
       c.household_id, c.types, c.archived_at AS client_archived_at,
       p.package_sale_id, coalesce(p.terms_override->>'activation', v.terms->>'activation') AS activation,
       v.name AS option_name,
       v.price_minor, v.quantity, v.created_at AS version_created_at,
       b.grace_days, b.release_days, s.*,
       ARRAY(
           SELECT unnest(ARRAY[h.first_day, coalesce(h.last_day, 'infinity'::date)]) FROM holds h
           WHERE h.business_id = p.business_id AND h.pass_id = p.id AND h.removed_at IS NULL
             AND h.first_day <= $3::date AND (h.last_day IS NULL OR h.last_day >= $2::date)
       ) AS near_holds
FROM passes p
JOIN clients c ON c.business_id = p.business_id AND c.id = p.client_id
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
JOIN businesses b ON b.id = p.business_id
CROSS JOIN LATERAL (
    SELECT sum(l.issued)::bigint AS granted,
           sum(CASE WHEN {_LOT_OVER} THEN 0 ELSE l.available END)::bigint AS available,
           sum(l.expired + CASE WHEN {_LOT_OVER} THEN l.available ELSE 0 END)::bigint AS expired,
           {", ".join(f"sum(l.{account})::bigint AS {account}" for account in ACCOUNTS)},
           bool_or(l.booked > 0 OR (l.available > 0 AND NOT {_LOT_OVER})) AS lots_open,
           bool_or(l.own_last_on IS NOT NULL AND l.available + l.booked > 0 AND NOT {_LOT_OVER}) AS own_open
    FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
) s
"""
# The same law as `models.rules.status`, for choosing rows; what is shown always comes from there.
_STATUS = """
CASE WHEN p.closed_reason NOT IN ('EXPIRED', 'RELEASED') THEN p.closed_reason
     WHEN p.starts_at IS NULL OR p.starts_at > {0} THEN 'NOT_STARTED'
     WHEN p.closed_reason = 'RELEASED' OR (p.ends_at <= {0} AND NOT EXISTS (
         SELECT FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id AND l.own_last_on IS NOT NULL
           AND l.available + l.booked > 0 AND (l.expires_at IS NULL OR l.expires_at > {0}))) THEN 'EXPIRED'
     WHEN p.overdue_since + make_interval(hours => 24 * (
         SELECT b.release_days FROM businesses b WHERE b.id = p.business_id)) <= {0} THEN 'EXPIRED'
     WHEN p.overdue_since + make_interval(hours => 24 * (
         SELECT b.grace_days FROM businesses b WHERE b.id = p.business_id)) <= {0} THEN 'SUSPENDED'
     WHEN EXISTS (
         SELECT FROM holds h WHERE h.business_id = p.business_id AND h.pass_id = p.id AND h.removed_at IS NULL
           AND h.first_day <= ({0} AT TIME ZONE p.zone)::date
           AND (h.last_day IS NULL OR h.last_day >= ({0} AT TIME ZONE p.zone)::date)) THEN 'ON_HOLD'
     WHEN p.kind IN ('SESSION', 'DAY', 'TIME') AND NOT EXISTS (
         SELECT FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
           AND (l.booked > 0 OR (l.available > 0 AND (l.expires_at IS NULL OR l.expires_at > {0})))) THEN 'USED_UP'
     ELSE 'ACTIVE'
END = {1}
"""
_STANDING = """
(SELECT CASE WHEN p.overdue_since IS NULL THEN 'CURRENT'
             WHEN {0}::timestamptz < p.overdue_since + make_interval(hours => 24 * b.grace_days) THEN 'GRACE'
             WHEN {0}::timestamptz < p.overdue_since + make_interval(hours => 24 * b.release_days) THEN 'SUSPENDED'
             ELSE 'RELEASED' END FROM businesses b WHERE b.id = p.business_id) = {1}
"""


def of_client(client_id: UUID | None) -> Filter:
    """Keep the passes of one client; None keeps all."""
    return where("p.client_id = {0}", client_id)


def of_kind(kind: PassKind | None) -> Filter:
    """Keep the passes of one kind; None keeps all."""
    return where("p.kind = {0}", kind and kind.value)


def with_status(status: PassStatus | None, now: datetime) -> Filter:
    """Keep the passes that have this status at `now`; None keeps all."""
    condition = _STATUS.replace("{0}", "{0}::timestamptz")
    return where(condition, now, status and status.value)


def with_standing(standing: Standing | None, now: datetime) -> Filter:
    """Keep the passes that stand so with their charges at `now`; None keeps all."""
    return where(_STANDING, now, standing and standing.value)


def listing(now: datetime) -> Listing[PassRow]:
    """Return the list of passes as of `now`, the newest first."""
    return replace(_PASSES, args=_as_of(now), make=lambda row: _row(row, now))


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> list[PassRow]:
    """Return the passes that exist, in no order, as of `now`. One statement."""
    rows = await reader.fetch(f"{_SELECT} WHERE p.id = ANY($4)", *_as_of(now), ids)
    return [_row(row, now) for row in rows]


async def successors(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the pass that each of these was converted to; one not converted is left out. One statement."""
    rows = await reader.fetch(
        "SELECT predecessor_pass_id, id FROM passes WHERE predecessor_pass_id = ANY($1) AND predecessor_period > 0",
        pass_ids,
    )
    return {row["predecessor_pass_id"]: row["id"] for row in rows}


def _as_of(now: datetime) -> tuple[datetime, date, date]:
    day = now.astimezone(UTC).date()
    return now, day - timedelta(days=1), day + timedelta(days=1)


def _row(row: Any, now: datetime) -> PassRow:
    kind = PassKind(row["kind"])
    return PassRow(
        now=now,
        id=row["id"],
        client=ClientRow(
            row["client_id"],
            row["client_name"],
            row["email"],
            row["home_location_id"],
            row["client_created_at"],
            row["household_id"],
            row["types"],
            row["client_archived_at"],
        ),
        purchase_option=VersionRow(
            row["option_id"],
            row["option_version"],
            row["option_name"],
            kind,
            row["price_minor"],
            row["quantity"],
            row["version_created_at"],
        ),
        kind=kind,
        zone=row["zone"],
        sold_at=row["sold_at"],
        after_expiration=AfterExpiration(row["after_expiration"]),
        auto_renew=row["auto_renew"],
        starts_on_first_visit=row["activation"] == Activation.ON_FIRST_VISIT,
        renewals_done=row["renewals_done"],
        conversion_option_id=row["conversion_option_id"],
        conversion_on=row["conversion_on"],
        conversion_unused=UnusedAtConversion(row["conversion_unused"]) if row["conversion_unused"] else None,
        predecessor_pass_id=row["predecessor_pass_id"],
        closed_reason=ClosedReason(row["closed_reason"]) if row["closed_reason"] else None,
        closed_at=row["closed_at"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        paused=row["paused"],
        overdue=_overdue(row),
        policy=_policy(row["grace_days"], row["release_days"]),
        balance=_balance(row, kind),
        lots_open=bool(row["lots_open"]),
        own_open=bool(row["own_open"]),
        near_holds=tuple(row["near_holds"]),
        channel=row["channel"] and SaleChannel(row["channel"]),
        package_sale_id=row["package_sale_id"],
        reminded_for=row["reminded_for"] and local_day(row["reminded_for"], row["zone"]),
        withdrawable_until=None if row["closed_reason"] else row["withdrawable_until"],
    )


@lru_cache(maxsize=256)
def _policy(grace_days: int, release_days: int) -> RetryPolicy:
    return RetryPolicy(grace_days=grace_days, release_days=release_days)


def _overdue(row: Any) -> Overdue | None:
    if row["overdue_since"] is None:
        return None
    return Overdue(row["overdue_since"], row["charge_attempts"], row["last_attempt_at"], row["hard_declined"])


def _balance(row: Any, kind: PassKind) -> Balance | None:
    unit = UNIT_OF_KIND.get(kind)
    if unit is None:
        return None
    if row["granted"] is None:
        return Balance.nothing(unit)
    return Balance(
        unit,
        row["granted"],
        row["available"],
        row["booked"],
        row["used"],
        row["forfeited"],
        row["expired"],
        row["converted"],
        row["transferred"],
        row["refunded"],
        row["adjusted"],
    )


_PASSES: Listing[PassRow] = Listing(
    name="passes",
    select=_SELECT,
    source="passes p",
    keys=(("p.id", "uuid"),),
    make=lambda row: _row(row, datetime.max.replace(tzinfo=UTC)),
    values=lambda each: (each.id,),
    parent="p.client_id",
    descending=True,
)
