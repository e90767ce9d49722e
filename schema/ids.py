"""Global ids: a type's name and a UUID, in base64, so that `node` knows what it is handed."""

import binascii
from base64 import b64decode, b64encode
from uuid import UUID

from models.errors import refuse
from models.rules.codes import Code

_LENGTH_MAX = 200


def encode(type_name: str, row_id: UUID) -> str:
    """Return the global id of one object: base64 of `Pass:0190…`."""
    return b64encode(f"{type_name}:{row_id}".encode()).decode()


def decode(global_id: str, type_name: str, *path: str) -> UUID:
    """Return the UUID in the global id of a `type_name`. `path` is the input field it came in.

    Raises:
        Refused: INVALID_ID, where it is not an id at all or one of another type.
    """
    found = split(global_id)
    if found is None or found[0] != type_name:
        raise refuse(Code.INVALID_ID, *path, thing=_spoken(type_name))
    return found[1]


def split(global_id: str) -> tuple[str, UUID] | None:
    """Return the type's name and the UUID of a global id, or None where it is not exactly one we would write."""
    if len(global_id) > _LENGTH_MAX:
        return None
    try:
        type_name, _, text = b64decode(global_id.encode("ascii"), validate=True).decode("ascii").partition(":")
        row_id = UUID(text)
    except (binascii.Error, UnicodeError, ValueError):
        return None
    return (type_name, row_id) if encode(type_name, row_id) == global_id else None


def _spoken(type_name: str) -> str:
    """`PurchaseOption` is said `purchase option`."""
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in type_name).strip()
