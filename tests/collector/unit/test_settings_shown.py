"""The settings that an admin is shown: all of them, as files spell them, and no secret and no person among them."""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel

from collector.records import LedgerRules
from collector.settings import CollectorSettings
from collector.web.settings_shown import settings_in_force
from shared.instants import HOUR, MINUTE

GIVEN: dict[str, Any] = {
    "database": "postgresql://lineside:swordfish@db.factory.example/lineside",
    "listen": "0.0.0.0:8443",
    "trusted_proxies": "127.0.0.1, 10.1.0.0/16",
    "session_gap": "9h",
    "default_site": "north",
    "retention": {"events": "14d"},
    "names": {"supervisor": "hidden"},
    "cameras": {"C1": {"site": "north"}, "C2": {"site": "south"}, "C3": {}},
    "sites": {
        "north": {
            "time_zone": "Europe/Berlin",
            "pseudonym_key_file": "/etc/lineside/north.key",
            "workers": {"W1": "Wanda Hidden", "W2": "Zoë"},
            "shifts": [
                {"name": "early", "start": "06:00", "end": "14:00"},
                {"name": "late", "start": "14:00", "end": "22:00", "weekdays": ["fri", "mon"]},
            ],
        },
        "south": {"workstations": {"S1": "Press"}},
    },
}


def shown(
    given: dict[str, Any], *, rules: LedgerRules | None = None, sites: Collection[str] | None = None
) -> dict[str, list[str]]:
    """Return the values of each key, and that they are the default."""
    found: dict[str, list[str]] = {}
    settings = CollectorSettings.model_validate(given)
    for one in settings_in_force(settings, rules=rules or settings.ledger_rules, sites=sites):
        found.setdefault(one.key, []).append(one.value + (" (default)" if one.is_default else ""))
    return found


def test_settings_are_spelt_as_in_a_file() -> None:
    """Durations, addresses, networks, flags; what is not set is empty, and a default is told from what was set."""
    found = shown(GIVEN)

    assert {
        "listen": ["0.0.0.0:8443"],
        "trusted_proxies": ["127.0.0.1/32, 10.1.0.0/16"],
        "session_gap": ["9h"],
        "tail": ["5m (default)"],
        "open": ["false (default)"],
        "max_connections": ["1000 (default)"],
        "tls_key": [" (default)"],
        "retention.events": ["14d"],
        "retention.person_hours": [" (default)"],
        "names.supervisor": ["hidden"],
        "cameras": ["3 named"],
        "sites.north.time_zone": ["Europe/Berlin"],
        "sites.north.shifts": ["early, 06:00 to 14:00, every day", "late, 14:00 to 22:00, mon fri"],
        "sites.north.pseudonym_key_file": ["/etc/lineside/north.key"],
        "sites.north.workers": ["2 named"],
        "sites.south.time_zone": ["UTC (default)"],
        "sites.south.workstations": ["1 named"],
    }.items() <= found.items()


def test_every_key_of_the_settings_is_there() -> None:
    """One that is added to the model is shown without a line more."""
    fields = CollectorSettings.model_fields
    wanted = {key for key, field in fields.items() if key != "sites" and not isinstance(field.default, BaseModel)}
    wanted |= {f"names.{key}" for key in type(fields["names"].default).model_fields}
    wanted |= {f"retention.{key}" for key in type(fields["retention"].default).model_fields}

    assert wanted == set(shown({}))


def test_what_is_set_and_not_in_force_is_told_so() -> None:
    """The stored numbers were made with something else, and go on with it."""
    found = shown(GIVEN, rules=LedgerRules(session_gap=10 * HOUR, tail=5 * MINUTE))

    assert (["10h, and not 9h: see the warnings"], ["5m (default)"]) == (found["session_gap"], found["tail"])


def test_no_secret_and_no_person_is_shown() -> None:
    """Neither a password nor what a worker is called."""
    told = str(shown(GIVEN))

    assert [] == [secret for secret in ("swordfish", "Wanda", "Zoë", "W1") if secret in told]
    assert "db.factory.example" in told


def test_who_is_kept_to_a_site_is_shown_no_other() -> None:
    """Not in the default site either, nor in how many cameras there are."""
    found = shown(GIVEN, sites=("south",))

    assert ["1 named"] == found["cameras"]
    assert "default_site" not in found
    assert "north" not in str(found)
    assert shown(GIVEN, sites=("north",))["default_site"] == ["north"]
