"""Proof 9, second part: the whole of it, on PostgreSQL, says of a pass what paper and pencil say."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, settings, strategies
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from models.errors import Refused
from models.rules.codes import Code
from models.runtime import open_runtime
from models.settings import Settings
from tests.simulation.machine import SALES, RulesMachine, sold_passes, terms_of
from tests.simulation.model import PassModel
from tests.simulation.paper import Sold
from tests.simulation.store import Home, StoreDriver

STEPS = 30
PHASES = (Phase.explicit, Phase.generate)
"""Without shrinking, which takes minutes on a store. The rules' own machine mostly finds the same, and shrinks it."""


class StoreMachine(RulesMachine):
    """Model and store side by side. What the store refuses, it refuses before the model hears of it."""

    home: ClassVar[Home]

    @initialize(sold=sold_passes(), sale=strategies.sampled_from(SALES))
    def sell(self, sold: Sold, sale: tuple[str, datetime]) -> None:
        self.zone, self.now = sale
        self.tz = ZoneInfo(self.zone)
        self.driver: StoreDriver = StoreDriver(self.home, terms_of(sold), self.zone, self.now)  # type: ignore[assignment]
        self.model = PassModel(sold, self._day(self.now))
        self.made = 0
        self._move_to(self.now)

    @precondition(lambda self: self.model.status() != "EXPIRED" and len(self.model.days.holds) < 6)
    @rule(
        begins=strategies.integers(-2, 20),
        length=strategies.integers(0, 9),
        extends=strategies.booleans(),
        keep=strategies.booleans(),
    )
    def place_hold(self, begins: int, length: int, extends: bool, keep: bool) -> None:
        first = max(self.model.today + begins, self.model.running_since())
        last = first + length - 1 if length else None
        hold_id = len(self.model.days.holds)
        ends = None if last is None else date.fromordinal(last)
        try:
            self.driver.place_hold(hold_id, date.fromordinal(first), ends, extends=extends, keep_visits=keep)
        except Refused as refused:
            if refused.code is not Code.HOLD_OUTSIDE_PASS:
                raise
        else:
            self.model.place_hold(hold_id, first, last, extends=extends, keep_visits=keep)

    @precondition(lambda self: self._holds_to_end())
    @rule(choice=strategies.integers(0, 1_000), later=strategies.integers(0, 5))
    def end_hold(self, choice: int, later: int) -> None:
        holds = self._holds_to_end()
        hold_id = holds[choice % len(holds)]
        first, last, _ = self.model.days.holds[hold_id]
        new_last = max(first, self.model.today - 1 + later)
        if last is not None and new_last >= last:
            return
        try:
            self.driver.end_hold(hold_id, date.fromordinal(new_last))
        except Refused as refused:
            if refused.code is not Code.HOLD_PERIOD_OVER:
                raise
        else:
            self.model.end_hold(hold_id, new_last)

    def teardown(self) -> None:
        if hasattr(self, "driver"):
            assert self.driver.check() == []


@pytest.fixture
def machine(settings: Settings) -> Iterator[type[StoreMachine]]:
    """The machine, at home in a loop and a runtime of its own."""
    with asyncio.Runner() as runner:

        async def start() -> Home:
            return Home(runner, open_runtime(settings, pool_size=2))

        StoreMachine.home = runner.run(start())
        yield StoreMachine
        runner.run(StoreMachine.home.runtime.close())


def test_two_hundred_lives_of_a_stored_pass_end_as_the_model_says(machine: type[StoreMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=200, stateful_step_count=STEPS, phases=PHASES))


@pytest.mark.long
def test_two_thousand_lives_of_a_stored_pass_end_as_the_model_says(machine: type[StoreMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=2_000, stateful_step_count=STEPS, phases=PHASES))
