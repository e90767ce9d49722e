"""What a forecast answers: the steps an operation left behind, told with the state of the pass after it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.operations.base import Changed
from models.queries.balances import Balance
from models.queries.passes import PassRow
from models.queries.traces import EventTrace, Trace
from models.rules.codes import Code, Reason, because
from models.rules.due import NextEvent
from models.rules.explain import named_day
from models.rules.forecast import KIND_OF_EVENT, UNITS_OF_KIND, ForecastKind, forecast_day
from models.rules.values import OrderState, PassStatus, Standing, VisitState


@dataclass(frozen=True, slots=True)
class ForecastStep:
    """One thing that happens, and the pass after all that its operation did: the pass it has become by then.

    `visit_id` names a visit that exists, `supposed` the index of one that was supposed. Money is in minor units.
    """

    at: datetime
    day: date
    kind: ForecastKind
    units: int | None
    amount_minor: int | None
    reasons: tuple[Reason, ...]
    visit_id: UUID | None
    visit_starts_at: datetime | None
    supposed: int | None
    option_name: str
    status: PassStatus
    standing: Standing
    last_day: date | None
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class Forecasted:
    """A forecast. `row` is the pass, or what it has become, as it is at the end."""

    steps: tuple[ForecastStep, ...]
    row: PassRow
    currency: str

    @property
    def charged_minor(self) -> int:
        """What is charged in all, in minor units."""
        return sum(step.amount_minor or 0 for step in self.steps if step.kind is ForecastKind.CHARGED)

    def units_of(self, kind: ForecastKind) -> int:
        """How many units the steps of this kind are about."""
        return sum(step.units or 0 for step in self.steps if step.kind is kind)

    def count(self, kind: ForecastKind) -> int:
        """How many steps of this kind there are."""
        return sum(step.kind is kind for step in self.steps)


def coming_steps(row: PassRow, at: datetime, events: Iterable[NextEvent]) -> Iterator[ForecastStep]:
    """Tell of days that only come: the start, and the first and last days of holds."""
    for event in events:
        yield _step(row, at, ForecastKind(event.kind), named_day(event, row.zone))


def steps_of(
    left: Trace, changed: Changed | None, row: PassRow, supposed: Mapping[UUID, int]
) -> Iterator[ForecastStep]:
    """Tell what an operation left behind: charges first, then what happened in its order, then units that are lost."""
    for state, amount in left.orders:
        kind = ForecastKind.CHARGED if state is OrderState.PAID else ForecastKind.CHARGE_DECLINED
        yield _step(row, row.now, kind, amount_minor=amount)
    reasons = _reasons(changed)
    told = set()
    for event in left.events:
        kind_or_none = _kind(event)
        if kind_or_none is None or (kind_or_none, event.visit_id) in told:
            continue
        told.add((kind_or_none, event.visit_id))
        yield _told(left, event, kind_or_none, row, reasons, supposed)
    for kind in (ForecastKind.LOT_EXPIRES, ForecastKind.FORFEITS):
        units = _units(left, kind, None)
        if units:
            yield _step(row, row.now, kind, units=units)


def _kind(event: EventTrace) -> ForecastKind | None:
    """A visit is told as paid or unpaid by where it stands in the end: one that changed hands was both on the way."""
    kind = KIND_OF_EVENT.get(event.type)
    if kind is ForecastKind.VISIT_PAID and not event.visit_paid:
        return None
    if kind is ForecastKind.VISIT_UNPAID and (event.visit_paid or event.visit_state is not VisitState.BOOKED):
        return None
    return kind


def _told(
    left: Trace,
    event: EventTrace,
    kind: ForecastKind,
    row: PassRow,
    reasons: Mapping[UUID, tuple[Reason, ...]],
    supposed: Mapping[UUID, int],
) -> ForecastStep:
    visit_id = event.visit_id
    exists = visit_id is not None and visit_id not in supposed
    return _step(
        row,
        row.now,
        kind,
        event.visit_day if kind.name.startswith("VISIT_") else None,
        units=_units(left, kind, visit_id) if row.balance is not None and kind in UNITS_OF_KIND else None,
        reasons=reasons.get(visit_id, ()) if visit_id and kind is ForecastKind.VISIT_UNPAID else (),
        visit_id=visit_id if exists else None,
        visit_starts_at=event.visit_starts_at,
        supposed=supposed.get(visit_id) if visit_id else None,
    )


def _units(left: Trace, kind: ForecastKind, visit_id: UUID | None) -> int:
    """Return the units moved as the kind has it; for a visit those moved for it, else all."""
    source, target = UNITS_OF_KIND[kind]
    moves = [move for move in left.moves if visit_id is None or move[0] == visit_id]
    return sum(units for _, before, after, units in moves if after is target and source in (None, before))


def _step(
    row: PassRow,
    at: datetime,
    kind: ForecastKind,
    day: date | None = None,
    **more: Any,
) -> ForecastStep:
    blank: dict[str, Any] = dict.fromkeys(("units", "amount_minor", "visit_id", "visit_starts_at", "supposed"))
    return ForecastStep(
        at=at,
        day=day or forecast_day(kind, at, row.zone),
        kind=kind,
        option_name=row.purchase_option.name,
        status=row.status,
        standing=row.standing,
        last_day=row.last_day,
        balance=row.balance,
        **(blank | {"reasons": ()} | more),
    )


def _reasons(changed: Changed | None) -> dict[UUID, tuple[Reason, ...]]:
    """Return why each visit the operation left unpaid is unpaid."""
    # A hold lists there the ids of visits it put outside, for which there is no more to say.
    found: Sequence[Any] = changed.figures.get("unpaid", ()) if changed else ()
    return {
        UUID(each["visitId"]): tuple(
            because(Code[reason["code"]], **reason["values"])
            for refusal in each["refusals"]
            for reason in refusal["reasons"]
        )
        for each in found
        if not isinstance(each, str)
    }
