"""Real worker processes on what is hard without any crash: each other, lost answers, a long absence, and an end."""

import signal

from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.rules.values import PaymentMethod, TestCard
from tests.chaos.house import EXPIRING, House, sell_long_ago


async def test_two_workers_at_once_do_nothing_twice(house: House) -> None:
    due = await sell_long_ago(house, 60)
    house.hire()
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()


async def test_charges_whose_answers_are_lost_are_settled_by_asking_again_with_one_capture_each(house: House) -> None:
    due = await sell_long_ago(house, 20)
    for pass_id in due.passes:
        loses = SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.TIMEOUT)
        await due.studio.do(set_auto_renew, loses)
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()
    assert house.log.read_text().count("payment.unknown") == 20


async def test_after_a_long_outage_each_pass_is_charged_once_and_the_missed_periods_are_flagged(house: House) -> None:
    due = await sell_long_ago(house, 10, days_ago=130)
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()
    told = await due.fetch("SELECT data FROM events WHERE pass_id = ANY($1) AND type = 'pass.renewed'")
    assert {row["data"]["skipped"] for row in told} == {3}


async def test_a_worker_makes_expiry_official_for_every_pass(house: House) -> None:
    due = await sell_long_ago(house, 60, terms=EXPIRING)
    house.hire()

    async def expired() -> bool:
        open_rows = await due.fetch("SELECT 1 FROM passes WHERE id = ANY($1) AND closed_reason IS NULL LIMIT 1")
        return not open_rows

    await house.until(expired)
    rows = await due.fetch(
        """SELECT p.closed_reason, p.closed_at = p.ends_at AS at_its_end, l.available, l.expired,
                  (SELECT sum(quantity) FROM transfers t WHERE t.lot_id = l.id AND t.to_account = 'EXPIRED') AS moved
           FROM passes p JOIN lots l ON l.pass_id = p.id WHERE p.id = ANY($1)"""
    )
    assert len(rows) == 60
    assert {tuple(row.values()) for row in rows} == {("EXPIRED", True, 0, 8, 8)}


async def test_a_worker_told_to_stop_finishes_what_it_has_begun_and_ends_well(house: House) -> None:
    due = await sell_long_ago(house, 60)
    worker = house.hire()
    await due.some_renewed()
    worker.send_signal(signal.SIGTERM)

    async def ended() -> bool:
        return worker.poll() is not None

    await house.until(ended)
    assert worker.returncode == 0, house.tail()
    open_orders = await due.fetch("SELECT 1 FROM orders WHERE pass_id = ANY($1) AND state = 'PENDING'")
    assert open_orders == []
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()
