"""What one request reads in batches: every loader asks once for all the keys that one level of the answer wants."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from models.queries import (
    balances,
    closures,
    consents,
    disputes,
    fees,
    lapses,
    operations,
    options,
    orders,
    packages,
    pass_parts,
    passes,
    people,
    places,
    projections,
    refunds,
    sandboxes,
    shares,
    transfers,
    visit_history,
    visits,
)
from models.queries.balances import Balance
from models.queries.closures import ClosureRow
from models.queries.consents import ConsentRow
from models.queries.disputes import DisputeRow
from models.queries.facts import load_passes
from models.queries.fees import FeeRow
from models.queries.lapses import LapseRow
from models.queries.operations import OperationRow
from models.queries.options import OptionRow
from models.queries.orders import OrderRow
from models.queries.packages import PackageRow, PackageSaleItemRow, PackageSaleRow
from models.queries.paging import Filter, Listing, Part, Slice, counts, pages
from models.queries.pass_parts import HoldRow, LotRow, PeriodRow
from models.queries.passes import PassRow
from models.queries.people import ClientRow, HouseholdRow
from models.queries.places import LocationRow, ServiceRow
from models.queries.projections import ProjectionRow
from models.queries.refunds import RefundRow
from models.queries.sandboxes import SandboxRow
from models.queries.shares import ShareRow
from models.queries.transfers import TransferRow
from models.queries.visit_history import OutcomeRow
from models.queries.visits import ClaimRow, VisitRow
from models.rules.facts import PassFacts
from models.rules.terms import Terms

if TYPE_CHECKING:
    from schema.context import Context

K = TypeVar("K", bound=Hashable)


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=_Identified)


@dataclass(frozen=True, slots=True)
class PageKey:
    """One part of the list that belongs to one parent. Two keys that differ by the parent alone are read together."""

    parent: UUID
    kept: Filter
    part: Slice


class Loaders:
    """The loaders of one request, each made at its first use. A client's loaders find only what is theirs."""

    def __init__(self, context: "Context") -> None:
        self._context = context
        self._pages: dict[tuple[str, str], DataLoader[PageKey, Part[Any]]] = {}
        self._counts: dict[tuple[str, str], DataLoader[PageKey, int]] = {}

    @cached_property
    def passes(self) -> DataLoader[UUID, PassRow | None]:
        """Passes by id."""
        return self._rows(partial(self._ask, passes.by_ids, now=self._context.now), lambda row: row.client.id)

    @cached_property
    def clients(self) -> DataLoader[UUID, ClientRow | None]:
        """Clients by id."""
        return self._rows(partial(self._ask, people.by_ids), lambda row: row.id)

    @cached_property
    def households(self) -> DataLoader[UUID, HouseholdRow | None]:
        """Households by id; whoever shows one has seen a member or is staff."""
        return self._rows(partial(self._ask, people.households_by_ids))

    @cached_property
    def members(self) -> DataLoader[UUID, list[ClientRow] | None]:
        """The members of a household, as staff see them; None for none."""
        return _each(partial(self._ask, people.members_of))

    @cached_property
    def visits(self) -> DataLoader[UUID, VisitRow | None]:
        """Visits by id."""
        return self._rows(partial(self._ask, visits.by_ids), lambda row: row.client_id)

    @cached_property
    def orders(self) -> DataLoader[UUID, OrderRow | None]:
        """Orders by id."""
        return self._rows(partial(self._ask, orders.by_ids), lambda row: row.client_id)

    @cached_property
    def packages(self) -> DataLoader[UUID, PackageRow | None]:
        """Packages by id."""
        return self._rows(partial(self._ask, packages.by_ids))

    @cached_property
    def package_sales(self) -> DataLoader[UUID, PackageSaleRow | None]:
        """Sold packages by id."""
        return self._rows(partial(self._ask, packages.sales_by_ids), lambda row: row.client_id)

    @cached_property
    def package_passes(self) -> DataLoader[UUID, list[UUID] | None]:
        """The passes of a sold package; whoever shows them has seen it."""
        return _each(partial(self._ask, packages.pass_ids_of))

    @cached_property
    def package_items(self) -> DataLoader[UUID, list[PackageSaleItemRow] | None]:
        """The goods and credit of a sold package; whoever shows them has seen it."""
        return _each(partial(self._ask, packages.items_of))

    @cached_property
    def package_items_by_id(self) -> DataLoader[UUID, PackageSaleItemRow | None]:
        """Goods and credit by id; whoever shows one has seen its sold package."""
        return self._rows(partial(self._ask, packages.items_by_ids))

    @cached_property
    def fees(self) -> DataLoader[UUID, FeeRow | None]:
        """Fees by id."""
        return self._rows(partial(self._ask, fees.by_ids), lambda row: row.client_id)

    @cached_property
    def fees_owed(self) -> DataLoader[UUID, list[FeeRow]]:
        """The fees a client owes; whoever shows them has seen the client."""
        return _each(partial(self._ask, fees.owed_by))

    @cached_property
    def outcomes(self) -> DataLoader[UUID, list[OutcomeRow]]:
        """The history of a visit; whoever shows it has seen the visit."""
        return _each(partial(self._ask, visit_history.history_of))

    @cached_property
    def lapses(self) -> DataLoader[UUID, list[LapseRow]]:
        """What lapsed from a pass."""
        return _each(partial(self._ask, lapses.lapses_of))

    @cached_property
    def orders_of(self) -> DataLoader[UUID, list[OrderRow]]:
        """The orders about a pass; whoever shows them has seen it."""
        return _each(partial(self._ask, orders.of_passes))

    @cached_property
    def sandboxes(self) -> DataLoader[UUID, SandboxRow | None]:
        """Sandboxes by id; never for a client."""
        return self._rows(partial(self._ask, sandboxes.by_ids), lambda _row: None)

    @cached_property
    def refunds(self) -> DataLoader[UUID, RefundRow | None]:
        """Refunds by id; whoever shows one has seen its pass."""
        return self._rows(partial(self._ask, refunds.by_ids))

    @cached_property
    def refunds_of(self) -> DataLoader[UUID, list[RefundRow]]:
        """The refunds of a pass."""
        return _each(partial(self._ask, refunds.of_passes))

    @cached_property
    def shares_by_id(self) -> DataLoader[UUID, ShareRow | None]:
        """Shares by id; whoever shows one has seen its pass or its member."""
        return self._rows(partial(self._ask, shares.by_ids))

    @cached_property
    def shares_of(self) -> DataLoader[UUID, list[ShareRow]]:
        """The shares of a pass; whoever shows them has seen it."""
        return _each(partial(self._ask, shares.of_passes))

    @cached_property
    def shared_with(self) -> DataLoader[UUID, list[ShareRow]]:
        """The standing shares of other clients' passes with a client; whoever shows them has seen the client."""
        return _each(partial(self._ask, shares.with_clients))

    @cached_property
    def lots_by_id(self) -> DataLoader[UUID, LotRow | None]:
        """Lots by id; whoever shows one has seen its pass."""
        return self._rows(partial(self._ask, pass_parts.lots_by_ids, now=self._context.now))

    @cached_property
    def holds_by_id(self) -> DataLoader[UUID, HoldRow | None]:
        """Holds by id; whoever shows one has seen its pass."""
        return self._rows(partial(self._ask, pass_parts.holds_by_ids))

    @cached_property
    def transfers_by_id(self) -> DataLoader[UUID, TransferRow | None]:
        """Transfers by id; whoever shows one has seen its pass."""
        return self._rows(partial(self._ask, transfers.by_ids))

    @cached_property
    def operations(self) -> DataLoader[UUID, OperationRow | None]:
        """Operations by id; never for a client."""
        return self._rows(partial(self._ask, operations.by_ids), lambda _row: None)

    @cached_property
    def services(self) -> DataLoader[UUID, ServiceRow | None]:
        """Services by id."""
        return self._rows(partial(self._ask, places.services_by_ids))

    @cached_property
    def locations(self) -> DataLoader[UUID, LocationRow | None]:
        """Locations by id."""
        return self._rows(partial(self._ask, places.locations_by_ids))

    @cached_property
    def closures(self) -> DataLoader[UUID, ClosureRow | None]:
        """Closures by id; everybody may know when a location is closed."""
        return self._rows(partial(self._ask, closures.by_ids))

    @cached_property
    def disputes(self) -> DataLoader[UUID, DisputeRow | None]:
        """Disputes by id; never for a client."""
        return self._rows(partial(self._ask, disputes.by_ids), lambda _row: None)

    @cached_property
    def options(self) -> DataLoader[UUID, OptionRow | None]:
        """Purchase options by id."""
        return self._rows(partial(self._ask, options.by_ids))

    @cached_property
    def terms(self) -> DataLoader[tuple[UUID, int], Terms]:
        """Terms by option and version."""
        return _each(partial(self._ask, options.terms_of, committed=True))

    @cached_property
    def lots(self) -> DataLoader[UUID, list[LotRow]]:
        """The lots of a pass."""
        return _each(partial(self._ask, pass_parts.lots_of, now=self._context.now))

    @cached_property
    def periods(self) -> DataLoader[UUID, list[PeriodRow]]:
        """The periods of a pass."""
        return _each(partial(self._ask, pass_parts.periods_of))

    @cached_property
    def holds(self) -> DataLoader[UUID, list[HoldRow]]:
        """The holds of a pass."""
        return _each(partial(self._ask, pass_parts.holds_of))

    @cached_property
    def facts(self) -> DataLoader[UUID, PassFacts]:
        """Passes as the rules see them."""
        return _each(partial(self._ask, load_passes))

    @cached_property
    def successors(self) -> DataLoader[UUID, UUID | None]:
        """The pass that a pass was converted to."""
        return _each(partial(self._ask, passes.successors))

    @cached_property
    def balances(self) -> DataLoader[tuple[UUID, datetime], Balance | None]:
        """The balance of a pass as of an instant."""
        return _each(partial(self._ask, balances.as_of))

    @cached_property
    def claims(self) -> DataLoader[UUID, ClaimRow | None]:
        """The standing claim of a visit."""
        return _each(partial(self._ask, visits.claims_of))

    @cached_property
    def consents_of(self) -> DataLoader[UUID, list[ConsentRow]]:
        """What was agreed to at the sale of a pass; whoever shows it has seen the pass."""
        return _each(partial(self._ask, consents.consents_of))

    @cached_property
    def projections(self) -> DataLoader[UUID, ProjectionRow | None]:
        """The standing projection of a visit; whoever shows it has seen the visit."""
        return _each(partial(self._ask, projections.projections_by_visit))

    @cached_property
    def credits(self) -> DataLoader[UUID, int | None]:
        """The credit of a client in minor units; None for none."""
        return _each(partial(self._ask, people.credits_of))

    def page(self, listing: Listing[Any], key: PageKey) -> Awaitable[Part[Any]]:
        """Return one part of the list that belongs to a parent."""
        lists = (listing.name, listing.parent)
        if lists not in self._pages:
            self._pages[lists] = DataLoader(partial(self._read_parts, pages, listing))
        return self._pages[lists].load(key)

    def count(self, listing: Listing[Any], key: PageKey) -> Awaitable[int]:
        """Return how many items the list that belongs to a parent has."""
        lists = (listing.name, listing.parent)
        if lists not in self._counts:
            self._counts[lists] = DataLoader(partial(self._read_parts, counts, listing))
        return self._counts[lists].load(key)

    async def _ask(self, query: Callable[..., Awaitable[Any]], keys: Any, **more: Any) -> Any:
        return await self._context.reader.ask(query, keys, **more)

    def _rows(
        self,
        read: Callable[[list[UUID]], Awaitable[list[Row]]],
        owner: Callable[[Row], UUID | None] | None = None,
    ) -> DataLoader[UUID, Row | None]:
        """Make a loader of rows by id; what belongs to another client than the caller is not found."""
        only = self._context.only_client

        async def load(ids: list[UUID]) -> list[Row | None]:
            rows = {row.id: row for row in await read(ids) if only is None or owner is None or owner(row) == only}
            return [rows.get(row_id) for row_id in ids]

        return DataLoader(load)

    async def _read_parts(
        self, query: Callable[..., Awaitable[Sequence[Any]]], listing: Listing[Any], keys: list[PageKey]
    ) -> list[Any]:
        """Read the keys that ask for the same part together, whatever their parents."""
        same: dict[tuple[Filter, Slice], list[UUID]] = {}
        for key in keys:
            same.setdefault((key.kept, key.part), []).append(key.parent)
        found: dict[PageKey, Any] = {}
        for (kept, part), parents in same.items():
            args = (listing, parents, kept) if query is counts else (listing, parents, kept, part)
            answers = await self._context.reader.ask(query, *args)
            found |= {PageKey(parent, kept, part): answer for parent, answer in zip(parents, answers, strict=True)}
        return [found[key] for key in keys]


def _each(read: Callable[[list[K]], Awaitable[Mapping[K, Any]]]) -> DataLoader[K, Any]:
    """Make a loader of whatever belongs to each key; None where nothing does."""

    async def load(keys: list[K]) -> Iterable[Any]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)  # type: ignore[arg-type]
