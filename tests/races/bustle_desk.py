"""More for the hands of a busy studio to do: the catalogue, files of another system, and sandboxes. See `bustle.py`."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from models.errors import Refused
from models.imports.fields import ImportKind
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
    archive_purchase_option,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
    revise_purchase_option,
)
from models.operations.households import CreateHousehold, create_household
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.packages import ArchivePackage, RevisePackage, archive_package, revise_package
from models.operations.sandbox.open_sandbox import OpenSandbox, open_and_fill, open_sandbox
from models.operations.sandbox.play_sandbox import PlaySandbox, play, play_sandbox
from models.queries.catalogue import option_terms
from models.queries.invariants import check_business
from models.rules.packages import package_from_json
from models.rules.values import ServiceCategory, TestCard
from tests.imported import staged
from tests.races.bustle import Action, one, varied
from tests.races.hustle import Hustle


async def furnish_more(hustle: Hustle, rng: random.Random) -> None:
    """Add a place, a service, a household, or a client who comes from now on."""
    name, what = f"{rng.random()}", rng.randrange(4)
    if what == 0:
        await hustle.carry_out(create_location, CreateLocation(name, rng.choice([None, "Asia/Tokyo"])))
    elif what == 1:
        await hustle.carry_out(create_service, CreateService(name, rng.choice(list(ServiceCategory))))
    elif what == 2:
        await hustle.carry_out(create_household, CreateHousehold(name))
    elif (changed := await hustle.carry_out(create_client, CreateClient(name))) and len(hustle.clients) < 12:
        hustle.clients.append(changed.rows["client"])


async def offer_more(hustle: Hustle, rng: random.Random) -> None:
    """Sell something new, revise what is sold, or sell it no more; there is always enough left."""
    option, what = rng.choice(hustle.options), rng.random()
    async with hustle.studio.runtime.database.reading(hustle.studio.business_id) as reader:
        current = await option_terms(reader, option)
    assert current is not None
    terms = varied(current.terms, rng)
    if what < 0.4:
        revised = RevisePurchaseOption(option, current.version - (rng.random() < 0.1), current.name, terms)
        await hustle.carry_out(revise_purchase_option, revised)
    elif what < 0.8 or len(hustle.options) < 10:
        changed = await hustle.carry_out(create_purchase_option, CreatePurchaseOption(f"{rng.random()}", terms))
        hustle.options += [changed.rows["purchaseOption"]] if changed else []
    elif await hustle.carry_out(archive_purchase_option, ArchivePurchaseOption(hustle.options[-1])):
        # Nobody else asks for it by its id but now and then, to be told that it is sold no more.
        hustle.options = hustle.options[:-1] if rng.random() < 0.9 else hustle.options


async def repack(hustle: Hustle, rng: random.Random) -> None:
    """Revise a package, or sell it no more."""
    row = await one(
        hustle,
        rng,
        """SELECT p.id, v.version, v.name, v.terms FROM packages p JOIN package_versions v ON v.package_id = p.id
           ORDER BY p.archived_at IS NOT NULL, p.id, v.version DESC""",
        among=4,
    )
    if row is None:
        return
    if rng.random() < 0.3:
        await hustle.carry_out(archive_package, ArchivePackage(row["id"]))
        return
    terms = package_from_json(row["terms"])
    dearer = replace(terms, price_minor=terms.price_minor + rng.choice([1, 333]))
    await hustle.carry_out(revise_package, RevisePackage(row["id"], row["version"], row["name"], dearer))


async def bring(hustle: Hustle, rng: random.Random) -> None:
    """Bring a client, their half-used pass and its visits from another system; some lines cannot be imported."""
    assert hustle.now is not None
    client, bought, name = uuid4(), uuid4(), f"Ten {uuid4()}"
    option = rng.choice(hustle.options)
    async with hustle.studio.runtime.database.reading(hustle.studio.business_id) as reader:
        kept = await option_terms(reader, option)
    assert kept is not None
    made = await hustle.carry_out(create_purchase_option, CreatePurchaseOption(name, kept.terms))
    if made is None:
        return
    if not await _bring(hustle, rng, ImportKind.CLIENTS, f"id,name\n{client},Brought along\n"):
        return
    spent = rng.randint(0, 2)
    left = max(0, (kept.terms.quantity or 0) - spent)
    units = f"{left + spent},{left}" if kept.terms.kind.metered else ","
    header = "id,client,option,granted,remaining,price,auto_renew,starts_on"
    first = hustle.now.date() - timedelta(days=rng.randint(0, 5))
    line = f"{bought},{client},{name},{units},{rng.choice(['', '12.34'])},{rng.choice(['', 'yes', 'no'])},{first}"
    if not await _bring(hustle, rng, ImportKind.PASSES, f"{header}\n{line}\n"):
        return
    for table, known in (("CLIENTS", hustle.clients), ("PASSES", hustle.passes)):
        ref = str(client if table == "CLIENTS" else bought)
        found = await hustle.studio.fetch("SELECT row_id FROM external_refs WHERE kind = $1 AND ref = $2", table, ref)
        known.extend(UUID(str(row["row_id"])) for row in found if len(known) < 60)
    visits = ""
    for number, (state, by) in enumerate([("ATTENDED", bought), ("CANCELLED", ""), ("BOOKED", "")], 1):
        starts = f"{hustle.now - timedelta(hours=30 * number):%Y-%m-%d %H:%M}"
        visits += f"{uuid4()},{client},Yoga,Main hall,{starts},60,{state},{by}\n"
    await _bring(hustle, rng, ImportKind.VISITS, "id,client,service,location,starts,minutes,state,pass\n" + visits)


async def _bring(hustle: Hustle, rng: random.Random, kind: ImportKind, text: str) -> bool:
    """Stage a file and make what it holds, at times twice; say whether it was made."""
    try:
        import_id = await staged(hustle.studio, kind, text)
    except Refused as refused:
        hustle.refused[refused.code.name] += 1
        return False
    made = [await hustle.carry_out(import_studio, ImportStudio(import_id, True)) for _ in range(rng.choice([1, 1, 2]))]
    return any(made)


async def rehearse(hustle: Hustle, rng: random.Random) -> None:
    """Open a sandbox, or let some weeks go by in one; its own books are in order as well."""
    assert hustle.now is not None
    studio = hustle.studio
    row = await one(hustle, rng, "SELECT id, sandbox_business_id, plan FROM sandboxes ORDER BY id DESC", among=2)
    if row is None or rng.random() < 0.3:
        command = OpenSandbox("stress", tuple(rng.sample(hustle.options, 2)), rng.choice([None, *hustle.clients]))
        await hustle.carry_out(open_sandbox, command, by=open_and_fill)
        return
    until = hustle.now + timedelta(days=rng.randint(-3, 25))
    game = PlaySandbox(row["id"], until, rng.randint(0, 3), rng.choice([TestCard.APPROVE, *TestCard]))
    await hustle.carry_out(play_sandbox, game, by=play)
    async with studio.runtime.database.reading(row["sandbox_business_id"]) as reader:
        assert await check_business(reader) == []


DESK: dict[Action, int] = {furnish_more: 2, offer_more: 2, repack: 2, bring: 2, rehearse: 2}
