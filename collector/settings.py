"""The collector's settings: every key, its default and its bounds; configs/collector.toml says why."""

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.errors import SettingsInvalid
from shared.events import check_id
from shared.instants import HOUR, MINUTE, SECOND
from shared.settings_file import Address, Duration, ProgramSettings, load_settings, state_folder

PREFIX = "COLLECTOR_"


def _read_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no time zone of the tz database; one is called, for example, Europe/Berlin") from error
    return name


def _read_id(value: str) -> str:
    return check_id("it", value)


Id = Annotated[str, AfterValidator(_read_id)]
ZoneName = Annotated[str, AfterValidator(_read_zone)]


class CameraSettings(BaseModel):
    """What is known of a camera beforehand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Id | None = None


class SiteSettings(BaseModel):
    """Names for people to read, by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: dict[Id, str] = {}
    workstations: dict[Id, str] = {}


class CollectorSettings(ProgramSettings):
    """All settings of the collector."""

    database: str = ""
    listen: Address = ("127.0.0.1", 8000)
    open: bool = False
    default_site: Id = "default"
    time_zone: ZoneName | None = None
    max_future_skew: Annotated[Duration, Field(le=24 * HOUR)] = 5 * MINUTE
    session_gap: Annotated[Duration, Field(ge=MINUTE, le=744 * HOUR)] = 10 * HOUR
    tail: Annotated[Duration, Field(ge=0)] = 5 * MINUTE
    heartbeat: Annotated[Duration, Field(ge=SECOND, le=HOUR)] = 15 * SECOND
    cameras: dict[Id, CameraSettings] = Field(default_factory=dict)
    sites: dict[Id, SiteSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tail_fits_into_a_gap(self) -> "CollectorSettings":
        if self.tail > self.session_gap:
            raise ValueError("tail must not be longer than session_gap")
        return self

    @property
    def input_zone(self) -> tzinfo | None:
        """The zone of timestamps without an offset, or None where they are refused."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    def site_of(self, camera: str | None) -> str:
        """Return the site where the settings place a sender."""
        known = self.cameras.get(camera) if camera is not None else None
        return (known and known.site) or self.default_site

    def database_file(self) -> Path:
        """Return the SQLite file.

        Raises:
            SettingsInvalid: the database is a URL of a kind that is not supported.
        """
        if "://" in self.database:
            scheme = self.database.split("://", maxsplit=1)[0]
            raise SettingsInvalid(f"{scheme}:// databases are not supported by this version", hint="give a file's path")
        return Path(self.database) if self.database else state_folder("collector") / "collector.db"


def load(file: Path | None, **flags: Any) -> CollectorSettings:
    """Return the settings from a file, the environment (`COLLECTOR_…`) and flags."""
    return load_settings(CollectorSettings, prefix=PREFIX, file=file, flags=flags)
