"""The names of the jobs by which workers are rung and share their work, and how a job is written down."""

import json
from typing import Any

WAKE = "wake"
"""Look for what is due in one business, at once. Its one argument is the business's id as text."""

DO_DUE = "do_due"
"""Do what is due of one pass. Its arguments are the business's id, the pass's id and the idempotency key, as text."""

QUEUE = "sessionpass"
"""The queue the workers listen on."""


def serialize(job: dict[str, Any]) -> bytes:
    """Write a job as JSON: unlike arq's own way, reading it back can run no code."""
    return json.dumps(job, default=str).encode()


def deserialize(stored: bytes) -> dict[str, Any]:
    """Read what `serialize` wrote."""
    job: dict[str, Any] = json.loads(stored)
    return job
