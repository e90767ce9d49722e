"""The proof at the end: every balance of every lot, recomputed from the ledger as the API shows it."""

from collections import Counter
from typing import Any

from rich.console import Console

from api.demo.client import Client
from api.demo.figures import Figures

_ACCOUNTS = (
    "available",
    "booked",
    "used",
    "forfeited",
    "expired",
    "converted",
    "transferred",
    "refunded",
    "adjusted",
)


def prove(client: Client, console: Console, figures: Figures) -> bool:
    """Add up the ledger of every pass and compare; print what was found; return whether all of it balanced."""
    lots = transfers = 0
    wrong: list[str] = []
    balance = f"granted {' '.join(_ACCOUNTS)}"
    for each in client.pages("passes", f"id lots {{ id kind balance {{ {balance} }} }}"):
        sums: dict[str, Counter[str]] = {}
        for row in _ledger(client, each["id"]):
            transfers += 1
            moved = sums.setdefault(row["lot"]["id"], Counter())
            moved[row["from"].lower()] -= row["quantity"]
            moved[row["to"].lower()] += row["quantity"]
        for lot in each["lots"]:
            lots += 1
            wrong += _differences(lot, sums.get(lot["id"], Counter()))
    for sentence in wrong:
        console.print(f"[bold red]✗[/] {sentence}")
    if wrong:
        return False
    console.print(
        f"[bold green]✓[/] The ledger balances: {transfers} transfers in {lots} lots, every event sums to zero, every "
        f"balance is the sum of its transfers ({client.requests} requests, {figures.booked} visits).",
        soft_wrap=True,
    )
    return True


def _ledger(client: Client, pass_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = client.ask(
            "query ($id: ID!, $after: String) { pass(id: $id) { ledger(first: 100, after: $after) { "
            "pageInfo { hasNextPage endCursor } edges { node { from to quantity lot { id } } } } } }",
            id=pass_id,
            after=after,
        )["pass"]["ledger"]
        rows += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


def _differences(lot: dict[str, Any], moved: Counter[str]) -> list[str]:
    shown = lot["balance"]
    found = [
        f"lot {lot['id']}: {account} shows {shown[account]}, its transfers sum to {moved[account]}"
        for account in _ACCOUNTS
        if shown[account] != moved[account]
    ]
    if -moved["issued"] != shown["granted"] or sum(shown[account] for account in _ACCOUNTS) != shown["granted"]:
        found.append(f"lot {lot['id']}: {shown['granted']} granted, {-moved['issued']} issued")
    return found
