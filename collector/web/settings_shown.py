"""The settings that are in force, as files spell them, for those who run the collector: no password, no key, no person. Pure.

Workers' names in the settings are counted and not shown: an admin sees no person. Whoever is kept to one site is told of no
other.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from collector.metrics.drift import duration
from collector.records import LedgerRules
from collector.settings import WEEKDAYS, CollectorSettings, ShiftSettings, SiteSettings
from collector.storage.choosing import shown
from shared.settings_file import Duration, duration_text

_READS_DURATIONS = next(part for part in get_args(Duration) if isinstance(part, BeforeValidator))
_TABLES = ("cameras", "sites")


class Setting(NamedTuple):
    """A setting that is in force."""

    key: str
    value: str
    """As a file spells it, without quotes; empty: not set."""
    is_default: bool


def settings_in_force(
    settings: CollectorSettings, *, rules: LedgerRules, sites: Collection[str] | None
) -> Iterator[Setting]:
    """Yield all settings in the order of the model, those of sites only of these (None: all).

    Of those that stored numbers were made with, the ones of `rules` are in force, whatever is set.
    """
    in_force = rules._asdict()
    for key, value, field in _fields(settings):
        if key == "database":
            yield Setting(key, shown(settings), value == field.default)
        elif in_force.get(key, value) != value:
            told = f"{duration(in_force[key])}, and not {_spelt(value, field)}: see the warnings"
            yield Setting(key, told, is_default=False)
        elif key != "default_site" or sites is None or value in sites:
            yield Setting(key, _spelt(value, field), value == field.default)
    placed = [name for name in settings.cameras if sites is None or settings.site_of(name) in sites]
    yield Setting("cameras", f"{len(placed):,} named", is_default=not placed)
    for name, site in settings.sites.items():
        if sites is None or name in sites:
            yield from _of_site(f"sites.{name}", site)


def _fields(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    for key, field in type(model).model_fields.items():
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{prefix}{key}.")
        elif key not in _TABLES:
            yield f"{prefix}{key}", value, field


def _of_site(prefix: str, site: SiteSettings) -> Iterator[Setting]:
    yield Setting(f"{prefix}.time_zone", site.time_zone, is_default="time_zone" not in site.model_fields_set)
    for shift in site.shifts:
        yield Setting(f"{prefix}.shifts", _shift(shift), is_default=False)
    if site.pseudonym_key_file:
        yield Setting(f"{prefix}.pseudonym_key_file", site.pseudonym_key_file, is_default=False)
    for kind, named in (("workers", site.workers), ("workstations", site.workstations)):
        if named:
            yield Setting(f"{prefix}.{kind}", f"{len(named):,} named", is_default=False)


def _shift(shift: ShiftSettings) -> str:
    days = (
        "every day"
        if len(shift.weekdays) == len(WEEKDAYS)
        else " ".join(WEEKDAYS[day] for day in sorted(shift.weekdays))
    )
    return f"{shift.name}, {shift.start:%H:%M} to {shift.end:%H:%M}, {days}"


def _spelt(value: Any, field: FieldInfo) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() if _READS_DURATIONS in _validators(field):
            return duration_text(value)
        case (str() as host, int() as port):
            return f"{host}:{port}"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _validators(field: FieldInfo) -> list[Any]:
    """Return what reads a field, also where it may be left out."""
    return [*field.metadata, *(part for kind in get_args(field.annotation) for part in get_args(kind))]
