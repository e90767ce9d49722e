"""How the price of a package is split over its parts: exactly, and in proportion to what each would cost by itself."""

from collections.abc import Sequence


def split(price_minor: int, weights: Sequence[int]) -> list[int]:
    """Split a price in proportion to the weights, by largest remainder; the earlier part wins a tie.

    Weights that are all zero count alike. The shares sum to the price and each is at least zero; a part of a greater
    weight never gets less. There is at least one weight, and none is negative.
    """
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    shares = [price_minor * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(price_minor * weights[n] % total), -weights[n], n))
    for n in order[: price_minor - sum(shares)]:
        shares[n] += 1
    return shares


def split_around(price_minor: int, weights: Sequence[int], stated: Sequence[int | None]) -> list[int]:
    """Split a price where some parts state their share: what they leave is split over the others.

    The stated shares sum to the price at most, and to the price where every part states one.
    """
    left = price_minor - sum(share for share in stated if share is not None)
    rest = [n for n, share in enumerate(stated) if share is None]
    assert left >= 0, "shares that exceed the price are never sold"
    assert rest or left == 0, "shares that fall short of the price are never sold"
    found = dict(zip(rest, split(left, [weights[n] for n in rest]), strict=True)) if rest else {}
    return [found[n] if share is None else share for n, share in enumerate(stated)]
