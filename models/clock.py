"""The only place that reads the time. Everything else is handed an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of aware UTC instants."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC, to the microsecond."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands where it is put; for tests and for replaying a past instant."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant it was put to."""
        return self.instant
