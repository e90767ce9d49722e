"""What is true of the books at every instant. Race, chaos and simulation tests, the reconcile worker and
`sessionpass check` all assert this one list.

Each invariant is a name, a sentence, and one statement that returns the rows that break it: `ids` first, then the
figures that show how. What the rules compute (windows and what is due) is compared in `windows.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text

from models.database import Database
from models.queries import tenants
from models.queries.attendance import exceeded_restrictions
from models.queries.invariants_money import MONEY, Invariant
from models.queries.invariants_outcomes import OUTCOMES
from models.queries.invariants_sharing import SHARING
from models.queries.projections import broken_projections
from models.queries.windows import differing_windows
from models.tables.ledger import BALANCES

_SHOWN_MAX = 100
_STATEMENT_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which, in whose books, the rows that break it, and the figures that show it."""

    invariant: str
    sentence: str
    business_id: UUID | None
    row_ids: tuple[UUID, ...]
    figures: Mapping[str, Any]


_ACCOUNTS = ", ".join(f"('{balance.upper()}', l.{balance})" for balance in BALANCES)
_NEGATIVE = " OR ".join(f"{balance} < 0" for balance in BALANCES)

LEDGER = (
    Invariant(
        "balances_are_sums",
        "Each balance of a lot is the sum of its transfers into that account less those out of it.",
        f"""
        WITH moved AS (
            SELECT lot_id, from_account, to_account, sum(quantity) AS quantity FROM transfers GROUP BY 1, 2, 3),
        summed AS (
            SELECT lot_id, account, sum(quantity) AS quantity FROM (
                SELECT lot_id, to_account AS account, quantity FROM moved
                UNION ALL SELECT lot_id, from_account, -quantity FROM moved
            ) sides GROUP BY 1, 2
        )
        SELECT ARRAY[l.id] AS ids, kept.account, kept.quantity AS kept, coalesce(s.quantity, 0) AS summed
        FROM lots l CROSS JOIN LATERAL (VALUES {_ACCOUNTS}) AS kept(account, quantity)
        LEFT JOIN summed s ON s.lot_id = l.id AND s.account = kept.account
        WHERE kept.quantity <> coalesce(s.quantity, 0)""",
    ),
    Invariant(
        "issued_is_transferred",
        "What a lot was issued with is the sum of its transfers out of ISSUED.",
        """
        SELECT ARRAY[l.id] AS ids, l.issued, coalesce(t.quantity, 0) AS transferred
        FROM lots l LEFT JOIN (
            SELECT lot_id, sum(quantity) AS quantity FROM transfers WHERE from_account = 'ISSUED' GROUP BY 1
        ) t ON t.lot_id = l.id
        WHERE l.issued <> coalesce(t.quantity, 0)""",
    ),
    Invariant(
        "nothing_negative",
        "No balance is below zero.",
        f"SELECT ARRAY[id] AS ids, {', '.join(BALANCES)} FROM lots WHERE issued < 0 OR {_NEGATIVE}",
    ),
    Invariant(
        "claims_hold_balances",
        "A lot's BOOKED, USED and FORFEITED are what standing claims, claimed days and use before an import hold.",
        """
        SELECT ARRAY[l.id] AS ids, kept.account, kept.quantity AS kept,
               coalesce(c.quantity, 0) + coalesce(d.quantity, 0) + coalesce(u.quantity, 0) AS claimed
        FROM lots l
        CROSS JOIN LATERAL (VALUES ('BOOKED', booked), ('USED', used), ('FORFEITED', forfeited)) kept(account, quantity)
        LEFT JOIN (SELECT lot_id, account, sum(quantity) AS quantity FROM claims WHERE released_at IS NULL
                   GROUP BY 1, 2) c ON c.lot_id = l.id AND c.account = kept.account
        LEFT JOIN (SELECT lot_id, account, count(*) AS quantity FROM claimed_days GROUP BY 1, 2) d
          ON d.lot_id = l.id AND d.account = kept.account
        LEFT JOIN carried_units u ON u.lot_id = l.id AND u.account = kept.account
        WHERE kept.quantity <> coalesce(c.quantity, 0) + coalesce(d.quantity, 0) + coalesce(u.quantity, 0)""",
    ),
)

VISITS = (
    Invariant(
        "one_claim_a_visit",
        "At most one claim of a visit stands.",
        """
        SELECT ARRAY[visit_id] || array_agg(id) AS ids, count(*) AS standing
        FROM claims WHERE released_at IS NULL GROUP BY visit_id HAVING count(*) > 1""",
    ),
    Invariant(
        "visit_names_its_payer",
        "A visit names the pass whose claim on it stands, and no other.",
        """
        SELECT ARRAY[v.id] AS ids, v.pass_id, c.pass_id AS claimed_by
        FROM visits v LEFT JOIN claims c ON c.visit_id = v.id AND c.released_at IS NULL
        WHERE v.pass_id IS DISTINCT FROM c.pass_id""",
    ),
    Invariant(
        "claim_follows_visit",
        "A claim stands where its visit's state puts it: a cancelled or missed visit's is released or forfeited.",
        """
        SELECT ARRAY[c.id, v.id] AS ids, v.state, c.account, c.released_at
        FROM claims c JOIN visits v ON v.id = c.visit_id
        WHERE c.account <> CASE WHEN c.released_at IS NOT NULL THEN 'AVAILABLE' WHEN v.state = 'BOOKED' THEN 'BOOKED'
                                WHEN v.state = 'ATTENDED' THEN 'USED' ELSE 'FORFEITED' END""",
    ),
    Invariant(
        "projection_waits",
        "A visit names the pass that stands to pay for it once renewed, and is live and unpaid until then.",
        """
        SELECT ARRAY[v.id, j.id] AS ids, v.state, v.projected_pass_id, j.pass_id AS projected_by
        FROM visits v
        FULL JOIN (SELECT * FROM projected_claims WHERE state = 'STANDING') j ON j.visit_id = v.id
        WHERE v.projected_pass_id IS DISTINCT FROM j.pass_id
           OR (j.id IS NOT NULL AND (v.pass_id IS NOT NULL OR v.state NOT IN ('BOOKED', 'ATTENDED')))""",
    ),
    Invariant(
        "claimed_day_follows_claims",
        "A claimed day stands where the strongest of its standing claims puts it, and is returned where none stands.",
        """
        SELECT ARRAY[d.id] AS ids, d.account, e.account AS expected
        FROM claimed_days d CROSS JOIN LATERAL (
            SELECT CASE WHEN bool_or(c.account = 'USED') THEN 'USED' WHEN bool_or(c.account = 'BOOKED') THEN 'BOOKED'
                        WHEN bool_or(c.account = 'FORFEITED') THEN 'FORFEITED' ELSE 'AVAILABLE' END AS account
            FROM claims c WHERE c.claimed_day_id = d.id AND c.released_at IS NULL
        ) e WHERE d.account <> e.account""",
    ),
)

PERIODS = (
    Invariant(
        "one_grant_a_period",
        "Each period of a metered pass has exactly one GRANT lot, and no other has any.",
        """
        SELECT ARRAY[coalesce(p.pass_id, g.pass_id)] AS ids, coalesce(p.number, g.period_number) AS period,
               g.grants FROM (SELECT n.pass_id, n.number, s.kind IN ('SESSION', 'DAY', 'TIME') AS metered
              FROM periods n JOIN passes s ON s.id = n.pass_id) p
        FULL JOIN (SELECT pass_id, period_number, count(*) AS grants FROM lots WHERE kind = 'GRANT' GROUP BY 1, 2) g
          ON g.pass_id = p.pass_id AND g.period_number = p.number
        WHERE coalesce(g.grants, 0) <> coalesce(p.metered, false)::int""",
    ),
    Invariant(
        "lot_has_its_period",
        "Each lot belongs to a period of its pass.",
        """
        SELECT ARRAY[l.id] AS ids, l.pass_id, l.period_number
        FROM lots l LEFT JOIN periods n ON n.pass_id = l.pass_id AND n.number = l.period_number
        WHERE n.pass_id IS NULL""",
    ),
    Invariant(
        "periods_are_numbered",
        "A pass has periods, numbered from 1 without gaps.",
        """
        SELECT ARRAY[s.id] AS ids, count(p.number) AS periods, min(p.number) AS lowest, max(p.number) AS highest
        FROM passes s LEFT JOIN periods p ON p.pass_id = s.id AND p.number > 0 GROUP BY s.id
        HAVING count(p.number) = 0 OR min(p.number) <> 1 OR max(p.number) <> count(p.number)""",
    ),
    Invariant(
        "periods_follow",
        "A period starts the instant the one before it ends; later only where it restarted or periods were skipped.",
        """
        SELECT ARRAY[pass_id] AS ids, number, before, starts_at FROM (
            SELECT pass_id, number, starts_at, restarts, anchor_index, lag(ends_at) OVER w AS before,
                   lag(starts_at) OVER w AS began, lag(anchor_index) OVER w AS index_before,
                   anchor_on = lag(anchor_on) OVER w AS same_anchor
            FROM periods WHERE number > 0 WINDOW w AS (PARTITION BY pass_id ORDER BY number)
        ) p
        WHERE number > 1 AND starts_at IS NOT NULL AND (
            before IS NULL OR starts_at < before OR starts_at < began
            OR (starts_at > before AND NOT restarts AND same_anchor AND anchor_index = index_before + 1))""",
    ),
    Invariant(
        "one_successor",
        "What follows a period is written once: a renewal is the next period, a conversion the pass it became.",
        """
        SELECT ARRAY[n.pass_id] AS ids, n.number AS period, 'period without a renewal' AS what
        FROM periods n LEFT JOIN successions s ON s.pass_id = n.pass_id AND s.period_number = n.number - 1
         AND s.kind = 'RENEWAL' AND s.to_pass_id = n.pass_id AND s.to_period_number = n.number
        WHERE n.number > 1 AND s.pass_id IS NULL
        UNION ALL
        SELECT ARRAY[s.pass_id], s.period_number, 'renewal without its period'
        FROM successions s LEFT JOIN periods n ON n.pass_id = s.to_pass_id AND n.number = s.to_period_number
         AND s.to_pass_id = s.pass_id
         -- One that was undone keeps its row under the number of the period that was taken back.
         AND s.to_period_number = CASE WHEN s.period_number > 0 THEN s.period_number + 1 ELSE s.period_number END
        WHERE s.kind = 'RENEWAL' AND n.pass_id IS NULL
        UNION ALL
        SELECT ARRAY[s.pass_id, s.to_pass_id], s.period_number, 'conversion without its pass'
        FROM successions s LEFT JOIN passes p ON p.id = s.to_pass_id AND p.predecessor_pass_id = s.pass_id
         AND p.predecessor_period = s.period_number AND s.to_period_number = 1
        WHERE s.kind = 'CONVERSION' AND p.id IS NULL
        UNION ALL
        SELECT ARRAY[p.id, p.predecessor_pass_id], p.predecessor_period, 'pass without the conversion it came from'
        FROM passes p LEFT JOIN successions s ON s.pass_id = p.predecessor_pass_id
         AND s.period_number = p.predecessor_period AND s.kind = 'CONVERSION' AND s.to_pass_id = p.id
        WHERE p.predecessor_pass_id IS NOT NULL AND s.pass_id IS NULL
        UNION ALL
        SELECT ARRAY[p.id], count(s.pass_id), 'converted pass without exactly one conversion, or the reverse'
        FROM passes p LEFT JOIN successions s ON s.pass_id = p.id AND s.kind = 'CONVERSION' AND s.period_number > 0
        GROUP BY p.id, p.closed_reason
        HAVING count(s.pass_id) <> (p.closed_reason IS NOT DISTINCT FROM 'CONVERTED')::int""",
    ),
    Invariant(
        "closed_has_instant",
        "A closed pass says since when, and only a closed one.",
        """
        SELECT ARRAY[id] AS ids, closed_reason FROM passes WHERE (closed_reason IS NULL) <> (closed_at IS NULL)""",
    ),
)

INVARIANTS = (*LEDGER, *VISITS, *PERIODS, *MONEY, *OUTCOMES, *SHARING)


async def check_business(reader: asyncpg.Connection) -> list[Violation]:
    """Return what is broken in the business whose tenant is set, at most 100 rows for each invariant.

    Read within one snapshot (`Database.reading`), or a change in flight looks like a broken promise.
    """
    # The books of a large studio take longer to read than anybody who asks a question may wait.
    await reader.execute(f"SET LOCAL statement_timeout = '{_STATEMENT_MINUTES}min'")
    business = await tenants.business(reader)
    business_id = None if business is None else business.id
    found = []
    for invariant in INVARIANTS:
        for row in await reader.fetch(f"{invariant.statement} LIMIT {_SHOWN_MAX}"):
            figures = dict(row)
            ids = tuple(each for each in figures.pop("ids") if each is not None)
            found.append(Violation(invariant.name, invariant.sentence, business_id, ids, figures))
    sentence = "The kept days, instants and next due time of a pass are what the rules compute from its facts."
    for difference in await differing_windows(reader, _SHOWN_MAX):
        figures = {"what": difference.what, "kept": difference.kept, "computed": difference.computed}
        found.append(Violation("windows_follow_rules", sentence, business_id, difference.ids, figures))
    sentence = "What stands to be paid by the next period of a pass is what that period will grant, and when."
    found += [
        Violation("projections_follow_rules", sentence, business_id, wrong.ids, wrong.figures)
        for wrong in await broken_projections(reader, business, _SHOWN_MAX)
    ]
    sentence = "No pass pays for more visits in a cycle than its restriction allows and earlier cycles left to it."
    for each in await exceeded_restrictions(reader, _SHOWN_MAX):
        found.append(Violation("attendance_is_restricted", sentence, business_id, (each.pass_id,), each.figures))
    return found


async def check_all(database: Database) -> list[Violation]:
    """Return what is broken in any business, each read in a snapshot of its own."""
    async with database.sweeping() as connection:
        rows = (await connection.execute(text("SELECT id FROM businesses ORDER BY id"))).all()
    found = []
    for (business_id,) in rows:
        async with database.reading(business_id) as reader:
            found += await check_business(reader)
    return found
