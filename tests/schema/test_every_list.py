"""Every list of the schema costs as many statements for eight rows as for two, whatever its elements hold."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from models.imports.fields import ImportKind
from models.operations.base import Actor
from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreateService,
    create_client,
    create_location,
    create_service,
)
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.closures import PlaceClosure, place_closure
from models.operations.consent import Consent
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.disputes import ReportDispute, report_dispute
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.holds import PlaceHold, place_hold
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sandbox.open_sandbox import OpenSandbox, open_sandbox
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import SharePass, share_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.policies import HoldPolicy, Offer, OpenHours, Restriction, Sharing
from models.rules.terms import Access, Outcomes, Terms
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PaymentMethod,
    RestrictionPer,
    Role,
    ServiceCategory,
    TestCard,
)
from tests.imported import staged
from tests.packaged import starter_sold
from tests.schema.conftest import gid
from tests.schema.counting import counted
from tests.schema.every_list import document, length, paths
from tests.studio import MONTH, TEN_CLASSES, Studio, household_with, lapsed_pass

FEW, MANY = 2, 8
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
NOT_COUNTED = {
    "Forecast.steps": "a forecast carries out the verbs themselves, so that it costs what they cost",
    "ForecastStep.reasons": "the same",
    "Sandbox.story": "every sandbox is a business of its own, and a statement sees the rows of one",
    "SandboxStory.events": "the same",
}
"""Why the statements of a list may grow with it."""
NOT_GROWING = {
    "ReportTable.columns": "a report has the columns it has; its rows are no objects",
    "PackageOverride.restrictions": "no package here overrides them, and they come with its terms",
    "PackageOffer.reasons": "nothing stands in the way of a package here, and reasons are read with the rest",
}


async def grow(studio: Studio, host: UUID, rows: int) -> None:
    """Let so many more clients do everything once; the host only gets a pass for each."""
    for number in range(rows):
        studio.client = host
        await studio.sell(replace(terms_of(studio), price_minor=100 + number), client=host)
        studio.client = (await studio.do(create_client, CreateClient(f"Client {uuid4()}"))).rows["client"]
        await _live(studio)
        await _run(studio)


def terms_of(studio: Studio) -> Terms:
    """What says something of everything that terms are a list of."""
    return Terms(
        PassKind.SESSION,
        5_000,
        10,
        MONTH,
        after_expiration=AfterExpiration.RENEW,
        access=Access(frozenset({studio.service}), None, frozenset({studio.location}), (OpenHours(),)),
        restrictions=(Restriction(9, RestrictionPer.DAY, service_ids=frozenset({studio.service})),),
        outcomes=Outcomes(no_show_fee_minor=500),
        sharing=Sharing(allowed=True),
        hold_policy=HoldPolicy(count_max=1),
    )


async def _live(studio: Studio) -> None:
    """One client's passes, visits, money and household."""
    client, terms = studio.client, terms_of(studio)
    (member,) = await household_with(studio, "Ben")
    sale = SellPass(client, await studio.option(terms), *CARD, consent=Consent("Yes."))
    pass_id = (await studio.do(sell_pass, sale, actor=Actor(Role.CLIENT, client_id=client))).passes[0]
    soon, week = studio.began - timedelta(minutes=1), timedelta(days=7)
    came, missed, _ = (await studio.book([soon, soon - timedelta(hours=1), soon + week])).visits
    await studio.do(record_attendance, RecordAttendance(came, AttendanceOutcome.ATTENDED))
    await studio.do(record_attendance, RecordAttendance(missed, AttendanceOutcome.NO_SHOW))
    await studio.do(share_pass, SharePass(pass_id, member))
    await studio.do(refund_pass, RefundPass(pass_id, "Sorry", 1))
    await studio.do(place_hold, PlaceHold(pass_id, date(2026, 2, 20), date(2026, 2, 21)))
    # A pass that will be another one, and one that is already; a booking that had a choice between them.
    target = await studio.option(Terms(PassKind.UNLIMITED, 900, validity=MONTH))
    await studio.do(schedule_conversion, ScheduleConversion(await studio.sell(terms, client=client), target))
    now = ConvertPass(
        await studio.sell(terms), target, ConversionTiming.NOW_PAID, payment_method=CARD[0], test_card=CARD[1]
    )
    await studio.do(convert_pass, now)
    await studio.book([soon + week * number for number in (2, 5)])
    await lapsed_pass(studio)
    await starter_sold(studio)
    order = (await studio.fetch("SELECT id FROM orders WHERE client_id = $1 ORDER BY id DESC", client))[0]["id"]
    await studio.do(report_dispute, ReportDispute(order))
    await studio.do(adjust_pass, AdjustPass(pass_id, 1, "Gift"))
    done = (await studio.fetch("SELECT id FROM operations WHERE verb = 'adjustPass' ORDER BY id DESC LIMIT 1"))[0]["id"]
    await studio.do(undo_operation, UndoOperation(done, "Mistake"))


async def _run(studio: Studio) -> None:
    """What else the studio itself does: a closed place, a file, a sandbox."""
    await studio.do(create_service, CreateService(f"Yoga {uuid4()}", ServiceCategory.CLASS))
    await studio.option(replace(TEN_CLASSES, offer=Offer(introductory=True)))
    place = (await studio.do(create_location, CreateLocation(f"Hall {uuid4()}"))).rows["location"]
    first = studio.began.date()
    await studio.do(place_closure, PlaceClosure(place, first, first, "Repairs"))
    file = await staged(studio, ImportKind.CLIENTS, f"id,name\n{uuid4()},Bea\n")
    await studio.do(import_studio, ImportStudio(file))
    option = (await studio.fetch("SELECT id FROM purchase_options ORDER BY id DESC LIMIT 1"))[0]["id"]
    await studio.do(open_sandbox, OpenSandbox("A game", (option,)))


async def arguments(studio: Studio, host: UUID) -> dict[str, str]:
    """What the fields that ask for something are asked with; the file has as many wrong lines as there are files."""
    files = len(await studio.fetch("SELECT FROM imports"))
    visit = (await studio.book([studio.began + timedelta(days=300 + files)], client=host)).visits[0]
    wrong = await staged(studio, ImportKind.CLIENTS, "id,name\n" + "".join(f"{uuid4()},\n" for _ in range(files)))
    return {
        "Query.eligiblePasses": f'visitId: "{gid("Visit", visit)}"',
        "Query.offers": f'clientId: "{gid("Client", host)}"',
        "Query.packageOffers": f'clientId: "{gid("Client", host)}"',
        "Query.importFindings": f'importId: "{gid("Import", wrong)}", afterLine: 0, first: 100',
        "Query.operations": 'verb: "undoOperation"',
        "Query.report": 'name: HOLDS, firstDay: "2026-01-01", lastDay: "2026-12-31", first: 100',
        "Pass.balanceAsOf": 'instant: "2026-02-01T00:00:00Z"',
    }


async def test_every_list_costs_the_same_for_two_rows_and_for_eight(studio: Studio) -> None:
    host = studio.client
    counts: dict[str, list[tuple[int, list[str]]]] = {}
    for rows in (FEW, MANY - FEW):
        await grow(studio, host, rows)
        known = await arguments(studio, host)
        for name, path in paths().items():
            if name in NOT_COUNTED:
                continue
            query = document(path, known, NOT_COUNTED)
            await counted(studio, query)  # the process remembers terms that it has read
            data, statements = await counted(studio, query)
            counts.setdefault(name, []).append((length(data, path), statements))

    dearer = {name: [len(few[1]), len(many[1])] for name, (few, many) in counts.items() if len(few[1]) != len(many[1])}
    idle = {name: [few[0], many[0]] for name, (few, many) in counts.items() if many[0] < 2 * max(1, few[0])}
    assert dearer == {}, "so many statements, and so many more"
    assert idle.keys() == NOT_GROWING.keys(), idle


def test_no_exception_outlives_its_list() -> None:
    held = {f"{hop.owner}.{hop.name}" for path in paths().values() for hop in path}
    assert held >= NOT_COUNTED.keys() | NOT_GROWING.keys()
