"""Reports of passes: what is left on them, what ends, what is held, renewed and converted."""

from models.queries.reports.base import CLIENT, PASS, Report, day, instant, listed, money, number, text

_WHO = (PASS, CLIENT, text("clientName"), text("clientEmail"), text("optionName"))
_IDS = "p.id, p.client_id, c.name, c.email, v.name AS option_name"
_FROM = """
FROM passes p
JOIN clients c ON c.business_id = p.business_id AND c.id = p.client_id
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
CROSS JOIN asked
"""
_SUMS = """
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.available) FILTER (WHERE l.expires_at IS NULL OR l.expires_at > asked.now), 0)::bigint
             AS available,
           coalesce(sum(l.booked), 0)::bigint AS booked,
           coalesce(sum(l.used), 0)::bigint AS used,
           coalesce(sum(l.expired + CASE WHEN l.expires_at <= asked.now THEN l.available ELSE 0 END), 0)::bigint
             AS expired
    FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
) s
"""
_OPEN = "p.closed_reason IS NULL AND (p.ends_at IS NULL OR p.ends_at > asked.now)"

VISITS_REMAINING = Report(
    "VISITS_REMAINING",
    "Every pass in use that counts something: what is left, booked and used, and its last day.",
    (*_WHO, number("available"), number("booked"), number("used"), day("lastDay")),
    listed(f"""SELECT {_IDS}, s.available, s.booked, s.used, p.last_day {_FROM} {_SUMS}
               WHERE p.kind IN ('SESSION', 'DAY', 'TIME') AND {_OPEN}
               ORDER BY c.name, c.id, p.sold_at, p.id"""),
)
EXPIRING_SOON = Report(
    "EXPIRING_SOON",
    "Passes whose last day lies in the range and that nothing follows by itself, with what would lapse.",
    (*_WHO, day("lastDay"), number("available"), number("booked")),
    listed(f"""SELECT {_IDS}, p.last_day, s.available, s.booked {_FROM} {_SUMS}
               WHERE p.last_day BETWEEN asked.first_day AND asked.last_day AND {_OPEN}
                 AND NOT (p.auto_renew AND p.after_expiration = 'RENEW') AND p.after_expiration <> 'CONVERT'
               ORDER BY p.last_day, c.name, p.id"""),
)
EXPIRED = Report(
    "EXPIRED",
    "Passes that ended in the range, with what lapsed.",
    (*_WHO, day("lastDay"), text("closedReason"), number("expired")),
    listed(f"""SELECT {_IDS}, p.last_day, coalesce(p.closed_reason, 'EXPIRED'), s.expired {_FROM} {_SUMS}
               WHERE p.last_day BETWEEN asked.first_day AND asked.last_day AND p.ends_at <= asked.now
                 AND (p.closed_reason IS NULL OR p.closed_reason IN ('EXPIRED', 'RELEASED'))
               ORDER BY p.last_day, c.name, p.id"""),
)
HOLDS = Report(
    "HOLDS",
    "Holds that lie on any day of the range, those of closures among them; not those taken back.",
    (*_WHO, text("kind"), day("firstDay"), day("lastDay"), text("reason")),
    listed(f"""SELECT {_IDS}, h.kind, h.first_day, h.last_day, h.reason {_FROM}
               JOIN holds h ON h.business_id = p.business_id AND h.pass_id = p.id AND h.removed_at IS NULL
               WHERE h.first_day <= asked.last_day AND (h.last_day IS NULL OR h.last_day >= asked.first_day)
               ORDER BY h.first_day, c.name, h.id"""),
)
RENEWALS_DUE = Report(
    "RENEWALS_DUE",
    "Passes that renew by themselves at an end in the range, with what the renewal charges.",
    (*_WHO, day("lastDay"), instant("dueAt"), text("paymentMethod"), money("price")),
    listed(f"""SELECT {_IDS}, p.last_day, p.ends_at, p.payment_method, v.price_minor {_FROM}
               WHERE p.ends_at >= asked.starts_at AND p.ends_at < asked.ends_at AND p.closed_reason IS NULL
                 AND p.auto_renew AND p.after_expiration = 'RENEW' AND p.overdue_since IS NULL
                 AND p.ends_at > asked.now
               ORDER BY p.ends_at, c.name, p.id"""),
)
RENEWALS_FAILED = Report(
    "RENEWALS_FAILED",
    "Passes whose charge failed in the range and is still owed, or was given up.",
    (*_WHO, instant("failedAt"), number("attempts"), text("hard"), text("state"), money("price")),
    listed(f"""SELECT {_IDS}, coalesce(p.overdue_since, p.closed_at), p.charge_attempts,
                      CASE WHEN p.hard_declined THEN 'HARD' ELSE 'SOFT' END,
                      CASE WHEN p.closed_reason = 'RELEASED' THEN 'RELEASED' ELSE 'OWED' END, v.price_minor {_FROM}
               WHERE (p.overdue_since >= asked.starts_at AND p.overdue_since < asked.ends_at)
                  OR (p.closed_reason = 'RELEASED' AND p.closed_at >= asked.starts_at AND p.closed_at < asked.ends_at)
               ORDER BY 6, c.name, p.id"""),
)
CONVERSIONS = Report(
    "CONVERSIONS",
    "Passes that became another in the range: from which option to which, and what that charged.",
    (*_WHO, instant("at"), text("toOptionName"), money("price")),
    listed(f"""SELECT {_IDS}, p.closed_at, w.name, n.price_minor {_FROM}
               JOIN successions s ON s.business_id = p.business_id AND s.pass_id = p.id AND s.kind = 'CONVERSION'
                AND s.period_number > 0
               JOIN passes q ON q.business_id = s.business_id AND q.id = s.to_pass_id
               JOIN purchase_option_versions w
                 ON w.business_id = q.business_id AND w.option_id = q.option_id AND w.version = q.option_version
               JOIN periods n ON n.business_id = q.business_id AND n.pass_id = q.id AND n.number = 1
               WHERE p.closed_at >= asked.starts_at AND p.closed_at < asked.ends_at
               ORDER BY p.closed_at, p.id"""),
)
INTRODUCTORY_OFFERS = Report(
    "INTRODUCTORY_OFFERS",
    "Introductory passes sold in the range, and the first other pass the client has bought or got since.",
    (*_WHO, instant("soldAt"), number("converted"), instant("convertedAt"), text("toOptionName"), money("price")),
    listed(f"""SELECT {_IDS}, p.sold_at, (n.id IS NOT NULL)::int, n.sold_at, n.name, coalesce(n.price_minor, 0) {_FROM}
               LEFT JOIN LATERAL (
                   SELECT q.id, q.sold_at, w.name, w.price_minor FROM passes q
                   JOIN purchase_option_versions w
                     ON w.business_id = q.business_id AND w.option_id = q.option_id AND w.version = q.option_version
                   WHERE q.business_id = p.business_id AND q.client_id = p.client_id AND q.id <> p.id
                     AND q.sold_at >= p.sold_at AND NOT coalesce((w.terms #>> '{{offer,introductory}}')::boolean, false)
                   ORDER BY q.sold_at, q.id LIMIT 1
               ) n ON true
               WHERE p.sold_at >= asked.starts_at AND p.sold_at < asked.ends_at
                 AND coalesce((v.terms #>> '{{offer,introductory}}')::boolean, false)
               ORDER BY p.sold_at, p.id"""),
)
