"""Reports of visits: those nobody pays for, and how each option is used."""

from models.queries.reports.base import (
    CLIENT,
    OPTION,
    VISIT,
    Report,
    day,
    instant,
    listed,
    number,
    text,
)

UNPAID_VISITS = Report(
    "UNPAID_VISITS",
    "Visits booked or attended in the range that no pass pays for.",
    (
        VISIT,
        CLIENT,
        text("clientName"),
        text("clientEmail"),
        text("serviceName"),
        text("locationName"),
        day("day"),
        instant("startsAt"),
        text("state"),
    ),
    listed("""
        SELECT x.id, x.client_id, c.name, c.email, s.name AS service_name, l.name AS location_name, x.day, x.starts_at,
               x.state
        FROM visits x
        JOIN clients c ON c.business_id = x.business_id AND c.id = x.client_id
        JOIN services s ON s.business_id = x.business_id AND s.id = x.service_id
        JOIN locations l ON l.business_id = x.business_id AND l.id = x.location_id
        CROSS JOIN asked
        WHERE x.pass_id IS NULL AND x.state IN ('BOOKED', 'ATTENDED')
          AND x.starts_at >= asked.starts_at AND x.starts_at < asked.ends_at
        ORDER BY x.starts_at, c.name, x.id"""),
)
ATTENDANCE_BY_OPTION = Report(
    "ATTENDANCE_BY_OPTION",
    "Visits that start in the range, by the option of the pass that pays; those nobody pays for come last.",
    (
        OPTION,
        text("optionName"),
        number("clients"),
        number("attended"),
        number("booked"),
        number("noShow"),
        number("lateCancelled"),
        number("minutes"),
    ),
    listed("""
        SELECT p.option_id, o.name, count(DISTINCT x.client_id), count(*) FILTER (WHERE x.state = 'ATTENDED'),
               count(*) FILTER (WHERE x.state = 'BOOKED'), count(*) FILTER (WHERE x.state = 'NO_SHOW'),
               count(*) FILTER (WHERE x.state = 'LATE_CANCELLED'),
               coalesce(sum(extract(epoch FROM x.ends_at - x.starts_at) / 60)
                        FILTER (WHERE x.state = 'ATTENDED'), 0)::bigint
        FROM asked
        JOIN visits x ON x.starts_at >= asked.starts_at AND x.starts_at < asked.ends_at AND x.state <> 'CANCELLED'
        LEFT JOIN passes p ON p.business_id = x.business_id AND p.id = x.pass_id
        LEFT JOIN purchase_options q ON q.business_id = p.business_id AND q.id = p.option_id
        LEFT JOIN purchase_option_versions o
          ON o.business_id = q.business_id AND o.option_id = q.id AND o.version = q.current_version
        GROUP BY p.option_id, o.name ORDER BY o.name NULLS LAST, p.option_id"""),
)
