"""GraphQL on a test's studio, without HTTP: ask, mutate, and see that refusals change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from models.operations.base import Actor
from models.rules.codes import Code
from schema.ids import encode
from tests.schema.conftest import execute
from tests.studio import OWNER, Studio

_SHARED = "operationId dryRun clientMutationId userErrors { code message remedy path }"


@dataclass
class Asker:
    """Asks in one studio, as its owner unless told otherwise."""

    studio: Studio
    actor: Actor = OWNER

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Carry out a document that has no errors; return its data."""
        result = await self.execute(document, variables)
        assert not result.errors, result.errors
        data: dict[str, Any] = result.data
        return data

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Carry out a document and return the whole result."""
        return await execute(self.studio, self.actor, document, **(variables or {}))

    async def mutate(self, name: str, selection: str = "", /, **given: Any) -> dict[str, Any]:
        """Carry out one mutation with a new key, unless one is given; return its payload."""
        document = (
            f"mutation($input: {name[0].upper()}{name[1:]}Input!) "
            f"{{ {name}(input: $input) {{ {_SHARED} {selection} }} }}"
        )
        data = await self.ask(document, {"input": {"idempotencyKey": str(uuid4()), **given}})
        payload: dict[str, Any] = data[name]
        return payload

    async def does(
        self, name: str, selection: str = "", /, *, other: Mapping[str, Any], **given: Any
    ) -> dict[str, Any]:
        """Carry out a mutation every way there is, and return the payload of its effect.

        Tried in a dry run it changes nothing; done it answers as the dry run did; repeated it answers the same and
        changes nothing more; with the same key and `other` input it is refused.
        """
        studio, key = self.studio, str(uuid4())
        before = await studio.fingerprint()
        tried = await self.mutate(name, selection, **given, dryRun=True, idempotencyKey=key)
        assert tried["userErrors"] == []
        assert (tried["operationId"], tried["dryRun"]) == (None, True)
        assert await studio.fingerprint() == before, "a dry run changed something"
        done = await self.mutate(name, selection, **given, idempotencyKey=key, clientMutationId="mine")
        assert done["userErrors"] == []
        assert (done["dryRun"], done["clientMutationId"]) == (False, "mine")
        assert done["operationId"]
        after = await studio.fingerprint()
        assert after != before
        again = await self.mutate(name, selection, **given, idempotencyKey=key, clientMutationId="mine")
        assert again == done
        changed = await self.mutate(name, selection, **{**given, **other}, idempotencyKey=key)
        assert [error["code"] for error in changed["userErrors"]] == ["IDEMPOTENCY_MISMATCH"]
        assert await studio.fingerprint() == after, "a repetition changed something"
        return done

    async def refuses(self, code: str, path: list[str], name: str, /, **given: Any) -> None:
        """See that a mutation is refused with this first error, in full sentences, and changes nothing."""
        before = await self.studio.fingerprint()
        for dry_run in (True, False):
            payload = await self.mutate(name, **given, dryRun=dry_run)
            error = payload["userErrors"][0]
            assert (error["code"], error["path"]) == (code, path), payload
            assert Code[error["code"]].remedy.split("{", maxsplit=1)[0] in error["remedy"]
            assert error["message"].endswith((".", "…")), error["message"]
            assert "{" not in error["message"] + error["remedy"]
            assert payload["operationId"] is None
        assert await self.studio.fingerprint() == before, "a refused mutation changed something"

    async def document_fault(self, name: str, /, **given: Any) -> str:
        """See that GraphQL itself refuses the input's types, and that nothing changed; return what it says."""
        before = await self.studio.fingerprint()
        document = f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {_SHARED} }} }}"
        result = await self.execute(document, {"input": {"idempotencyKey": str(uuid4()), **given}})
        assert result.data is None
        assert await self.studio.fingerprint() == before
        return str(result.errors[0].message)


def global_id(type_name: str, row_id: UUID | None = None) -> str:
    """Return a global id; of nothing there is where no row is named."""
    return encode(type_name, row_id or uuid4())
