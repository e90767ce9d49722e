"""What is true of orders, payments, refunds, credit and the value of lots at every instant. See `invariants.py`."""

from typing import NamedTuple


class Invariant(NamedTuple):
    """One promise and the statement that finds what breaks it."""

    name: str
    sentence: str
    statement: str


MONEY = (
    Invariant(
        "paid_order_has_its_period",
        "Each paid order, but a package's, granted exactly the one period it names, and each other period comes from a "
        "paid order, or came with a transfer.",
        """
        SELECT ARRAY[coalesce(o.id, n.order_id, n.pass_id)] AS ids, o.state, o.pass_id AS ordered_pass,
               o.period_number AS ordered_period, n.pass_id, n.number
        FROM (SELECT * FROM orders WHERE state = 'PAID' AND purpose NOT IN ('FEE', 'PACKAGE')) o
        FULL JOIN (SELECT e.* FROM periods e JOIN passes s ON s.id = e.pass_id
                   LEFT JOIN orders k ON k.id = e.order_id AND k.purpose = 'PACKAGE'
                   WHERE k.id IS NULL AND (e.order_id IS NOT NULL OR s.transferred_from_pass_id IS NULL
                      OR NOT EXISTS (SELECT FROM operations w WHERE w.id = e.operation_id AND (w.verb = 'transferPass'
                      OR EXISTS (SELECT FROM undoings g WHERE g.undone_by = w.id AND g.again))))
        ) n ON n.order_id = o.id
        WHERE o.id IS NULL OR n.pass_id IS DISTINCT FROM o.pass_id OR n.number <> o.period_number""",
    ),
    Invariant(
        "package_parts_sum",
        "A paid order of a package costs what the periods, goods and credit it bought come to, all of that package.",
        """
        SELECT ARRAY[o.id] AS ids, o.state, o.price_minor, coalesce(n.parts, 0) AS parts_minor,
               coalesce(i.items, 0) AS items_minor, coalesce(n.strangers, 0) AS strangers
        FROM orders o
        LEFT JOIN package_sales s ON s.order_id = o.id OR s.id = (o.details ->> 'renewed_sale_id')::uuid
        LEFT JOIN (SELECT e.order_id, sum(e.price_minor) AS parts,
                          count(*) FILTER (WHERE p.package_sale_id IS NULL OR g.id IS NULL) AS strangers
                   FROM periods e JOIN passes p ON p.id = e.pass_id JOIN orders k ON k.id = e.order_id
                   LEFT JOIN package_sales g ON g.id = p.package_sale_id
                     AND (g.order_id = k.id OR g.id = (k.details ->> 'renewed_sale_id')::uuid)
                   WHERE k.purpose = 'PACKAGE' GROUP BY 1) n ON n.order_id = o.id
        LEFT JOIN (SELECT package_sale_id, sum(share_minor) AS items FROM package_items GROUP BY 1) i
          ON i.package_sale_id = s.id AND s.order_id = o.id
        WHERE o.purpose = 'PACKAGE'
          AND (coalesce(n.strangers, 0) > 0 OR (s.id IS NULL AND o.state = 'PAID')
               OR coalesce(n.parts, 0) + coalesce(i.items, 0)
                  <> CASE WHEN o.state = 'PAID' THEN o.price_minor ELSE 0 END)""",
    ),
    Invariant(
        "package_item_refunded",
        "What goods and credit of a package gave back is what was refunded for them.",
        """
        SELECT ARRAY[i.id] AS ids, i.refunded_minor, coalesce(r.amount, 0) AS paid_back_minor
        FROM package_items i
        LEFT JOIN (SELECT package_item_id, sum(amount_minor) AS amount FROM refunds WHERE state <> 'TAKEN_BACK'
                   GROUP BY 1) r
          ON r.package_item_id = i.id
        WHERE i.refunded_minor <> coalesce(r.amount, 0)""",
    ),
    Invariant(
        "spent_credit_pays_its_order",
        "Credit that an order took is what the client's account lost for it; an order that failed gave it back.",
        """
        SELECT ARRAY[o.id] AS ids, o.state, o.credit_minor, (o.details ->> 'spent_credit_minor')::bigint AS spent,
               coalesce(c.taken, 0) AS taken, coalesce(c.moved, 0) AS moved
        FROM orders o LEFT JOIN (
            SELECT order_id, -sum(amount_minor) FILTER (WHERE amount_minor < 0) AS taken, sum(amount_minor) AS moved
            FROM client_credits GROUP BY 1) c ON c.order_id = o.id
        WHERE o.details ? 'spent_credit_minor' AND o.purpose IN ('SALE', 'RENEWAL', 'PACKAGE')
          AND ((o.details ->> 'spent_credit_minor')::bigint <> o.credit_minor
               OR coalesce(c.taken, 0) < o.credit_minor OR (o.state = 'FAILED' AND coalesce(c.moved, 0) <> 0))""",
    ),
    Invariant(
        "paid_order_is_captured",
        "The captured payments of a paid order are its amount, in at most one capture; another order has none.",
        """
        SELECT ARRAY[o.id] AS ids, o.state, o.amount_minor, coalesce(p.captured, 0) AS captured_minor,
               coalesce(p.captures, 0) AS captures
        FROM orders o LEFT JOIN (
            SELECT order_id, sum(amount_minor) AS captured, count(*) AS captures
            FROM payments WHERE state = 'CAPTURED' GROUP BY 1
        ) p ON p.order_id = o.id
        WHERE coalesce(p.captured, 0) <> CASE WHEN o.state = 'PAID' THEN o.amount_minor ELSE 0 END
           OR coalesce(p.captures, 0) > 1""",
    ),
    Invariant(
        "gateway_agrees",
        "The gateway's book and ours agree on every settled payment, and it holds no charge we do not know.",
        """
        SELECT ARRAY[p.id] AS ids, coalesce(p.gateway_key, g.gateway_key) AS key, p.state, p.amount_minor,
               g.captured, g.amount_minor AS charged_minor
        FROM payments p FULL JOIN gateway_charges g ON g.gateway_key = p.gateway_key
        WHERE p.id IS NULL
           OR (p.state IN ('CAPTURED', 'DECLINED') AND (g.gateway_key IS NULL OR g.amount_minor <> p.amount_minor
                                                        OR g.captured <> (p.state = 'CAPTURED')))""",
    ),
    Invariant(
        "pending_order_is_open",
        "An order is pending exactly while a payment of it is open.",
        """
        SELECT ARRAY[o.id] AS ids, o.state, count(p.id) AS open_payments
        FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state IN ('INTENDED', 'UNKNOWN')
        GROUP BY o.id, o.state HAVING count(p.id) <> (o.state = 'PENDING')::int""",
    ),
    Invariant(
        "pending_operation_waits",
        "An operation is pending exactly while an order of it is.",
        """
        SELECT ARRAY[o.id] AS ids, o.verb, o.state, count(w.id) AS pending_orders
        FROM operations o LEFT JOIN orders w ON w.operation_id = o.id AND w.state = 'PENDING'
        GROUP BY o.id, o.verb, o.state HAVING count(w.id) <> (o.state = 'PENDING')::int""",
    ),
    Invariant(
        "credit_not_negative",
        "No client has spent more credit than they were given.",
        """
        SELECT ARRAY[client_id] AS ids, sum(amount_minor) AS credit_minor
        FROM client_credits GROUP BY client_id HAVING sum(amount_minor) < 0""",
    ),
    Invariant(
        "refund_within_payment",
        "What is paid back of a payment, and of an order, is never more than was paid.",
        """
        SELECT ARRAY[o.id] AS ids, o.price_minor, sum(r.amount_minor) AS refunded_minor
        FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.state <> 'TAKEN_BACK'
        GROUP BY o.id, o.price_minor, o.state
        HAVING sum(r.amount_minor) > o.price_minor OR o.state <> 'PAID'
        UNION ALL
        SELECT ARRAY[y.id], y.amount_minor, sum(r.amount_minor)
        FROM refunds r JOIN payments y ON y.id = r.payment_id WHERE r.state <> 'TAKEN_BACK'
        GROUP BY y.id, y.amount_minor, y.state
        HAVING sum(r.amount_minor) > y.amount_minor OR y.state <> 'CAPTURED'""",
    ),
    Invariant(
        "gateway_agrees_on_refunds",
        "The gateway's book of refunds and ours agree on every settled one, and it holds none we do not know.",
        """
        SELECT ARRAY[r.id] AS ids, coalesce(r.gateway_key, g.gateway_key) AS key, r.state, r.amount_minor,
               g.refunded, g.amount_minor AS paid_back_minor
        FROM (SELECT * FROM refunds WHERE gateway_key IS NOT NULL) r
        FULL JOIN gateway_refunds g ON g.gateway_key = r.gateway_key
        WHERE r.id IS NULL OR (r.state IN ('DONE', 'FAILED', 'CREDITED')
              AND (g.gateway_key IS NULL OR g.amount_minor <> r.amount_minor OR g.refunded <> (r.state = 'DONE')))""",
    ),
    Invariant(
        "value_comes_from_somewhere",
        "A granted lot is worth what its period cost; units passed on take their value along, and nobody makes any.",
        """
        SELECT ARRAY[l.id] AS ids, l.value_minor, n.price_minor
        FROM lots l JOIN periods n ON n.pass_id = l.pass_id AND n.number = l.period_number
        WHERE l.kind = 'GRANT' AND l.value_minor <> n.price_minor
        UNION ALL
        SELECT ARRAY[id], value_minor, 0 FROM lots WHERE kind IN ('PROMOTION', 'ADJUSTMENT') AND value_minor <> 0""",
    ),
)
