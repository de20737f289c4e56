"""Asking the running program that owns a file how it is, through its control socket."""

from pathlib import Path
from typing import Any

import aiohttp

from shared.control_socket import reachable
from shared.errors import Unreachable


async def status_of(socket: Path, *, who: str, seconds: float) -> dict[str, Any] | None:
    """Return what the program behind a socket says of itself, None if none runs.

    Args:
        socket: where it listens while it runs.
        who: what to call it in an error.
        seconds: how long to wait for the answer.

    Raises:
        Unreachable: one runs and does not answer.
    """
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        with reachable(socket) as name:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(name), timeout=timeout) as session,
                session.get("http://control/status", raise_for_status=True) as response,
            ):
                told: dict[str, Any] = await response.json()
                return told
    except aiohttp.ClientConnectorError:
        return None
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = str(error) or f"no answer after {seconds:g} s"
        raise Unreachable(f"{who} runs but does not answer: {reason}") from error
    except OSError:  # the folder itself cannot be looked into: the file will say why
        return None
