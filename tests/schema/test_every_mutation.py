"""What holds for each mutation: its shape, its words, and how it answers ids that are none of the caller's."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, get_named_type

from models.operations.closures import PlaceClosure, place_closure
from models.operations.holds import PlaceHold, place_hold
from models.operations.households import CreateHousehold, create_household
from models.operations.refund_pass import RefundPass, refund_pass
from models.runtime import Runtime
from schema.ids import encode
from schema.schema import schema
from tests.conftest import NOON
from tests.imported import staged_clients
from tests.packaged import starter_sold
from tests.schema.asking import Asker, global_id
from tests.studio import Studio, missed_visit, open_studio, shared_pass

VERBS = [
    "createLocation",
    "createService",
    "createClient",
    "createHousehold",
    "joinHousehold",
    "leaveHousehold",
    "setClientTypes",
    "createPurchaseOption",
    "revisePurchaseOption",
    "archivePurchaseOption",
    "createPackage",
    "revisePackage",
    "archivePackage",
    "sellPackage",
    "holdPackage",
    "refundPackage",
    "renewPackage",
    "sellPass",
    "bookVisits",
    "payVisits",
    "cancelVisit",
    "recordAttendance",
    "setPolicies",
    "claimLapsed",
    "waiveOutcome",
    "payFees",
    "waiveFee",
    "placeHold",
    "endHold",
    "removeHold",
    "placeClosure",
    "endClosure",
    "removeClosure",
    "reportDispute",
    "settleDispute",
    "setAutoRenew",
    "renewPass",
    "convertPass",
    "scheduleConversion",
    "cancelConversion",
    "adjustPass",
    "sharePass",
    "approveShare",
    "removeShare",
    "transferPass",
    "extendPass",
    "extendPasses",
    "migratePasses",
    "openSandbox",
    "playSandbox",
    "revertMigration",
    "refundPass",
    "withdrawPass",
    "creditRefund",
    "deactivatePass",
    "reactivatePass",
    "importStudio",
    "advanceTestClock",
    "undoOperation",
]

PACKAGE_TERMS = {"priceMinor": 1, "items": [{"kind": "PASS", "purchaseOptionId": "PurchaseOption"}]}
TERMS = {"kind": "SESSION", "priceMinor": 1, "quantity": 1}
VISIT = {"startsAt": "2026-02-10T10:00:00Z", "endsAt": "2026-02-10T11:00:00Z"}

# Each mutation that takes ids: the field, what it names, and the rest of an input that fits.
BY_ID: list[tuple[str, str, str, dict[str, Any]]] = [
    ("createClient", "homeLocationId", "Location", {"name": "Bea"}),
    ("revisePurchaseOption", "purchaseOptionId", "PurchaseOption", {"fromVersion": 1, "name": "x", "terms": TERMS}),
    ("archivePurchaseOption", "purchaseOptionId", "PurchaseOption", {}),
    ("sellPass", "clientId", "Client", {"purchaseOptionId": "PurchaseOption", "payment": {"method": "CASH"}}),
    ("sellPass", "purchaseOptionId", "PurchaseOption", {"clientId": "Client", "payment": {"method": "CASH"}}),
    ("revisePackage", "packageId", "Package", {"fromVersion": 1, "name": "x", "terms": PACKAGE_TERMS}),
    ("archivePackage", "packageId", "Package", {}),
    ("sellPackage", "clientId", "Client", {"packageId": "Package", "payment": {"method": "CASH"}}),
    ("sellPackage", "packageId", "Package", {"clientId": "Client", "payment": {"method": "CASH"}}),
    ("holdPackage", "packageSaleId", "PackageSale", {"firstDay": "2026-02-10"}),
    ("refundPackage", "packageSaleId", "PackageSale", {"reason": "x"}),
    ("renewPackage", "packageSaleId", "PackageSale", {}),
    ("joinHousehold", "householdId", "Household", {"clientId": "Client"}),
    ("joinHousehold", "clientId", "Client", {"householdId": "Household"}),
    ("leaveHousehold", "clientId", "Client", {}),
    ("setClientTypes", "clientId", "Client", {"types": ["Student"]}),
    ("bookVisits", "clientId", "Client", {"visits": [{"serviceId": "Service", "locationId": "Location", **VISIT}]}),
    ("bookVisits", "passId", "Pass", {"clientId": "Client", "payBy": "PASS", "visits": [
        {"serviceId": "Service", "locationId": "Location", **VISIT}]}),
    ("payVisits", "passId", "Pass", {"visitIds": ["Visit"], "payBy": "PASS"}),
    ("cancelVisit", "visitId", "Visit", {}),
    ("recordAttendance", "visitId", "Visit", {"outcome": "ATTENDED"}),
    ("claimLapsed", "passId", "Pass", {}),
    ("waiveOutcome", "visitId", "Visit", {"reason": "x"}),
    ("waiveFee", "feeId", "Fee", {"reason": "x"}),
    ("placeHold", "passId", "Pass", {"firstDay": "2026-02-10"}),
    ("endHold", "holdId", "Hold", {}),
    ("removeHold", "holdId", "Hold", {}),
    ("placeClosure", "locationId", "Location", {"firstDay": "2026-02-10", "reason": "x"}),
    ("endClosure", "closureId", "Closure", {}),
    ("removeClosure", "closureId", "Closure", {}),
    ("reportDispute", "orderId", "Order", {}),
    ("settleDispute", "orderId", "Order", {"won": True}),
    ("setAutoRenew", "passId", "Pass", {"enabled": True}),
    ("renewPass", "passId", "Pass", {}),
    ("convertPass", "passId", "Pass", {"purchaseOptionId": "PurchaseOption"}),
    ("convertPass", "purchaseOptionId", "PurchaseOption", {"passId": "Pass"}),
    ("scheduleConversion", "passId", "Pass", {"purchaseOptionId": "PurchaseOption"}),
    ("scheduleConversion", "purchaseOptionId", "PurchaseOption", {"passId": "Pass"}),
    ("cancelConversion", "passId", "Pass", {}),
    ("adjustPass", "passId", "Pass", {"quantity": 1, "reason": "x"}),
    ("sharePass", "passId", "Pass", {"clientId": "Client"}),
    ("sharePass", "clientId", "Client", {"passId": "Pass"}),
    ("approveShare", "shareId", "Share", {}),
    ("removeShare", "shareId", "Share", {}),
    ("transferPass", "passId", "Pass", {"toClientId": "Client", "reason": "x"}),
    ("transferPass", "toClientId", "Client", {"passId": "Pass", "reason": "x"}),
    ("extendPass", "passId", "Pass", {"days": 1, "reason": "x"}),
    ("refundPass", "passId", "Pass", {"reason": "x"}),
    ("withdrawPass", "passId", "Pass", {}),
    ("openSandbox", "clientId", "Client", {"name": "x", "purchaseOptionIds": ["PurchaseOption"]}),
    ("migratePasses", "purchaseOptionId", "PurchaseOption", {"reason": "x", "terms": TERMS}),
    ("creditRefund", "refundId", "Refund", {}),
    ("deactivatePass", "passId", "Pass", {"reason": "x"}),
    ("reactivatePass", "passId", "Pass", {}),
    ("importStudio", "importId", "Import", {}),
    ("undoOperation", "operationId", "Operation", {"reason": "x"}),
]  # fmt: skip


async def _objects(studio: Studio) -> dict[str, str]:
    """Make one of each object in a studio; return their ids by type."""
    option_id = await studio.option()
    pass_id = await studio.sell()
    hold = await studio.do(place_hold, PlaceHold(pass_id, NOON.date()))
    visit = await studio.book([NOON])
    refunded = await studio.do(refund_pass, RefundPass(await studio.sell(), "Moved", 1))
    missed = await missed_visit(studio)
    rows = {"Client": studio.client, "Service": studio.service, "Location": studio.location, "Pass": pass_id}
    rows |= {"PurchaseOption": option_id, "Hold": hold.holds[0], "Visit": visit.visits[0]}
    rows["Fee"] = missed[1]
    rows["Import"] = await staged_clients(studio)
    rows["Household"] = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    rows["Share"] = await shared_pass(studio)
    rows["Refund"] = UUID(refunded.figures["refunds"][0])
    sold = await starter_sold(studio)
    rows |= {"Package": sold.rows["package"], "PackageSale": sold.rows["packageSale"]}
    far = date(2027, 2, 1)
    closure = await studio.do(place_closure, PlaceClosure(studio.location, far, far, "Repairs"))
    order = await studio.fetch("SELECT order_id FROM periods WHERE pass_id = $1", pass_id)
    rows["Operation"] = (await studio.fetch("SELECT id FROM operations WHERE verb = 'sellPass' LIMIT 1"))[0]["id"]
    rows |= {"Closure": closure.rows["closure"], "Order": order[0]["order_id"]}
    return {name: encode(name, row_id) for name, row_id in rows.items()}


def _filled(value: Any, ids: dict[str, str]) -> Any:
    """Put ids in the place of type names."""
    if isinstance(value, dict):
        return {name: _filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _mutations() -> dict[str, Any]:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    fields: dict[str, Any] = mutation.fields
    return fields


def test_every_verb_is_a_mutation_and_every_mutation_a_verb() -> None:
    assert sorted(_mutations()) == sorted(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_mutation_takes_one_input_with_a_key_and_a_dry_run_and_answers_user_errors(name: str) -> None:
    field = _mutations()[name]
    assert list(field.args) == ["input"]
    given = field.args["input"].type
    assert isinstance(given, GraphQLNonNull)
    shape = get_named_type(given)
    assert isinstance(shape, GraphQLInputObjectType)
    assert shape.name == f"{name[0].upper()}{name[1:]}Input"
    assert str(shape.fields["idempotencyKey"].type) == "String!"
    assert (str(shape.fields["dryRun"].type), shape.fields["dryRun"].default_value) == ("Boolean!", False)
    assert str(shape.fields["clientMutationId"].type) == "String"
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    assert payload.name == f"{name[0].upper()}{name[1:]}Payload"
    assert str(payload.fields["userErrors"].type) == "[UserError!]!"
    assert str(payload.fields["operationId"].type) == "ID"
    assert str(payload.fields["dryRun"].type) == "Boolean!"
    objects = set(payload.fields) - {"userErrors", "operationId", "dryRun", "clientMutationId"}
    assert objects, "it shows what it changed"


@pytest.mark.parametrize(
    ("name", "field", "thing", "rest"), BY_ID, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_an_id_that_is_none_of_the_callers_is_unknown(
    runtime: Runtime, studio: Studio, name: str, field: str, thing: str, rest: dict[str, Any]
) -> None:
    """Malformed, of another type, of nothing, and of another business: the last two answer alike."""
    asker, own = Asker(studio), await _objects(studio)
    theirs = await _objects(await open_studio(runtime, NOON))
    given = _filled(rest, own)
    malformed = ["", "x", "0", own[thing][:-2], own[thing].lower(), " " + own[thing], "a" * 1_500]
    malformed.append(global_id("Operation" if thing != "Operation" else "Pass"))
    for bad in malformed:
        await asker.refuses("INVALID_ID", [field], name, **given, **{field: bad})
    answers = []
    for unknown in (global_id(thing), theirs[thing]):
        before = await studio.fingerprint()
        payload = await asker.mutate(name, **given, **{field: unknown})
        assert await studio.fingerprint() == before
        answers.append(payload["userErrors"])
    assert answers[0] == answers[1]
    assert [(error["code"], error["path"]) for error in answers[0]] == [("NOT_FOUND", [field])]


async def test_ids_within_lists_are_told_apart_by_their_index(runtime: Runtime, studio: Studio) -> None:
    asker, own = Asker(studio), await _objects(studio)
    theirs = await _objects(await open_studio(runtime, NOON))
    await asker.refuses("INVALID_ID", ["visitIds", "1"], "payVisits", visitIds=[own["Visit"], "x"])
    for unknown in (global_id("Visit"), theirs["Visit"]):
        await asker.refuses("NOT_FOUND", ["visitIds"], "payVisits", visitIds=[own["Visit"], unknown])
    fits = {"serviceId": own["Service"], "locationId": own["Location"], **VISIT}
    for field, thing in (("serviceId", "Service"), ("locationId", "Location")):
        for code, bad in (("INVALID_ID", "x"), ("NOT_FOUND", global_id(thing)), ("NOT_FOUND", theirs[thing])):
            visits = [fits, fits | {"startsAt": "2026-02-09T10:00:00Z", field: bad}]
            await asker.refuses(code, ["visits", "1", field], "bookVisits", clientId=own["Client"], visits=visits)


async def test_a_key_belongs_to_one_verb_and_one_caller(studio: Studio) -> None:
    asker = Asker(studio)
    await asker.mutate("createLocation", name="Pool", idempotencyKey="mine")
    await asker.refuses(
        "IDEMPOTENCY_MISMATCH",
        ["idempotencyKey"],
        "createService",
        name="Pool",
        category="CLASS",
        idempotencyKey="mine",
    )
