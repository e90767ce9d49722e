"""What of a business matters to the studio and its clients: what is left, what is booked, what is owed, what is sold.

Two histories that come to the same are equal here, whatever the ledger went through: a unit that was added and taken
away again, a visit that was booked and cancelled in time, a pass that was sold and paid back whole.
"""

from typing import Any
from uuid import UUID

from models.rules.status import RetryPolicy, status_at
from tests.operations.acts import now
from tests.studio import Studio

_PASSES = """
SELECT p.id, p.client_id, p.closed_reason, p.last_day, p.auto_renew, p.payment_method, p.test_card,
       p.after_expiration, p.former_after_expiration, p.conversion_option_id, p.conversion_on, p.conversion_unused,
       p.overdue_since, p.charge_attempts, p.renewals_done, p.first_day, p.next_due_at, p.next_due_kind,
       v.terms, v.name,
       (SELECT count(*) FROM periods n WHERE n.pass_id = p.id AND n.number > 0) AS periods,
       (SELECT coalesce(sum(o.price_minor), 0) FROM orders o
        WHERE o.pass_id = p.id AND o.state = 'PAID' AND o.purpose <> 'PACKAGE'
          AND o.details->>'fee' IS DISTINCT FROM 'VISITS')
     + (SELECT coalesce(sum(n.price_minor), 0) FROM periods n JOIN orders o ON o.id = n.order_id
        WHERE n.pass_id = p.id AND o.purpose = 'PACKAGE')
     - (SELECT coalesce(sum(r.amount_minor), 0) FROM refunds r
        WHERE r.pass_id = p.id AND r.package_item_id IS NULL AND r.state NOT IN ('FAILED', 'TAKEN_BACK')
          AND NOT EXISTS (SELECT FROM orders o WHERE o.id = r.order_id AND o.details->>'fee' = 'VISITS')) AS money
FROM passes p JOIN purchase_option_versions v ON v.option_id = p.option_id AND v.version = p.option_version
"""
_LOTS = """
SELECT pass_id, kind, period_number, sum(available) AS available, sum(booked) AS booked, sum(used) AS used,
       sum(forfeited) AS forfeited, sum(expired) AS expired, max(expires_at) AS expires_at
FROM lots GROUP BY 1, 2, 3 HAVING sum(available + booked + used + forfeited + expired) > 0
"""
_ELSE = {
    "visits": """SELECT v.id, v.state, v.pass_id, v.note, c.lot_id, c.account, c.quantity, c.pinned, c.forgiven_period
                 FROM visits v LEFT JOIN claims c ON c.visit_id = v.id AND c.released_at IS NULL
                 WHERE v.state <> 'CANCELLED' OR c.id IS NOT NULL""",
    "projected": """SELECT visit_id, pass_id, period_number, pays_at, pinned FROM projected_claims
                    WHERE state = 'STANDING'""",
    "fees": "SELECT visit_id, sum(amount_minor) FROM fees WHERE state IN ('OWED', 'PAID') GROUP BY 1, state",
    "paid fees": """SELECT o.client_id, sum(o.price_minor - coalesce(r.amount, 0)) FROM orders o
                    LEFT JOIN (SELECT order_id, sum(amount_minor) AS amount FROM refunds GROUP BY 1) r
                      ON r.order_id = o.id WHERE o.state = 'PAID' AND o.details->>'fee' = 'VISITS'
                    GROUP BY 1 HAVING sum(o.price_minor - coalesce(r.amount, 0)) <> 0""",
    "holds": "SELECT pass_id, kind, first_day, last_day FROM holds WHERE removed_at IS NULL",
    "closures": "SELECT location_id, first_day, last_day FROM closures WHERE removed_at IS NULL",
    "disputes": "SELECT order_id, state FROM disputes WHERE state <> 'WITHDRAWN'",
    "shares": "SELECT pass_id, client_id, visits_max, state FROM shares WHERE state <> 'REMOVED'",
    "credit": "SELECT client_id, sum(amount_minor) FROM client_credits GROUP BY 1 HAVING sum(amount_minor) <> 0",
    "options": """SELECT o.id, v.name, v.terms FROM purchase_options o JOIN purchase_option_versions v
                  ON v.option_id = o.id AND v.version = o.current_version WHERE o.archived_at IS NULL""",
    "packages": """SELECT k.id, v.name, v.terms FROM packages k JOIN package_versions v
                   ON v.package_id = k.id AND v.version = k.current_version WHERE k.archived_at IS NULL""",
    "bought": """SELECT s.id, s.client_id, i.kind, i.name, i.share_minor, i.refunded_minor FROM package_sales s
                 LEFT JOIN package_items i ON i.package_sale_id = s.id
                 WHERE s.refunded_at IS NULL OR i.refunded_at IS NULL""",
    "clients": "SELECT id, name, types, household_id FROM clients WHERE archived_at IS NULL",
    "places": """SELECT id, name FROM locations WHERE archived_at IS NULL
                 UNION ALL SELECT id, name FROM services WHERE archived_at IS NULL
                 UNION ALL SELECT id, name FROM households WHERE archived_at IS NULL""",
    "policies": """SELECT resolve_after_hours, resolve_as, language, block_on_dispute, freeze_on_failed_charge,
                          project_renewals, jurisdiction, min_validity_days FROM businesses""",
}


async def effective(studio: Studio) -> dict[str, Any]:
    """Return what matters of the business, in a form that can be compared."""
    at = await now(studio)
    lots: dict[UUID, list[Any]] = {}
    for row in await studio.fetch(_LOTS):
        lots.setdefault(row["pass_id"], []).append(tuple(row))
    passes = {}
    for row in await studio.fetch(_PASSES):
        if row["closed_reason"] in ("REFUNDED", "TRANSFERRED") and row["money"] == 0 and row["id"] not in lots:
            continue
        status = status_at(await studio.facts(row["id"]), RetryPolicy(), at)
        passes[row["id"]] = (status, tuple(row), sorted(lots.get(row["id"], []), key=str))
    rest = {name: sorted(map(tuple, await studio.fetch(statement)), key=str) for name, statement in _ELSE.items()}
    return {"passes": passes, **rest}
