"""Changes to access as JSON, on their way from a command to the service that writes; secrets are never part of them."""

from dataclasses import asdict
from typing import Any, get_args

from collector.grants import Change, Role
from shared.errors import BadRequest

_KINDS = {kind.__name__: kind for kind in get_args(Change)}


def written(change: Change) -> dict[str, Any]:
    """Return a change as JSON.

    >>> from collector.grants import RemoveCamera
    >>> written(RemoveCamera("cam-1"))
    {'change': 'RemoveCamera', 'camera': 'cam-1'}
    """
    members = {name: value.hex() if isinstance(value, bytes) else value for name, value in asdict(change).items()}
    return {"change": type(change).__name__, **members}


def read(value: Any) -> Change:
    """Return the change that a JSON object says.

    Raises:
        BadRequest: it says none.
    """
    try:
        members = dict(value)
        kind = _KINDS[members.pop("change")]
        if "digest" in members:
            members["digest"] = bytes.fromhex(members["digest"])
        if "role" in members:
            members["role"] = Role(members["role"])
        change: Change = kind(**members)
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(
            "this is no change to access", hint="command and service must be of the same version"
        ) from error
    return change
