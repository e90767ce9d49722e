"""More for the hands of a busy studio to do: what the law grants. Consent, sales from afar, withdrawals, leaving.

See `bustle.py`.
"""

import random

from models.operations.base import Actor
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.operations.consent import Consent
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.rules.values import ConversionTiming, Jurisdiction, PaymentMethod, Role, TestCard, UnusedAtConversion
from tests.races.bustle import Action, one
from tests.races.hustle import Hustle
from tests.studio import OWNER

AGREED = Consent("Yes, I buy this, and it renews by itself.")


async def legislate(hustle: Hustle, rng: random.Random) -> None:
    """Come under another law, mostly under none, and let visits past a renewal be promised or not."""
    law = rng.choice([Jurisdiction.NONE, Jurisdiction.NONE, *Jurisdiction])
    command = SetPolicies(
        jurisdiction=law,
        min_validity_days=rng.choice([None, None, 0, 5]),
        project_renewals=rng.choice([None, True, True, False]),
    )
    await hustle.carry_out(set_policies, command)


async def buy_from_afar(hustle: Hustle, rng: random.Random) -> None:
    """Buy as the client does, with a card and from home, having agreed or not; then perhaps think better of it."""
    client = rng.choice(hustle.clients)
    actor = Actor(Role.CLIENT, client_id=client)
    agreed = AGREED if rng.random() < 0.8 else None
    card = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
    if rng.random() < 0.5:
        await hustle.carry_out(set_policies, SetPolicies(jurisdiction=rng.choice(list(Jurisdiction))))
    package = await one(hustle, rng, "SELECT id FROM packages ORDER BY id")
    if package and rng.random() < 0.25:
        sale = SellPackage(client, package["id"], *card, consent=agreed)
        await hustle.carry_out(sell_package, sale, actor=actor)
        return
    sold = SellPass(client, rng.choice(hustle.options), *card, use_credit=rng.random() < 0.2, consent=agreed)
    await hustle.carry_out(sell_pass, sold, actor=actor)


async def agree_to_convert(hustle: Hustle, rng: random.Random) -> None:
    """Convert or plan to with the client's consent, which what renews may ask for."""
    into, unused = rng.choice(hustle.options), rng.choice(list(UnusedAtConversion))
    row = await one(hustle, rng, "SELECT id FROM passes WHERE closed_reason IS NULL ORDER BY id DESC")
    if row is None:
        return
    if rng.random() < 0.5:
        await hustle.carry_out(schedule_conversion, ScheduleConversion(row["id"], into, None, unused, AGREED))
    else:
        now = ConvertPass(row["id"], into, ConversionTiming.NOW_PAID, unused, *hustle.payment(rng), consent=AGREED)
        await hustle.carry_out(convert_pass, now)


async def withdraw(hustle: Hustle, rng: random.Random) -> None:
    """Withdraw from a pass: mostly one from which that is granted, in time or too late, by its client or the studio."""
    used = "(SELECT coalesce(sum(used + forfeited), 0) FROM lots l WHERE l.pass_id = p.id) DESC"
    first = rng.choice(["withdrawable_until", "withdrawable_until DESC", used])
    row = await one(
        hustle,
        rng,
        f"""SELECT id, client_id FROM passes p WHERE withdrawable_until IS NOT NULL
            ORDER BY closed_reason IS NOT NULL, {first}, id""",
        among=2,
    )
    if row is None or rng.random() < 0.2:
        await hustle.carry_out(set_policies, SetPolicies(jurisdiction=Jurisdiction.EU))
        await buy_from_afar(hustle, rng)
    else:
        actor = Actor(Role.CLIENT, client_id=row["client_id"]) if rng.random() < 0.7 else OWNER
        await hustle.carry_out(withdraw_pass, WithdrawPass(row["id"]), actor=actor)


async def leave(hustle: Hustle, rng: random.Random) -> None:
    """Let a client leave what renews, or come back to it, by the one call with which anybody does."""
    row = await one(
        hustle,
        rng,
        "SELECT id, client_id FROM passes ORDER BY auto_renew DESC, closed_reason IS NOT NULL, id DESC",
        among=6,
    )
    if row is None:
        return
    actor = Actor(Role.CLIENT, client_id=row["client_id"])
    await hustle.carry_out(set_auto_renew, SetAutoRenew(row["id"], rng.random() < 0.3), actor=actor)


LAW: dict[Action, int] = {legislate: 1, buy_from_afar: 3, agree_to_convert: 1, withdraw: 4, leave: 2}
