"""Why a pass cannot be used today: the reason that says what to do about it."""

from datetime import date

import pytest

from models.rules.codes import Code
from models.rules.explain import why_unusable
from models.rules.values import PassStatus, Standing
from tests.rules.build import june

LAST, TODAY = june(9), june(10)
OVERDUE = [standing for standing in Standing if standing is not Standing.CURRENT]


def _why(status: PassStatus, standing: Standing, last_day: date | None = LAST) -> Code | None:
    reason = why_unusable(status, standing, june(1), last_day, TODAY)
    return None if reason is None else reason.code


@pytest.mark.parametrize("standing", OVERDUE)
@pytest.mark.parametrize("last_day", [LAST, None])
def test_an_overdue_charge_goes_before_the_end_that_it_brought(standing: Standing, last_day: date | None) -> None:
    assert _why(PassStatus.EXPIRED, standing, last_day) is Code.PAYMENT_OVERDUE


@pytest.mark.parametrize("standing", OVERDUE)
def test_an_overdue_charge_explains_an_active_and_a_suspended_pass(standing: Standing) -> None:
    assert _why(PassStatus.ACTIVE, standing) is Code.PAYMENT_OVERDUE
    assert _why(PassStatus.SUSPENDED, standing) is Code.PAYMENT_OVERDUE


@pytest.mark.parametrize("standing", Standing)
def test_what_staff_closed_is_explained_by_that_whatever_is_owed(standing: Standing) -> None:
    assert _why(PassStatus.CONVERTED, standing) is Code.PASS_CONVERTED
    assert _why(PassStatus.DEACTIVATED, standing) is Code.PASS_DEACTIVATED


def test_a_pass_that_owes_nothing_says_when_it_ended() -> None:
    reason = why_unusable(PassStatus.EXPIRED, Standing.CURRENT, june(1), LAST, TODAY)

    assert reason is not None
    assert (reason.code, str(LAST) in reason.message) == (Code.EXPIRED, True)
    assert _why(PassStatus.ACTIVE, Standing.CURRENT) is None
