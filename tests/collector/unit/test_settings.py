"""The collector's settings: defaults, bounds, and where a camera belongs."""

from datetime import time
from pathlib import Path

import pytest

from collector.settings import CollectorSettings, load
from shared.errors import SettingsInvalid
from shared.instants import HOUR, MINUTE, SECOND

SHIFT = '[[sites.north.shifts]]\nname = "morning"\nstart = "06:00"\nend = "14:00"\n'


def mistakes(file: Path, text: str) -> str:
    """Return what is said of a settings file with mistakes."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        load(file)
    return str(refused.value)


def test_the_defaults_are_those_of_the_contract() -> None:
    """A gap of 10 h, a tail of 5 min, 5 min of skew, loopback, and a site called default."""
    settings = load(None)

    assert (10 * HOUR, 5 * MINUTE, 5 * MINUTE, 15 * SECOND) == (
        settings.session_gap,
        settings.tail,
        settings.max_future_skew,
        settings.heartbeat,
    )
    assert (("127.0.0.1", 8000), False, "default", None) == (
        settings.listen,
        settings.open,
        settings.default_site,
        settings.input_zone,
    )


def test_three_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Key, value, reason and file, for each."""
    file = tmp_path / "collector.toml"
    told = mistakes(file, 'tail = 5\ntime_zone = "Mars/Olympus"\n[cameras.cam-01]\nsit = "north"\n')

    assert told.startswith("3 mistakes in the settings:\n")
    assert 3 == told.count(f"(from {file})")
    for part in ("tail = 5: must be a duration", "time_zone = 'Mars/Olympus': is no time zone", "did you mean site?"):
        assert part in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('session_gap = "745h"', "session_gap = '745h': must be at most 31d"),
        ('session_gap = "59s"', "session_gap = '59s': must be at least 1m"),
        ('tail = "11h"', "tail (11h) must not be longer than session_gap (10h)"),
        ('session_gap = "1m"', "tail (5m) must not be longer than session_gap (1m)"),
        ('trusted_proxies = "::1, 10.1.0.1/16"', "trusted_proxies = '::1, 10.1.0.1/16': must be addresses or networks"),
        ('database = "oracle://host/x"', "database = 'oracle://host/x': oracle:// databases are not"),
        ('max_future_skew = "25h"', "max_future_skew = '25h': must be at most 1d"),
        ('heartbeat = "999ms"', "heartbeat = '999ms': must be at least 1s"),
        ('time_zone = "../../etc/passwd"', "is no time zone"),
        ('time_zone = "/etc/localtime"', "is no time zone"),
        ('default_site = ""', "default_site = '': it is empty"),
        ('default_site = "*"', "default_site = '*': it cannot be *, which means all sites"),
        ('default_site = "a\\u0000"', "it holds the control character U+0000"),
        ('[cameras."cam\\u0007"]', "it holds the control character U+0007"),
        ("[sites.default.workers]\nW1 = 5", "sites.default.workers.W1 = 5: "),
        ('[sites.north]\ntime_zone = "Berlin"', "sites.north.time_zone = 'Berlin': is no time zone of the tz database"),
        (
            '[sites.north]\ntime_zone = "localtime"',
            "= 'localtime': is a time zone of this machine alone; name it as browsers",
        ),
        ('time_zone = "posix/Europe/Berlin"', "= 'posix/Europe/Berlin': is a time zone of this machine alone"),
        (f"{SHIFT}{SHIFT}", "sites.north.shifts: 2 shifts are called 'morning' (from "),
        (SHIFT.replace("06:00", "25:00"), "sites.north.shifts[0].start = '25:00': must be a time of day such as"),
        (SHIFT.replace("14:00", "24:00"), "sites.north.shifts[0].end = '24:00': must be a time of day such as"),
        (SHIFT.replace("14:00", "2 pm"), "sites.north.shifts[0].end = '2 pm': must be a time of day such as"),
        (SHIFT.replace("14:00", "14:00:30"), "sites.north.shifts[0].end = '14:00:30': must be a time of day"),
        (
            SHIFT.replace('"14:00"', "14:00:00"),
            "sites.north.shifts[0].end = datetime.time(14, 0): must be a time of day",
        ),
        (SHIFT.replace("morning", " "), "sites.north.shifts[0].name = ' ': it is empty"),
        (SHIFT.replace("name", "nam"), "sites.north.shifts[0].nam: no such key; did you mean name?"),
        (SHIFT.replace('end = "14:00"', ""), "sites.north.shifts[0].end: is missing"),
        (f'{SHIFT}weekdays = ["Mo"]', "sites.north.shifts[0].weekdays: 'Mo' is no day; they are called mon, tue, wed,"),
        (f"{SHIFT}weekdays = []", "sites.north.shifts[0].weekdays: must be a list of days such as"),
        (f'{SHIFT}weekdays = "mon"', "sites.north.shifts[0].weekdays = 'mon': must be a list of days such as"),
        (
            '[names]\nviewer = "shown"',
            "names.viewer = 'shown': Input should be 'hidden'",
        ),
        ('[names]\nadmin = "shown"', "names.admin = 'shown': Input should be 'hidden'"),
        ("[sites.north]\nshifts = 3", "sites.north.shifts = 3: "),
    ],
)
def test_a_value_out_of_bounds_is_told(tmp_path: Path, text: str, told: str) -> None:
    """In the unit it was written in, with the reason."""

    assert told in mistakes(tmp_path / "collector.toml", text)


def test_a_camera_belongs_where_the_settings_place_it(tmp_path: Path) -> None:
    """Else, and without a camera, to the default site."""
    file = tmp_path / "collector.toml"
    file.write_text('default_site = "south"\n[cameras.cam-01]\nsite = "north"\n[cameras.cam-02]\n', encoding="utf-8")
    settings = load(file)

    assert ["north", "south", "south", "south"] == [
        settings.site_of(camera) for camera in ("cam-01", "cam-02", "cam-03", None)
    ]


def test_a_shift_is_read_from_the_wall(tmp_path: Path) -> None:
    """Every day unless days are named, the first of which is Monday; one name may stand in several sites."""
    file = tmp_path / "collector.toml"
    days = 'weekdays = ["sun", "mon", "mon"]\n'
    file.write_text(f"{SHIFT}{SHIFT.replace('morning', 'b')}{days}{SHIFT.replace('north', 'south')}", encoding="utf-8")
    sites = load(file).sites

    assert [("morning", time(6), time(14), {0, 1, 2, 3, 4, 5, 6}), ("b", time(6), time(14), {0, 6})] == [
        (shift.name, shift.start, shift.end, set(shift.weekdays)) for shift in sites["north"].shifts
    ]
    assert ["morning"] == [shift.name for shift in sites["south"].shifts]


def test_the_database_is_a_file_or_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is named, else a file in the state folder; of servers only PostgreSQL."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    assert tmp_path / "collector.db" == load(None).database_file()
    assert Path("other.db") == load(None, database="other.db").database_file()
    assert (None, "postgresql://host/x") == (
        load(None).database_url,
        load(None, database="postgresql://host/x").database_url,
    )
    with pytest.raises(SettingsInvalid, match="mysql://"):
        load(None, database="mysql://host/lineside")


def test_keys_that_do_not_fit_together_are_told_with_the_others(tmp_path: Path) -> None:
    """A tail, a proxy and a database, each of which alone would stop the program, are mended in one go."""
    told = mistakes(
        tmp_path / "collector.toml", 'tail = "11h"\ntrusted_proxies = "all"\ndatabase = "mysql://x"\nheartbeat = "0s"\n'
    )

    assert told.startswith("4 mistakes in the settings:\n")
    for part in (
        "tail (11h) must not be longer",
        "trusted_proxies = 'all'",
        "database = 'mysql://x'",
        "heartbeat = '0s'",
    ):
        assert part in told


def test_an_open_collector_listens_anywhere() -> None:
    """Whoever insists may."""

    assert ("0.0.0.0", 1) == load(None, listen="0.0.0.0:1", open=True).listen  # noqa: S104 - nothing listens here


@pytest.mark.parametrize(
    ("retention", "kept"),
    [
        ({}, (None, None, None)),
        ({"events": "14d", "person_hours": "30d"}, (14, 30, None)),
        ({"events": "14d", "person_hours": "30d", "workstation_hours": "30d"}, (14, 30, 30)),
        ({"events": "14d"}, (14, None, None)),
    ],
)
def test_each_class_is_kept_as_long_as_what_it_is_made_of(
    retention: dict[str, str], kept: tuple[int | None, ...]
) -> None:
    """In days."""
    settings = CollectorSettings.model_validate({"retention": retention})

    assert kept == tuple(None if each is None else each // (24 * HOUR) for each in settings.kept_for)


@pytest.mark.parametrize(
    ("retention", "said"),
    [
        ({"events": "23h"}, "greater than or equal"),
        ({"events": "14d", "person_hours": "14d"}, "longer than retention.events by session_gap"),
        (
            {"events": "14d", "person_hours": "30d", "workstation_hours": "29d"},
            "must not be shorter than retention.person_hours",
        ),
        # Events that are kept tell all the rest: what would do nothing is not taken as if it did.
        (
            {"person_hours": "30d"},
            "retention.person_hours does nothing without retention.events: .* set retention.events",
        ),
        (
            {"events": "14d", "workstation_hours": "60d"},
            "retention.workstation_hours does nothing without retention.person_hours",
        ),
    ],
)
def test_a_class_that_would_go_too_early_is_a_mistake(retention: dict[str, str], said: str) -> None:
    """Each class is kept longer than the one it is made of."""
    with pytest.raises(ValueError, match=said):
        CollectorSettings.model_validate({"retention": retention})
