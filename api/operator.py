"""What only the operator of an installation does: open businesses, and make and revoke their API keys."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from models.errors import Refused
from models.operations.create_business import NewBusiness, create_api_key, create_business, revoke_api_key
from models.queries import tenants
from models.rules.values import Language, Role
from models.runtime import Runtime, open_runtime
from models.settings import settings
from schema.ids import split

T = TypeVar("T")
_BAD = "[bold red]✗[/]"
KeyRole = Literal["OWNER", "STAFF", "CLIENT", "PARTNER"]
LanguageTag = Literal["en", "fr", "es"]
console = Console()


def id_of(type_name: str) -> Callable[[str], UUID]:
    """Return what reads an id as the command line printed it, or as GraphQL did."""

    def parse(text: str) -> UUID:
        found = split(text)
        if found is not None and found[0] == type_name:
            return found[1]
        try:
            return UUID(text)
        except ValueError:
            raise typer.BadParameter(
                f"{text} is not the id of a {type_name.lower()}, as this command line or GraphQL shows it."
            ) from None

    parse.__name__ = "id"
    return parse


def create_business_command(
    name: Annotated[str, typer.Argument(help="What the studio is called.")],
    zone: Annotated[str, typer.Option(help="Its IANA time zone, such as Europe/Paris.")],
    currency: Annotated[str, typer.Option(help="Its ISO currency.")] = "EUR",
    week_start: Annotated[int, typer.Option(min=1, max=7, help="The first day of its week, 1 is Monday.")] = 1,
    language: Annotated[
        LanguageTag, typer.Option(help="The language it speaks to those who ask for none.", case_sensitive=False)
    ] = "en",
    test_cards: Annotated[bool, typer.Option("--test-cards", help="Take test cards, which move no money.")] = False,
    test_clock: Annotated[
        datetime | None,
        typer.Option(
            help="For a sandbox: the instant (UTC) its own time begins at.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
        ),
    ] = None,
) -> None:
    """Open a business and print its id and its owner's API key, which is shown only here."""

    async def act(runtime: Runtime) -> tuple[UUID, str]:
        begins = test_clock and test_clock.replace(tzinfo=UTC)
        business_id = await create_business(
            runtime,
            NewBusiness(
                name,
                zone,
                currency,
                week_start,
                begins,
                test_cards or begins is not None,
                Language(language.upper()),
            ),
        )
        return business_id, await create_api_key(runtime, business_id, Role.OWNER, "Owner")

    business_id, key = with_runtime(act, language=language)
    console.print(f"business  {business_id}\nOWNER     {key}", soft_wrap=True, highlight=False)


def open_sandbox(name: str) -> str:
    """Open a business whose own time begins on the first Monday of this year, and return its owner's key."""

    async def act(runtime: Runtime) -> str:
        january = datetime(runtime.clock.now().year, 1, 1, 7, tzinfo=UTC)
        begins = january + timedelta(days=-january.weekday() % 7)
        business_id = await create_business(runtime, NewBusiness(name, "Europe/Paris", test_clock_at=begins))
        return await create_api_key(runtime, business_id, Role.OWNER, "Sandbox owner")

    return with_runtime(act)


def create_key_command(
    business: Annotated[UUID, typer.Argument(parser=id_of("Business"), help="The id of the business.")],
    role: Annotated[KeyRole, typer.Argument(help="What the key may do.")],
    label: Annotated[str, typer.Option(help="Whose key it is, for your own records.")] = "",
    client: Annotated[
        UUID | None, typer.Option(parser=id_of("Client"), help="For a CLIENT key, and no other: the id of the client.")
    ] = None,
) -> None:
    """Make an API key and print it; it is shown only here."""
    if (role == "CLIENT") != (client is not None):
        raise typer.BadParameter("a CLIENT key names its client, and no other key does.", param_hint="--client")
    key = with_runtime(
        lambda runtime: create_api_key(runtime, business, Role(role), label or role.title(), client), business
    )
    console.print(f"{role:<9} {key}", soft_wrap=True, highlight=False)


def revoke_key_command(key: Annotated[str, typer.Argument(help="The key itself.")]) -> None:
    """Revoke an API key; within seconds it opens nothing."""
    if not with_runtime(lambda runtime: revoke_api_key(runtime, key)):
        console.print("[bold red]✗[/] No such key, or it is revoked already.")
        raise typer.Exit(1)
    console.print("The key is revoked.")


async def language_for(runtime: Runtime, business_id: UUID | None, asked: LanguageTag | None) -> Language:
    """Return the language to speak at the command line: what is asked for, else the business's, else English."""
    if asked is not None:
        return Language(asked.upper())
    if business_id is None:
        return Language.EN
    async with runtime.database.reading(business_id) as reader:
        found = await tenants.business(reader)
    return found.language if found else Language.EN


def with_runtime(
    act: Callable[[Runtime], Awaitable[T]], business_id: UUID | None = None, language: LanguageTag | None = None
) -> T:
    """Carry out `act` on a runtime of its own; a refusal is told in the language, and ends the command with 1."""

    async def run() -> T:
        runtime = open_runtime(settings(), pool_size=2)
        try:
            return await act(runtime)
        except Refused as refused:
            spoken = await language_for(runtime, business_id, language)
            for problem in refused.problems:
                said = escape(f"{problem.reason.message_in(spoken)} {problem.reason.remedy_in(spoken)}")
                console.print(f"{_BAD} {said}", soft_wrap=True, highlight=False)
            raise typer.Exit(1) from None
        finally:
            await runtime.close()

    return asyncio.run(run())
