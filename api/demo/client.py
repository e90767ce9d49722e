"""A small GraphQL client over HTTP: it counts its requests and speaks in the API's own words when refused."""

from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx2

Json = dict[str, Any]


class DemoError(Exception):
    """The API refused what the story needs."""


class Client:
    """One connection to the API with one key."""

    def __init__(self, api_url: str, key: str) -> None:
        self.requests = 0
        self._url = f"{api_url.rstrip('/')}/graphql"
        self._http = httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=120, trust_env=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def ask(self, document: str, **variables: Any) -> Json:
        """Send a document and return its data."""
        self.requests += 1
        try:
            response = self._http.post(self._url, json={"query": document, "variables": variables})
            answer = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise DemoError(f"{self._url} does not answer as it should: {error}") from error
        if answer.get("errors") or "data" not in answer:
            raise DemoError(str(answer.get("errors") or answer))
        data: Json = answer["data"]
        return data

    def do(self, verb: str, fields: str, **given: Any) -> Json:
        """Carry out a mutation under a fresh idempotency key; return its payload, which must hold no user error."""
        payload = self.attempt(verb, fields, **given)
        if payload["userErrors"]:
            first = payload["userErrors"][0]
            raise DemoError(f"{verb}: {first['message']} {first['remedy']}")
        return payload

    def attempt(self, verb: str, fields: str, **given: Any) -> Json:
        """Carry out a mutation; a refusal comes back in its payload."""
        kind = verb[0].upper() + verb[1:] + "Input"
        document = (
            f"mutation ($input: {kind}!) {{ {verb}(input: $input) "
            f"{{ {fields} userErrors {{ code message remedy }} }} }}"
        )
        payload: Json = self.ask(document, input={"idempotencyKey": str(uuid4()), **given})[verb]
        return payload

    def pages(self, field: str, selection: str) -> list[Json]:
        """Return every node of a connection of the root, page by page."""
        nodes: list[Json] = []
        after = None
        while True:
            data = self.ask(
                f"query ($after: String) {{ {field}(first: 100, after: $after) "
                f"{{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {selection} }} }} }} }}",
                after=after,
            )
            nodes += [edge["node"] for edge in data[field]["edges"]]
            if not data[field]["pageInfo"]["hasNextPage"]:
                return nodes
            after = data[field]["pageInfo"]["endCursor"]
