"""More for the hands of a busy studio to do: packages, and undoing what was done. See `bustle.py`."""

import random
from datetime import timedelta

from models.operations.hold_package import HoldPackage, hold_package
from models.operations.packages import CreatePackage, create_package
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.sell_package import SellPackage, sell_package
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.packages import PackageItem, PackageTerms
from models.rules.values import PackageItemKind, RefundDestination
from tests.races.bustle import Action, one
from tests.races.hustle import Hustle


async def pack(hustle: Hustle, rng: random.Random) -> None:
    """Put a package together of two options, goods and credit, at a price that does not split evenly."""
    passes = (PackageItem(PackageItemKind.PASS, option_id=option) for option in rng.sample(hustle.options, 2))
    mat = PackageItem(PackageItemKind.GOODS, name="Mat", value_minor=rng.choice([1_000, 3_333]))
    credit = PackageItem(PackageItemKind.CREDIT, value_minor=rng.choice([500, 1_001]))
    terms = PackageTerms(rng.choice([0, 7_001, 12_345]), (*passes, mat, credit))
    await hustle.carry_out(create_package, CreatePackage(f"Package {rng.random()}", terms))


async def sell_pack(hustle: Hustle, rng: random.Random) -> None:
    """Sell a package, which there has to be first."""
    row = await one(hustle, rng, "SELECT id FROM packages ORDER BY id")
    if row is None:
        await pack(hustle, rng)
        return
    sale = SellPackage(rng.choice(hustle.clients), row["id"], *hustle.payment(rng), use_credit=rng.random() < 0.5)
    await hustle.carry_out(sell_package, sale)


async def unpack(hustle: Hustle, rng: random.Random) -> None:
    """Hold, renew or refund a package that was sold."""
    assert hustle.now is not None
    row = await one(hustle, rng, "SELECT id FROM package_sales ORDER BY id DESC")
    if row is None:
        await sell_pack(hustle, rng)
        return
    sale, what = row["id"], rng.random()
    if what < 0.4:
        first = hustle.now.date() + timedelta(days=rng.randint(0, 6))
        last = first + timedelta(days=rng.randint(0, 9))
        changed = await hustle.carry_out(hold_package, HoldPackage(sale, first, last, override=rng.random() < 0.5))
        hustle.holds += changed.holds if changed else []
    elif what < 0.7:
        command = RenewPackage(sale, *hustle.payment(rng), use_credit=rng.random() < 0.5)
        await hustle.carry_out(renew_package, command)
    else:
        goods = await hustle.studio.fetch(
            "SELECT id FROM package_items WHERE package_sale_id = $1 AND kind = 'GOODS' ORDER BY id", sale
        )
        named = tuple(item["id"] for item in goods if rng.random() < 0.5)
        destination = rng.choice(list(RefundDestination))
        await hustle.carry_out(refund_package, RefundPackage(sale, "stress", named, destination))


async def undo(hustle: Hustle, rng: random.Random) -> None:
    """Undo something that was done lately."""
    rows = await hustle.studio.fetch("SELECT id FROM operations WHERE state = 'DONE' ORDER BY id DESC LIMIT 8")
    await hustle.carry_out(undo_operation, UndoOperation(rng.choice(rows)["id"], "stress"))


PACKS: dict[Action, int] = {sell_pack: 2, unpack: 3, undo: 5}
