"""So many visits and passes that not everything can be asked or proven: the work stays within bounds, and it is said.

No clock is read: what counts is how many numbers the solver is handed, and what the answer claims.
"""

from datetime import timedelta
from random import Random

import pytest

from models.rules.cover.plain import worth_asking
from models.rules.cover.program import Program
from models.rules.joint import allocate_jointly
from models.rules.paying import Request, in_order
from models.rules.policies import Restriction
from models.rules.values import Activation, PassKind, RestrictionCycle, RestrictionPer
from models.rules.ways import Ways
from tests.rules.build import POLICY, at, for_days, june, pass_of, terms_of, visit_of
from tests.rules.crowds import NOW

NUMBERS_MAX = 250_000


def _waiting(visits: int, passes: int, *, valid: int, kind: PassKind = PassKind.TIME, cycles: bool = True) -> Request:
    """Visits on days far apart, and short passes alike that each could start with any of them."""
    chance = Random(1)
    coming = [
        visit_of(
            at(june(2) + timedelta(days=number * 120 // visits), chance.randint(8, 20)),
            number=500 + number,
            minutes=chance.choice((30, 60, 90)),
            booked_at=NOW,
        )
        for number in range(visits)
    ]
    cycle = (Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS),) if cycles else ()
    terms = terms_of(
        kind,
        240 if kind is PassKind.TIME else 4,
        validity=for_days(valid),
        activation=Activation.ON_FIRST_VISIT,
        restrictions=cycle,
    )
    return Request(tuple(pass_of(terms, None, 100 + number) for number in range(passes)), tuple(coming), POLICY, NOW)


@pytest.mark.parametrize(
    ("visits", "passes", "valid", "kind"),
    [
        (60, 12, 20, PassKind.SESSION),
        (60, 12, 10, PassKind.TIME),
        (100, 20, 30, PassKind.TIME),
        (100, 40, 5, PassKind.TIME),
    ],
)
def test_the_solver_is_handed_no_more_numbers_than_it_can_work_through(
    visits: int, passes: int, valid: int, kind: PassKind
) -> None:
    instance, _ = Ways(_waiting(visits, passes, valid=valid, kind=kind)).instance()

    assert sum(len(row.terms) for row in Program(instance, worth_asking(instance)).rows) < NUMBERS_MAX


def test_where_not_every_start_is_asked_the_answer_says_so_and_pays_no_fewer() -> None:
    request = _waiting(100, 30, valid=5, kind=PassKind.SESSION)
    ways = Ways(request)
    ways.instance()
    outcomes = allocate_jointly(request, budget=500)
    solved = outcomes[0].solved

    assert not ways.complete
    assert solved is not None
    assert not solved.proven
    assert solved.bound == len(request.visits)
    paid, in_turn = (sum(o.paid_by is not None for o in each) for each in (outcomes, in_order(request)))
    assert paid >= in_turn > 0


def test_sixty_visits_and_twelve_passes_that_wait_are_asked_of_every_start() -> None:
    ways = Ways(_waiting(60, 12, valid=10))
    ways.instance()

    assert ways.complete
