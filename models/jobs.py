"""The names under which the API rings the workers, and how a job is written down."""

import json
from typing import Any

WAKE = "wake"
"""Look for what is due in one business, at once. Its one argument is the business's id as text."""

QUEUE = "sessionpass"
"""The queue the workers listen on."""


def serialize(job: dict[str, Any]) -> bytes:
    """Write a job as JSON: unlike arq's own way, reading it back can run no code."""
    return json.dumps(job).encode()


def deserialize(stored: bytes) -> dict[str, Any]:
    """Read what `serialize` wrote."""
    job: dict[str, Any] = json.loads(stored)
    return job
