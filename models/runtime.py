"""What one process works with: the store, the clock, the gateway and the doorbell."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from models.clock import Clock, SystemClock
from models.database import Database
from models.gateways.payment import PaymentGateway
from models.gateways.recorded import RecordedGateway
from models.settings import Settings


async def nobody_listens(business_id: UUID) -> None:
    """A doorbell without a house: the sweep finds what is due all the same."""


@dataclass
class Runtime:
    """Everything that reaches outside. `ring` is called after a commit that left something due at once."""

    settings: Settings
    database: Database
    clock: Clock
    gateway: PaymentGateway
    ring: Callable[[UUID], Awaitable[None]] = field(default=nobody_listens)

    async def close(self) -> None:
        """Close what was opened."""
        await self.database.close()


def open_runtime(settings: Settings, *, clock: Clock | None = None, pool_size: int | None = None) -> Runtime:
    """Make the runtime the settings describe. Nothing connects before it is used."""
    database = Database(settings, pool_size=pool_size)
    told = clock or SystemClock()
    return Runtime(settings, database, told, RecordedGateway(database, told))
