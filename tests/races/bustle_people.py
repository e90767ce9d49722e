"""More for the hands of a busy studio to do: closures, disputes, households, shares, guests, transfers, freezes.

See `bustle.py`.
"""

import random
from datetime import timedelta

from models.operations.base import WORKER, Actor
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.holds import PlaceHold, place_hold
from models.operations.households import (
    JoinHousehold,
    LeaveHousehold,
    SetClientTypes,
    join_household,
    leave_household,
    set_client_types,
)
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.spread_closure import SpreadClosure, spread_closure
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.rules.values import ClosureReach, HoldKind, ResolveAs, Role
from tests.races.bustle import Action, one
from tests.races.hustle import Hustle
from tests.studio import OWNER


async def close(hustle: Hustle, rng: random.Random) -> None:
    """Close a location for some days."""
    assert hustle.now is not None
    place = await one(hustle, rng, "SELECT id FROM locations ORDER BY id")
    first = hustle.now.date() + timedelta(days=rng.randint(-2, 9))
    last = None if rng.random() < 0.15 else first + timedelta(days=rng.randint(0, 6))
    reach = rng.choice(list(ClosureReach))
    command = PlaceClosure(place["id"], first, last, "stress", rng.random() < 0.3, reach)
    await hustle.carry_out(place_closure, command)


async def reopen(hustle: Hustle, rng: random.Random) -> None:
    """End a closure early, or take it back."""
    assert hustle.now is not None
    ordered = "SELECT id FROM closures ORDER BY removed_at IS NOT NULL, last_day < $1, id DESC"
    row = await one(hustle, rng, ordered, hustle.now.date(), among=2)
    if row is None:
        await close(hustle, rng)
        return
    if rng.random() < 0.5:
        last = None if rng.random() < 0.5 else hustle.now.date() + timedelta(days=rng.randint(-1, 3))
        await hustle.carry_out(end_closure, EndClosure(row["id"], last))
    else:
        await hustle.carry_out(remove_closure, RemoveClosure(row["id"]))


async def catch_up(hustle: Hustle, rng: random.Random) -> None:
    """Let a worker go on with a closure that has not reached every pass yet, for one more batch."""
    row = await one(hustle, rng, "SELECT id, spread_to FROM closures WHERE spread_at IS NULL ORDER BY id", among=2)
    if row is not None:
        await hustle.carry_out(spread_closure, SpreadClosure(row["id"], row["spread_to"]), actor=WORKER)


async def dispute(hustle: Hustle, rng: random.Random) -> None:
    """Hear of a dispute about a charge, or how one ended."""
    row = await one(hustle, rng, "SELECT order_id FROM disputes WHERE state = 'OPEN' ORDER BY id")
    if row and rng.random() < 0.6:
        await hustle.carry_out(settle_dispute, SettleDispute(row["order_id"], rng.random() < 0.6))
        return
    paid = await one(hustle, rng, "SELECT id FROM orders ORDER BY id DESC")
    if paid:
        await hustle.carry_out(report_dispute, ReportDispute(paid["id"]))


async def move_house(hustle: Hustle, rng: random.Random) -> None:
    """Leave the household, come back, or become of another type."""
    client, what = rng.choice(hustle.clients), rng.random()
    household = await one(hustle, rng, "SELECT id FROM households ORDER BY id")
    if what < 0.3:
        await hustle.carry_out(leave_household, LeaveHousehold(client))
    elif household and what < 0.8:
        away = await one(hustle, rng, "SELECT id FROM clients ORDER BY household_id IS NOT NULL, id", among=1)
        client = away["id"]
        await hustle.carry_out(join_household, JoinHousehold(household["id"], client))
    else:
        await hustle.carry_out(set_client_types, SetClientTypes(client, tuple(rng.sample(["student", "local"], 1))))


async def share(hustle: Hustle, rng: random.Random) -> None:
    """Share a pass, as the studio or its owner; approve a share, or end it."""
    row = await one(
        hustle, rng, "SELECT id, state FROM shares ORDER BY state = 'PENDING' DESC, state, id DESC", among=3
    )
    what = rng.random()
    if row and what < 0.2:
        await hustle.carry_out(remove_share, RemoveShare(row["id"], rng.random() < 0.4))
    elif row and what < (0.7 if row["state"] == "PENDING" else 0.3):
        await hustle.carry_out(approve_share, ApproveShare(row["id"]))
    else:
        named = await one(
            hustle,
            rng,
            """SELECT p.id, p.client_id FROM passes p JOIN purchase_option_versions v
               ON v.option_id = p.option_id AND v.version = p.option_version WHERE p.closed_reason IS NULL
               ORDER BY (v.terms->'sharing'->>'allowed')::bool IS TRUE DESC, p.id DESC""",
            among=5,
        )
        if named:
            actor = Actor(Role.CLIENT, client_id=named["client_id"]) if rng.random() < 0.4 else OWNER
            command = SharePass(named["id"], rng.choice(hustle.clients), rng.choice([None, None, 1, 2]))
            await hustle.carry_out(share_pass, command, actor=actor)


async def visit_shared(hustle: Hustle, rng: random.Random) -> None:
    """Book for a member, or for guests, by a shared pass."""
    row = await one(
        hustle,
        rng,
        """SELECT s.pass_id, s.client_id, p.client_id AS owner FROM shares s JOIN passes p ON p.id = s.pass_id
           ORDER BY s.state = 'ACTIVE' DESC, s.id DESC""",
        among=3,
    )
    if row is None:
        return
    guest = f"Guest {rng.randint(1, 3)}" if rng.random() < 0.3 else None
    length = timedelta(minutes=60)
    starts = [hustle.when(rng) for _ in range(rng.randint(1, 3))]
    visits = tuple(
        NewVisit(hustle.studio.service, hustle.studio.location, at, at + length, guest_name=guest) for at in starts
    )
    client = rng.choice([row["client_id"], row["client_id"], row["owner"]])
    by, named = rng.choice([(PayBy.PASS, row["pass_id"]), (PayBy.AUTO, None)])
    changed = await hustle.carry_out(book_visits, BookVisits(client, visits, by, named))
    hustle.visits += changed.visits if changed else []


async def transfer(hustle: Hustle, rng: random.Random) -> None:
    """Give a pass, or some of its units, to somebody else."""
    units = rng.choice([None, 1, 2, 5])
    await hustle.carry_out(
        transfer_pass, TransferPass(rng.choice(hustle.passes), rng.choice(hustle.clients), "stress", units)
    )


async def freeze(hustle: Hustle, rng: random.Random) -> None:
    """Ask for a freeze as the client does, by the policy and for its fee, or beyond it as the studio may."""
    assert hustle.now is not None
    row = await one(hustle, rng, "SELECT id, client_id FROM passes WHERE closed_reason IS NULL ORDER BY id DESC")
    if row is None:
        return
    first = hustle.now.date() + timedelta(days=rng.randint(0, 6))
    last = None if rng.random() < 0.1 else first + timedelta(days=rng.randint(0, 9))
    as_client = rng.random() < 0.5
    method, card = hustle.payment(rng)
    command = PlaceHold(
        row["id"],
        first,
        last,
        HoldKind.FREEZE,
        override=not as_client and rng.random() < 0.4,
        waive_fee=not as_client and rng.random() < 0.4,
        payment_method=method,
        test_card=card,
    )
    actor = Actor(Role.CLIENT, client_id=row["client_id"]) if as_client else OWNER
    changed = await hustle.carry_out(place_hold, command, actor=actor)
    hustle.holds += changed.holds if changed else []


async def decide(hustle: Hustle, rng: random.Random) -> None:
    """Change what the business wants done by itself."""
    command = SetPolicies(
        resolve_after_hours=rng.choice([None, 0, 24]),
        resolve_as=rng.choice([None, *ResolveAs]),
        block_on_dispute=rng.choice([None, True, False]),
        freeze_on_failed_charge=rng.choice([None, True, False]),
    )
    await hustle.carry_out(set_policies, command)


PEOPLE: dict[Action, int] = {
    close: 2,
    reopen: 3,
    catch_up: 2,
    dispute: 2,
    move_house: 2,
    share: 4,
    visit_shared: 4,
    transfer: 2,
    freeze: 3,
    decide: 1,
}
