"""Random clients with many visits and many passes, for the tests of what pays for what when all are solved together."""

from random import Random

from models.rules.paying import Request
from models.rules.policies import Restriction
from models.rules.terms import Access, Validity
from models.rules.values import Activation, AllocationPreset, LotKind, PassKind, RestrictionCycle, RestrictionPer
from tests.rules.build import (
    ANNEX,
    BOXING,
    JUNE,
    POLICY,
    STUDIO,
    YOGA,
    at,
    for_days,
    june,
    lot_of,
    pass_of,
    terms_of,
    visit_of,
)

NOW = at(june(2), 9)
PLAIN = (PassKind.SESSION,) * 4 + (PassKind.UNLIMITED,)
EVERY = (PassKind.SESSION,) * 5 + (PassKind.UNLIMITED,) * 2 + (PassKind.DAY, PassKind.TIME)
LONG = (30, 60, 60, 90)


def crowd(
    chance: Random,
    visits: int,
    passes: int,
    kinds: tuple[PassKind, ...] = EVERY,
    *,
    days: int = 40,
    units_max: int = 4,
    restricted: float = 0.3,
    waiting: float = 0.15,
    preset: AllocationPreset = AllocationPreset.DEFAULT,
    cycle: RestrictionCycle = RestrictionCycle.CALENDAR,
    start_within_days: int | None = None,
) -> Request:
    """Visits over so many days of June, and passes of the kinds that overlap in dates, services and places.

    `restricted` and `waiting` are the shares of passes with attendance restrictions, and that start on a first visit;
    `cycle` and `start_within_days` are those of all such passes.
    """
    coming = [
        visit_of(
            at(june(chance.randint(2, days)), chance.randint(8, 20)),
            number=500 + number,
            minutes=chance.choice(LONG),
            service_id=chance.choice((YOGA, YOGA, BOXING)),
            location_id=chance.choice((STUDIO, STUDIO, ANNEX)),
            booked_at=NOW,
        )
        for number in range(visits)
    ]
    held = []
    for number in range(passes):
        kind, units = chance.choice(kinds), chance.randint(1, units_max)
        first_visit = chance.random() < waiting
        restrictions: tuple[Restriction, ...] = ()
        if chance.random() < restricted:
            pers = chance.sample((RestrictionPer.DAY, RestrictionPer.WEEK, RestrictionPer.MONTH), chance.randint(1, 2))
            restrictions = tuple(Restriction(chance.randint(1, 3), per, cycle) for per in pers)
        terms = terms_of(
            kind,
            units * (45 if kind is PassKind.TIME else 1),
            validity=for_days(chance.randint(4, days)) if kind is not PassKind.SESSION or number % 4 else Validity(),
            access=Access(
                service_ids=chance.choice((None, None, frozenset({YOGA}), frozenset({BOXING}))),
                location_ids=chance.choice((None, None, frozenset({STUDIO}))),
            ),
            priority=chance.choice((0, 0, 1)),
            restrictions=restrictions,
            activation=Activation.ON_FIRST_VISIT if first_visit else Activation.ON_SALE,
            start_within_days=start_within_days if first_visit else None,
        )
        changes = {}
        if terms.kind.metered and chance.random() < 0.3:
            more = lot_of(
                2 * number + 1,
                units * (45 if kind is PassKind.TIME else 1),
                kind=chance.choice((LotKind.PROMOTION, LotKind.ROLLOVER, LotKind.MAKE_UP)),
                own_first_on=JUNE,
                own_last_on=june(chance.randint(3, days)),
            )
            changes["lots"] = (lot_of(2 * number, terms.quantity or 0), more)
        start = None if first_visit else june(chance.randint(0, days // 2))
        held.append(pass_of(terms, start, 100 + number, **changes))
    return Request(tuple(held), tuple(coming), POLICY, NOW, preset)
