"""The collector's settings: every key, its default and its bounds; configs/collector.toml says why."""

import re
from datetime import datetime, time, timedelta, tzinfo
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from collector.pseudonyms import LEAST_KEY_BYTES
from collector.records import LedgerRules, Retention
from collector.retention_settings import RetentionSettings, check_retention
from collector.site_names import check_site
from shared.errors import SettingsInvalid
from shared.events import check_id
from shared.instants import HOUR, MINUTE, SECOND
from shared.settings_file import Address, Duration, ProgramSettings, duration_text, load_settings, state_folder

PREFIX = "COLLECTOR_"
POSTGRES = ("postgresql", "postgres")
"""What the address of a PostgreSQL database begins with."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OF_ONE_MACHINE = re.compile("localtime|posixrules|(posix|right)/.*")
"""Files beside the tz database that have no name elsewhere: a browser cannot draw a site by their clock."""
_CLOCK_TIME = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")


def _read_zone(name: str) -> str:
    if _OF_ONE_MACHINE.fullmatch(name):
        raise ValueError(
            "is a time zone of this machine alone; name it as browsers know it, for example, Europe/Berlin"
        )
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no time zone of the tz database; one is called, for example, Europe/Berlin") from error
    return name


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_networks(value: object) -> object:
    try:
        return tuple(ip_network(part.strip()) for part in str(value).split(",") if part.strip())
    except ValueError as error:
        raise ValueError('must be addresses or networks such as "127.0.0.1, 10.1.0.0/16"') from error


def _read_clock_time(value: object) -> object:
    match = _CLOCK_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a time of day such as "06:00", at most "23:59"; midnight is "00:00"')
    return time(int(match[1]), int(match[2]))


def _read_weekdays(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise ValueError('must be a list of days such as ["mon", "tue"], and not empty')
    for day in value:
        if day not in WEEKDAYS:
            raise ValueError(f"{day!r} is no day; they are called {', '.join(WEEKDAYS)}")
    return frozenset(WEEKDAYS.index(day) for day in value)


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], Field(), BeforeValidator(_read_networks)]
"""Networks inside, a text in files, separated by commas."""
Id = Annotated[str, AfterValidator(partial(check_id, "it"))]
SiteName = Annotated[str, AfterValidator(partial(check_site, "it"))]
ZoneName = Annotated[str, AfterValidator(_read_zone)]
ClockTime = Annotated[time, BeforeValidator(_read_clock_time)]
Weekdays = Annotated[frozenset[int], BeforeValidator(_read_weekdays)]
"""Monday is 0."""


def _read_key(file: Path, *, site: str) -> bytes:
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        raise SettingsInvalid(
            f"sites.{site}.pseudonym_key_file: {file} cannot be read: {error.strerror}",
            hint="without it the site's workers would be stored by their ids",
        ) from error
    if len(key) < LEAST_KEY_BYTES:
        raise SettingsInvalid(
            f"sites.{site}.pseudonym_key_file: {file} holds {len(key)} bytes, at least {LEAST_KEY_BYTES} are wanted",
            hint=f"openssl rand -hex 32 > {file}",
        )
    return key


class CameraSettings(BaseModel):
    """What is known of a camera beforehand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: SiteName | None = None


class ShiftSettings(BaseModel):
    """When people work, by the clock on the wall; an end that is not after the start is on the next day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Id
    start: ClockTime
    end: ClockTime
    weekdays: Weekdays = frozenset(range(7))


def _check_names(shifts: list[ShiftSettings]) -> list[ShiftSettings]:
    names = [shift.name for shift in shifts]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{names.count(name)} shifts are called {name!r}")
    return shifts


class SiteSettings(BaseModel):
    """Where a site lives in time, and names for people to read, by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: ZoneName = "UTC"
    shifts: Annotated[list[ShiftSettings], AfterValidator(_check_names)] = []
    target_units_per_hour: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    pseudonym_key_file: str = ""
    workers: dict[Id, str] = {}
    workstations: dict[Id, str] = {}


Naming = Literal["shown", "hidden"]


class NamesSettings(BaseModel):
    """Whether workers are called by their names or by their ids, for each role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supervisor: Naming = "shown"
    anyone: Naming = "shown"
    viewer: Literal["hidden"] = "hidden"
    admin: Literal["hidden"] = "hidden"
    """Both see no person, and so no name."""


class CollectorSettings(ProgramSettings):
    """All settings of the collector."""

    database: str = ""
    open: bool = False
    listen: Address = ("127.0.0.1", 8000)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: Networks = ()
    max_connections: Annotated[int, Field(ge=10, le=100_000)] = 1_000
    max_strangers_per_address: Annotated[int, Field(ge=10, le=100_000)] = 250
    camera_requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    reader_requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    login_lasts: Annotated[Duration, Field(ge=5 * MINUTE, le=30 * 24 * HOUR)] = 12 * HOUR
    default_site: SiteName = "default"
    time_zone: ZoneName | None = None
    max_future_skew: Annotated[Duration, Field(le=24 * HOUR)] = 5 * MINUTE
    session_gap: Annotated[Duration, Field(ge=MINUTE, le=744 * HOUR)] = 10 * HOUR
    tail: Annotated[Duration, Field(ge=0)] = 5 * MINUTE
    heartbeat: Annotated[Duration, Field(ge=SECOND, le=HOUR)] = 15 * SECOND
    postgres_readers: Annotated[int, Field(ge=1, le=64)] = 4
    postgres_statement_timeout: Annotated[Duration, Field(ge=SECOND, le=HOUR)] = 30 * SECOND
    names: NamesSettings = NamesSettings()
    retention: RetentionSettings = RetentionSettings()
    cameras: dict[Id, CameraSettings] = Field(default_factory=dict)
    sites: dict[SiteName, SiteSettings] = Field(default_factory=dict)

    @field_validator("database")
    @classmethod
    def _is_a_file_or_postgres(cls, value: str) -> str:
        scheme, separator, _ = value.partition("://")
        if separator and scheme not in POSTGRES:
            raise ValueError(f"{scheme}:// databases are not supported; give a file's path, or postgresql://…")
        return value

    @model_validator(mode="after")
    def _tail_fits_into_a_gap(self) -> "CollectorSettings":
        if self.tail > self.session_gap:
            tail, session_gap = duration_text(self.tail), duration_text(self.session_gap)
            raise ValueError(f"tail ({tail}) must not be longer than session_gap ({session_gap})")
        return self

    @model_validator(mode="after")
    def _each_class_is_kept_longer(self) -> "CollectorSettings":
        check_retention(self.retention, session_gap=self.session_gap)
        return self

    def shows_names(self, role: str | None) -> bool:
        """Say whether a role (None: anyone, while access is not configured) sees workers by their names."""
        return getattr(self.names, role or "anyone", "hidden") == "shown"

    @property
    def kept_for(self) -> Retention:
        """How long what is stored is kept."""
        kept = self.retention
        return Retention(kept.events, kept.person_hours, kept.workstation_hours)

    @property
    def is_on_loopback(self) -> bool:
        """Say whether only this machine reaches the collector."""
        return _is_loopback(self.listen[0])

    @property
    def may_be_open(self) -> bool:
        """Say whether whoever reaches the collector may do everything while access is not configured."""
        return self.open or self.is_on_loopback

    @property
    def input_zone(self) -> tzinfo | None:
        """The zone of timestamps without an offset, or None where they are refused."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    @property
    def ledger_rules(self) -> LedgerRules:
        """What stored amounts depend on."""
        return LedgerRules(self.session_gap, self.tail)

    def zone_of(self, site: str) -> ZoneInfo:
        """Return the time zone in which a site's people live."""
        known = self.sites.get(site)
        return ZoneInfo(known.time_zone if known else "UTC")

    def hour_offset_of(self, site: str) -> int:
        """Return where a site's hours begin, in microseconds past the full hour of UTC: 30 minutes in Kolkata.

        Taken on a fixed day: a zone whose offset once was odd has had whole hours since, or will be asked at odd edges.
        """
        offset = datetime(2026, 1, 1, tzinfo=self.zone_of(site)).utcoffset()
        return 0 if offset is None else -offset // timedelta(microseconds=1) % HOUR

    def site_of(self, camera: str | None) -> str:
        """Return the site where the settings place a sender."""
        known = self.cameras.get(camera) if camera is not None else None
        return (known and known.site) or self.default_site

    @property
    def database_url(self) -> str | None:
        """The address of the PostgreSQL database; None where a SQLite file is used."""
        return self.database if "://" in self.database else None

    def pseudonym_keys(self) -> dict[str, bytes]:
        """Return the key of each site that keeps pseudonyms instead of ids.

        Raises:
            SettingsInvalid: a file cannot be read, or holds fewer than 16 bytes.
        """
        return {
            name: _read_key(Path(site.pseudonym_key_file), site=name)
            for name, site in self.sites.items()
            if site.pseudonym_key_file
        }

    def database_file(self) -> Path:
        """Return the SQLite file."""
        return Path(self.database) if self.database else state_folder("collector") / "collector.db"


def load(file: Path | None, **flags: Any) -> CollectorSettings:
    """Return the settings from a file, the environment (`COLLECTOR_…`) and flags."""
    return load_settings(CollectorSettings, prefix=PREFIX, file=file, flags=flags)
