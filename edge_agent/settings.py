"""What an operator can set at the edge agent; durations in microseconds, sizes in bytes.

`configs/edge-agent.toml` lists every key with its default and its reason. Anything that would expose the agent or its
events is a mistake unless a second key says that it is meant: `open` for addresses beyond loopback, and
`collector.allow_insecure` for a collector spoken to in clear over a network.
"""

import ipaddress
import socket
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from shared.settings_file import Address, Duration, ProgramSettings, Size, state_folder
from shared.wire import MAX_EVENTS
from shared.wire_fields import Name

ENVIRONMENT_PREFIX = "EDGE_AGENT_"
_MILLISECOND = 1_000
_SECOND = 1_000 * _MILLISECOND
_DAY = 24 * 3_600 * _SECOND
_KIB = 1024
_GIB = 1024**3


def is_loopback(host: str) -> bool:
    """Return whether the host names this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read_zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no time zone of the tz database; one is called, for example, Europe/Berlin") from error


def _refuse_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _within(least: int, most: int, *, words: str) -> AfterValidator:
    def check(value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"must lie between {words}")
        return value

    return AfterValidator(check)


def _url_parts(url: str) -> SplitResult:
    mistake = "must be an address such as https://collector.example:8443"
    try:
        parts = urlsplit(url)
        _ = parts.port  # read only now, and refused if it is no number
    except ValueError as error:
        raise ValueError(mistake) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(mistake)
    return parts


TimeZone = Annotated[ZoneInfo, BeforeValidator(_read_zone)]
_Wait = Annotated[Duration, _within(100 * _MILLISECOND, 3_600 * _SECOND, words="100ms and 1h")]
_Interval = Annotated[Duration, _within(_SECOND, 3_600 * _SECOND, words="1s and 1h")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CollectorSettings(_Section):
    """Where the events go."""

    allow_insecure: bool = False
    """Before `url`, whose check reads it."""
    url: str = "http://127.0.0.1:8000"
    """Without a slash at the end."""
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout: _Interval = 10 * _SECOND

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str, info: ValidationInfo) -> str:
        parts = _url_parts(value)
        if parts.username or parts.password:
            raise ValueError("must not hold a password; use token_file")
        if parts.scheme == "http" and not is_loopback(parts.hostname or "") and not info.data.get("allow_insecure"):
            raise ValueError("would send events in clear over the network; use https, or set allow_insecure = true")
        return value.rstrip("/")


class BufferSettings(_Section):
    """How events are kept, and how much room they may take."""

    commit_interval: Annotated[Duration, _within(0, _SECOND, words="0ms and 1s")] = 25 * _MILLISECOND
    commit_max_events: Annotated[int, Field(ge=1, le=MAX_EVENTS), BeforeValidator(_refuse_bool)] = 200
    max_size: Annotated[Size, _within(1024 * _KIB, 1024 * _GIB, words="1MiB and 1024GiB")] = _GIB
    min_free_disk: Annotated[Size, _within(0, 1024 * _GIB, words="0B and 1024GiB")] = 64 * 1024 * _KIB
    reserve_size: Annotated[Size, _within(1024 * _KIB, _GIB, words="1MiB and 1GiB")] = 8 * 1024 * _KIB
    when_full: Literal["reject", "drop_oldest"] = "reject"
    retain_sent_for: Annotated[Duration, _within(0, 3_660 * _DAY, words="0s and 3660d")] = 7 * _DAY


class DeliverySettings(_Section):
    """How the events go."""

    heartbeat: _Interval = 15 * _SECOND
    linger: Annotated[Duration, _within(0, 60 * _SECOND, words="0ms and 60s")] = 200 * _MILLISECOND
    max_events: Annotated[int, Field(ge=1, le=MAX_EVENTS), BeforeValidator(_refuse_bool)] = 500
    max_bytes: Annotated[Size, _within(16 * _KIB, 3 * 1024 * _KIB, words="16KiB and 3MiB")] = 512 * _KIB
    max_events_per_second: Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(_refuse_bool)] = 0
    """0: as fast as it goes."""
    compression: Literal["gzip", "none"] = "gzip"


class RetrySettings(_Section):
    """When to try again."""

    initial: _Wait = _SECOND
    max: _Wait = 60 * _SECOND
    recovery_spread: Annotated[Duration, _within(0, 3_600 * _SECOND, words="0s and 1h")] = 30 * _SECOND
    pause: _Wait = 60 * _SECOND


class AgentSettings(ProgramSettings):
    """All of them; every default is for a camera beside a collector on the same machine."""

    camera: Annotated[Name, Field(default_factory=socket.gethostname)]
    data_dir: Annotated[Path, Field(default_factory=lambda: state_folder("edge-agent"))]
    open: bool = False
    """Before `listen`, whose check reads it."""
    listen: Address = ("127.0.0.1", 8600)
    time_zone: TimeZone | None = None
    source_silent_after: _Interval = 300 * _SECOND
    collector: CollectorSettings = CollectorSettings()
    buffer: BufferSettings = BufferSettings()
    delivery: DeliverySettings = DeliverySettings()
    retry: RetrySettings = RetrySettings()

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: tuple[str, int], info: ValidationInfo) -> tuple[str, int]:
        if not is_loopback(value[0]) and not info.data.get("open"):
            raise ValueError("is not a loopback address; to let the network post events, set open = true")
        return value
