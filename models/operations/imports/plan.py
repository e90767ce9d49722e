"""What becomes of a staged line: what is wrong with it, or the rows it makes. Checking and writing share one plan."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from models.imports.fields import ImportKind
from models.imports.trouble import Trouble, trouble
from models.operations.base import Tx
from models.queries.catalogue import OptionVersion, option_version
from models.rules.codes import Code, Reason
from models.rules.terms import Terms
from models.tables.imports import external_refs

REF_MAX = 300
_OPTIONS = """
SELECT v.*, o.current_version, o.archived_at FROM purchase_options o
JOIN purchase_option_versions v
  ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
"""
_CLIENTS = """
SELECT c.id, lower(c.email) AS email, coalesce(l.zone, b.zone) AS zone FROM clients c
JOIN businesses b ON b.id = c.business_id
LEFT JOIN locations l ON l.business_id = c.business_id AND l.id = c.home_location_id
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One staged line. `ref` is the id it had where it comes from, or a fingerprint of its fields."""

    number: int
    ref: str
    record: dict[str, Any]
    unreadable: list[Trouble]


@dataclass(slots=True)
class Plan:
    """What becomes of one line. `rows` are written where nothing is wrong with it."""

    line: Line
    problems: list[Trouble] = field(default_factory=list)
    warnings: list[Trouble] = field(default_factory=list)
    rows: list[tuple[Table, dict[str, Any]]] = field(default_factory=list)

    def wrong(self, code: Code, cell: str | None = None, **values: Any) -> None:
        """Note what is wrong."""
        self.problems.append(trouble(code, cell, **values))

    def contradicts(self, cell: str, reason: Reason) -> None:
        """Note what a rule refuses, in that rule's own sentence."""
        told = {"sentence": reason.code.sentence} | dict(reason.values)
        self.problems.append(trouble(Code.LINE_CONTRADICTS, cell, **told))

    def warn(self, sentence: str, cell: str | None = None, **values: Any) -> None:
        """Note what may be wrong."""
        self.warnings.append(trouble(Code.LINE_WARNING, cell, sentence=sentence, **values))

    def day(self, cell: str) -> date | None:
        """Return a date of the line."""
        text = self.line.record.get(cell)
        return None if text is None else date.fromisoformat(text)


@dataclass
class Work:
    """One import under way, and what it has looked up so far. `planned` holds, by line, what duplicates are of."""

    tx: Tx
    import_id: UUID
    kind: ImportKind
    duplicates: dict[int, int] = field(default_factory=dict)
    options: dict[str, list[OptionVersion]] | None = None
    names: dict[str, dict[str, UUID]] = field(default_factory=dict)
    zones: dict[UUID, str] = field(default_factory=dict)
    terms: dict[tuple[UUID, int], Terms] = field(default_factory=dict)
    balances: dict[UUID, Any] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    touched: set[UUID] = field(default_factory=set)
    deltas: dict[tuple[UUID, str], int] = field(default_factory=lambda: defaultdict(int))

    def begin(self, lines: Sequence[Line], thing: str) -> list[Plan]:
        """Make a plan for each line, with what is wrong with it before anything is looked up."""
        plans = []
        for line in lines:
            plan = Plan(line, list(line.unreadable))
            if line.number in self.duplicates:
                plan.wrong(Code.LINE_DUPLICATE, "ref", line=self.duplicates[line.number], thing=thing)
            plans.append(plan)
        return plans

    def named(self, plan: Plan, row_id: UUID) -> None:
        """Keep the id the line had elsewhere for what it made here."""
        row = {"kind": self.kind, "ref": plan.line.ref, "row_id": row_id, "import_id": self.import_id}
        plan.rows.append((external_refs, row))

    async def known(self, kind: ImportKind, refs: Sequence[str]) -> dict[str, UUID]:
        """Return what was imported under these ids."""
        rows = await self.tx.raw.fetch(
            "SELECT ref, row_id FROM external_refs WHERE kind = $1 AND ref = ANY($2)", kind.value, list(set(refs))
        )
        return {row["ref"]: row["row_id"] for row in rows}

    async def refuse_known(self, plans: Sequence[Plan], thing: str) -> None:
        """Note which lines were imported before."""
        found = await self.known(self.kind, [plan.line.ref for plan in plans])
        for plan in plans:
            if plan.line.ref in found:
                plan.wrong(Code.LINE_KNOWN, "ref", thing=thing)

    async def by_name(self, table: str) -> dict[str, UUID]:
        """Return the ids of the locations or services by their names, whatever their case."""
        if table not in self.names:
            rows = await self.tx.raw.fetch(f"SELECT id, name FROM {table} WHERE archived_at IS NULL")
            self.names[table] = {row["name"].casefold(): row["id"] for row in rows}
        return self.names[table]

    async def option(self, plan: Plan, ref: str) -> OptionVersion | None:
        """Return the option that was imported under this id, else the one on sale with this name."""
        if self.options is None:
            rows = [option_version(row) for row in await self.tx.raw.fetch(_OPTIONS)]
            by_id = {option.option_id: option for option in rows}
            self.options = defaultdict(list)
            for option in rows:
                if option.archived_at is None:
                    self.options[option.name.casefold()].append(option)
            refs = await self.tx.raw.fetch("SELECT ref, row_id FROM external_refs WHERE kind = 'OPTIONS'")
            self.options |= {row["ref"].casefold(): [by_id[row["row_id"]]] for row in refs}
        found = self.options.get(ref.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            plan.wrong(Code.LINE_NOT_UNIQUE, "option", things="purchase options", ref=ref)
        else:
            plan.wrong(Code.LINE_UNKNOWN, "option", thing="purchase option", ref=ref)
        return None

    async def clients(self, plans: Sequence[Plan]) -> dict[int, tuple[UUID, str]]:
        """Return each line's client and the zone of their home, by the line's number; note where there is none."""
        records = [plan.line.record for plan in plans]
        known = await self.known(ImportKind.CLIENTS, [r["client"] for r in records if "client" in r])
        emails = {r["client_email"].lower() for r in records if "client" not in r and "client_email" in r}
        # Two statements, for with OR between them the store would look at every client.
        rows = await self.tx.raw.fetch(f"{_CLIENTS} WHERE c.id = ANY($1)", list(known.values()))
        if emails:
            rows += await self.tx.raw.fetch(
                f"{_CLIENTS} WHERE lower(c.email) = ANY($1) AND c.archived_at IS NULL", list(emails)
            )
        zones = {row["id"]: row["zone"] for row in rows}
        by_email = defaultdict(list)
        for client_id, email in {row["id"]: row["email"] for row in rows}.items():
            by_email[email].append(client_id)
        found = {}
        for plan, record in zip(plans, records, strict=True):
            cell = "client" if "client" in record else "client_email"
            ref = record.get(cell)
            if ref is None:
                plan.wrong(Code.LINE_MISSING, "client")
                continue
            ids = [known[ref]] if ref in known else [] if cell == "client" else by_email.get(ref.lower(), [])
            if len(ids) == 1:
                found[plan.line.number] = (ids[0], zones[ids[0]])
            elif ids:
                plan.wrong(Code.LINE_NOT_UNIQUE, cell, things="clients", ref=ref)
            else:
                plan.wrong(Code.LINE_UNKNOWN, cell, thing="client", ref=ref)
        return found
