"""What decides whether a client may buy: what they and their household bought, and when they were last active."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from models.queries.catalogue import OptionVersion, option_version
from models.rules.calendar import local_day
from models.rules.codes import Reason
from models.rules.offers import BuyerFacts, Sale, offer_refusals

_CLIENT = """
SELECT c.types, c.household_id, greatest(
    (SELECT max(v.starts_at) FROM visits v
     WHERE v.client_id = c.id AND v.state NOT IN ('CANCELLED', 'LATE_CANCELLED')),
    (SELECT max(p.sold_at) FROM passes p WHERE p.client_id = c.id),
    (SELECT max(e.granted_at) FROM passes p
     JOIN periods e ON e.business_id = p.business_id AND e.pass_id = p.id AND e.number > 0 WHERE p.client_id = c.id)
) AS last_active_at
FROM clients c WHERE c.id = $1
"""
_BOUGHT = """
WITH buyers AS (
    SELECT id FROM clients WHERE id = $1 UNION SELECT id FROM clients WHERE household_id = $2
), bought AS (
    SELECT p.client_id, p.option_id FROM passes p JOIN buyers b ON b.id = p.client_id
    WHERE p.predecessor_pass_id IS NULL AND p.transferred_from_pass_id IS NULL
      AND (p.closed_reason IS DISTINCT FROM 'REFUNDED' OR EXISTS (
        SELECT FROM visits v WHERE v.pass_id = p.id AND v.state IN ('ATTENDED', 'NO_SHOW', 'LATE_CANCELLED')))
    UNION ALL
    SELECT o.client_id, (o.details ->> 'option_id')::uuid FROM orders o JOIN buyers b ON b.id = o.client_id
    WHERE o.state = 'PENDING' AND o.purpose = 'SALE'
    UNION ALL
    SELECT s.client_id, s.package_id FROM package_sales s JOIN buyers b ON b.id = s.client_id
    WHERE s.refunded_at IS NULL OR EXISTS (
        SELECT FROM passes p JOIN visits v ON v.pass_id = p.id
        WHERE p.package_sale_id = s.id AND v.state IN ('ATTENDED', 'NO_SHOW', 'LATE_CANCELLED'))
    UNION ALL
    SELECT o.client_id, unnest((o.details ->> 'package_id')::uuid || ARRAY(
        SELECT (each ->> 'option_id')::uuid FROM jsonb_array_elements(o.details -> 'parts') AS each))
    FROM orders o JOIN buyers b ON b.id = o.client_id
    WHERE o.state = 'PENDING' AND o.purpose = 'PACKAGE' AND o.details ? 'package_id'
)
SELECT option_id, client_id = $1 AS own, count(*) AS bought FROM bought GROUP BY 1, 2
"""
_ON_SALE = """
SELECT v.*, o.current_version, o.archived_at, o.direct_link_code FROM purchase_options o
JOIN purchase_option_versions v
  ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
WHERE o.archived_at IS NULL ORDER BY o.id LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A client who may buy, with what they and the other members of their household bought, by option."""

    types: frozenset[str]
    last_active_at: datetime | None
    own: Mapping[UUID, int]
    household: Mapping[UUID, int]

    def facts(self, option_id: UUID, today: date, zone: str) -> BuyerFacts:
        """Return what the rules want to know where it is about one option."""
        return BuyerFacts(
            today=today,
            bought_anything=bool(self.own),
            last_active_on=self.last_active_at and local_day(self.last_active_at, zone),
            types=self.types,
            own=self.own.get(option_id, 0),
            household=self.household.get(option_id, 0),
        )


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """Whether a client may buy an option now, or why not."""

    option: OptionVersion
    reasons: tuple[Reason, ...]

    @property
    def buyable(self) -> bool:
        """True where nothing stands in the way."""
        return not self.reasons


async def buyer(reader: asyncpg.Connection, client_id: UUID) -> Buyer:
    """Return what is known of a client who is known to exist. Two statements."""
    client = await reader.fetchrow(_CLIENT, client_id)
    assert client is not None, "the caller has seen the client"
    own: dict[UUID, int] = {}
    household: dict[UUID, int] = {}
    for row in await reader.fetch(_BOUGHT, client_id, client["household_id"]):
        (own if row["own"] else household)[row["option_id"]] = row["bought"]
    return Buyer(frozenset(client["types"]), client["last_active_at"], own, household)


async def link_code(reader: asyncpg.Connection, option_id: UUID) -> str:
    """Return what the direct link of an option that exists carries."""
    return str(await reader.fetchval("SELECT direct_link_code FROM purchase_options WHERE id = $1", option_id))


async def offers(
    reader: asyncpg.Connection, client_id: UUID, sale: Sale, now: datetime, zone: str, limit: int
) -> list[OfferAnswer]:
    """Return the answer of every option on sale, at most `limit` of them, the oldest first. Three statements."""
    who, today = await buyer(reader, client_id), local_day(now, zone)
    answers = []
    for row in await reader.fetch(_ON_SALE, limit):
        option = option_version(row)
        facts = who.facts(option.option_id, today, zone)
        refused = offer_refusals(option.terms.offer, facts, sale, row["direct_link_code"])
        answers.append(OfferAnswer(option, tuple(refused)))
    return answers
