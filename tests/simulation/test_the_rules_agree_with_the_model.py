"""Proof 9, first part: whatever happens to a pass, the rules say of it what paper and pencil say."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import RulesMachine

STEPS = 50


def test_two_thousand_lives_of_a_pass_end_as_the_model_says() -> None:
    run_state_machine_as_test(RulesMachine, settings=settings(max_examples=2_000, stateful_step_count=STEPS))


@pytest.mark.long
def test_a_million_steps_in_the_life_of_passes_end_as_the_model_says() -> None:
    run_state_machine_as_test(RulesMachine, settings=settings(max_examples=20_000, stateful_step_count=STEPS))
