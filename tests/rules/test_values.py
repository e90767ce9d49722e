"""The words: what each kind meters, and which states count as what."""

from models.rules.values import UNIT_OF_KIND, HoldKind, LotUnit, PassKind, VisitState
from tests.rules.build import terms_of


def test_the_kinds_that_meter_have_a_unit_and_the_others_none() -> None:
    assert {kind for kind in PassKind if kind.metered} == set(UNIT_OF_KIND)
    assert {kind: terms_of(kind).unit for kind in PassKind} == {
        PassKind.SESSION: LotUnit.VISIT,
        PassKind.DAY: LotUnit.DAY,
        PassKind.TIME: LotUnit.MINUTE,
        PassKind.UNLIMITED: None,
        PassKind.DURATION: None,
    }


def test_a_visit_is_live_while_it_stands_and_consumed_once_its_outcome_can_use_up_a_pass() -> None:
    assert {state for state in VisitState if state.live} == {VisitState.BOOKED, VisitState.ATTENDED}
    assert {state for state in VisitState if not state.consumed} == {VisitState.BOOKED, VisitState.CANCELLED}


def test_a_block_is_the_only_hold_that_does_not_extend() -> None:
    assert [kind for kind in HoldKind if not kind.extends] == [HoldKind.BLOCK]
