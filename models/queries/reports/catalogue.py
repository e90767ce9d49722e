"""The list of all reports, and how one is asked for."""

from datetime import date, datetime
from enum import StrEnum

from models.queries.reports import money, passes, visits
from models.queries.reports.base import Range, Report
from models.rules.calendar import end_of_day, start_of_day

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        passes.VISITS_REMAINING,
        passes.EXPIRING_SOON,
        passes.EXPIRED,
        visits.UNPAID_VISITS,
        passes.HOLDS,
        passes.RENEWALS_DUE,
        passes.RENEWALS_FAILED,
        passes.CONVERSIONS,
        passes.INTRODUCTORY_OFFERS,
        visits.ATTENDANCE_BY_OPTION,
        money.REVENUE_BY_OPTION,
        money.DEFERRED_REVENUE,
    )
}
ReportName = StrEnum("ReportName", {name: name for name in REPORTS})  # type: ignore[misc]
ReportName.__doc__ = "Which report."


def asked_range(first_day: date, last_day: date, zone: str, now: datetime) -> Range:
    """Return what is asked by two days of the business's zone, both inclusive."""
    return Range(first_day, last_day, start_of_day(first_day, zone), end_of_day(last_day, zone), now)
