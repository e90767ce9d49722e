"""What is true of outcomes, of what they forgive, and of the fees they charge. See `invariants.py`."""

from models.queries.invariants_money import Invariant

OUTCOMES = (
    Invariant(
        "history_ends_with_state",
        "What was last written in a visit's history is the state it is in.",
        """
        SELECT ARRAY[v.id] AS ids, v.state, o.state AS written
        FROM visits v CROSS JOIN LATERAL (
            SELECT state FROM visit_outcomes w WHERE w.visit_id = v.id ORDER BY w.id DESC LIMIT 1
        ) o WHERE v.state <> o.state""",
    ),
    Invariant(
        "fee_follows_outcome",
        "A fee that is owed or paid belongs to a visit that was cancelled late or missed.",
        """
        SELECT ARRAY[f.id, v.id] AS ids, f.state AS fee, v.state
        FROM fees f JOIN visits v ON v.id = f.visit_id
        WHERE f.state IN ('OWED', 'PAID') AND v.state NOT IN ('LATE_CANCELLED', 'NO_SHOW')""",
    ),
    Invariant(
        "fee_order_pays_its_fees",
        "A paid order for visits' fees is what of it was paid back and the fees it paid; a paid fee has such an order.",
        """
        SELECT ARRAY[coalesce(o.id, f.order_id)] AS ids, o.price_minor, f.paid AS fees_minor, o.back AS back_minor
        FROM (SELECT w.*, coalesce((SELECT sum(r.amount_minor) FROM refunds r
                                    WHERE r.order_id = w.id AND r.state <> 'TAKEN_BACK'), 0) AS back
              FROM orders w WHERE w.state = 'PAID' AND w.purpose = 'FEE' AND w.details->>'fee' = 'VISITS') o
        FULL JOIN (SELECT order_id, sum(amount_minor) AS paid FROM fees WHERE state IN ('PAID', 'CREDITED')
                   GROUP BY 1) f ON f.order_id = o.id
        WHERE o.price_minor - o.back IS DISTINCT FROM coalesce(f.paid, 0)""",
    ),
    Invariant(
        "forgiven_are_few",
        "No period forgives more than its pass's terms let it, and only late cancellations and missed visits.",
        """
        SELECT ARRAY[c.pass_id] AS ids, c.forgiven_period, count(*) AS forgiven
        FROM claims c JOIN visits v ON v.id = c.visit_id JOIN passes p ON p.id = c.pass_id
        JOIN purchase_option_versions o ON o.option_id = p.option_id AND o.version = p.option_version
        WHERE c.forgiven_period IS NOT NULL
        GROUP BY c.pass_id, c.forgiven_period, o.terms
        HAVING count(*) > coalesce((o.terms->'outcomes'->>'freePerPeriod')::int, 0)
            OR bool_or(v.state NOT IN ('LATE_CANCELLED', 'NO_SHOW'))""",
    ),
)
