"""Every hour the books are checked against all that must hold of them. It changes nothing; it tells, loudly."""

import structlog

from workers.work import Work

AUDIT_SECONDS = 3600.0
_log = structlog.get_logger(__name__)


async def audit(work: Work) -> None:
    """Check every business, and log each broken promise as an error."""
    from models.queries.invariants import check_all

    violations = await check_all(work.runtime.database)
    for violation in violations:
        _log.error(
            "audit.violation",
            invariant=violation.invariant,
            sentence=violation.sentence,
            business=str(violation.business_id),
            rows=[str(row_id) for row_id in violation.row_ids],
            figures={name: str(value) for name, value in violation.figures.items()},
        )
    _log.info("audit.done", violations=len(violations))


async def audit_later(work: Work) -> None:
    """Wait an hour, then audit; so a worker that is restarted often is no burden."""
    await work.pause(AUDIT_SECONDS)
    if not work.stopping.is_set():
        await audit(work)
