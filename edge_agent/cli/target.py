"""Where a command sends a queue's events: to the collector that its agent used last, unless another one is named."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from edge_agent.buffer.reader import LogReader
from edge_agent.settings import CollectorSettings
from shared.errors import BadRequest, SettingsInvalid


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and as whom: as given, else as the agent last did it."""

    url: str
    token_file: Path | None
    ca_file: Path | None
    camera: str

    @classmethod
    def of(
        cls,
        reader: LogReader,
        *,
        url: str | None = None,
        token_file: Path | None = None,
        ca_file: Path | None = None,
        allow_insecure: bool = False,
    ) -> "Target":
        """Return where a queue's events go.

        Raises:
            BadRequest: no agent ever ran on this queue.
            SettingsInvalid: the address would let events leave this machine in clear.
        """
        known = reader.recall("collector.url")
        camera = reader.recall("camera")
        if camera is None or (url or known) is None:
            raise BadRequest("this queue was never used by an agent", hint="run the agent once")
        is_the_agents = url is None or url.rstrip("/") == known
        if url is not None and not is_the_agents:
            url = _checked(url, allow_insecure=allow_insecure)
        # A token is for the collector it was given out by: another one does not get to see it.
        token = token_file or (_path(reader.recall("collector.token_file")) if is_the_agents else None)
        return cls(url or str(known), token, ca_file or _path(reader.recall("collector.ca_file")), camera)


def _checked(url: str, *, allow_insecure: bool) -> str:
    try:
        return CollectorSettings(url=url, allow_insecure=allow_insecure).url
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise SettingsInvalid(
            f"--collector {url}: {reason}".replace("allow_insecure = true", "--allow-insecure")
        ) from None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
