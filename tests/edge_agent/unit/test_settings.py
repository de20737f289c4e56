"""Settings of the edge agent: the defaults, the file that documents them, and every mistake named at once."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from edge_agent.settings import ENVIRONMENT_PREFIX, AgentSettings
from shared.errors import SettingsInvalid
from shared.instants import MINUTE, SECOND
from shared.settings_file import load_settings

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "edge-agent.toml"
_DIFFERENT_ON_EVERY_MACHINE = {"camera", "data_dir"}
_EXAMPLES = {"time_zone", "collector.token_file", "collector.ca_file"}


def load(file: Path | None = None, flags: Mapping[str, object] | None = None) -> AgentSettings:
    """Settings as the command reads them."""
    return load_settings(AgentSettings, prefix=ENVIRONMENT_PREFIX, file=file, flags=flags or {})


def written(tmp_path: Path, text: str) -> Path:
    """A settings file."""
    file = tmp_path / "agent.toml"
    file.write_text(text)
    return file


def mistakes(file: Path | None = None, flags: Mapping[str, object] | None = None) -> list[str]:
    """The lines of the error, one a mistake."""
    with pytest.raises(SettingsInvalid) as raised:
        load(file, flags)
    return [line.strip() for line in str(raised.value).splitlines()[1:]]


def test_the_agent_runs_without_any_settings() -> None:
    """Loopback on both sides, and a name."""
    settings = load()

    assert (("127.0.0.1", 8600), "http://127.0.0.1:8000", False) == (
        settings.listen,
        settings.collector.url,
        settings.open,
    )
    assert settings.camera
    assert (15 * SECOND, 5 * MINUTE) == (settings.delivery.heartbeat, settings.source_silent_after)


def test_the_file_in_configs_names_every_key_with_its_default(tmp_path: Path) -> None:
    """With the `#` before each key taken away it is a valid file, and changes nothing."""
    text = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", CONFIG.read_text(encoding="utf-8"))
    given = flat(tomllib.loads(text))
    for key in _EXAMPLES | _DIFFERENT_ON_EVERY_MACHINE:
        text = re.sub(rf"(?m)^{key.rpartition('.')[2]} = .*\n", "", text)
    defaults = load()

    assert keys_of(AgentSettings) == set(given)
    assert defaults == load(written(tmp_path, text))
    assert all(flat(defaults.model_dump())[key] is None for key in _EXAMPLES)


def test_each_key_in_the_file_has_a_reason_above_it() -> None:
    """A comment of its own, not the one of the key before."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"#[a-z_]+ = ", line)]

    assert [] == [lines[number] for number in keys if not lines[number - 1].startswith("# ")]


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Each with key, value, reason and place."""
    file = written(
        tmp_path,
        'time_zone = "Mars/Olympus"\n[delivery]\nlingr = "1s"\nmax_events = 0\n[retry]\nmax = "60"\n',
    )

    assert [
        f"time_zone = 'Mars/Olympus': is no time zone of the tz database; one is called, for example, Europe/Berlin (from {file})",
        f"delivery.max_events = 0: Input should be greater than or equal to 1 (from {file})",
        f"delivery.lingr: no such key; did you mean linger? (from {file})",
        f'retry.max = \'60\': must be a duration such as "200ms", "15s", "5m", "10h" or "7d" (from {file})',
    ] == mistakes(file)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("listen", "0.0.0.0:8600", "set open = true"),
        ("listen", "8600", "must be an address"),
        ("listen", "localhost:99999", "must be an address"),
        ("collector.url", "http://10.1.2.3:8000", "use https, or set allow_insecure = true"),
        ("collector.url", "ftp://collector", "must be an address such as https://"),
        ("collector.url", "https://me:secret@collector", "use token_file"),
        ("collector.url", "https://collector/?a=1", "must be an address such as https://"),
        ("collector.url", "https://collector:99999", "must be an address such as https://"),
        ("collector.timeout", "2h", "must lie between 1s and 1h"),
        ("delivery.max_events", True, "must be a number"),
        ("delivery.max_bytes", "1KiB", "must lie between 16KiB and 3MiB"),
        ("delivery.compression", "zstd", "'gzip' or 'none'"),
        ("buffer.commit_interval", "2s", "must lie between 0ms and 1s"),
        ("buffer.commit_max_events", 0, "greater than or equal to 1"),
        ("buffer.max_size", "512KiB", "must lie between 1MiB and 1024GiB"),
        ("buffer.reserve_size", "0B", "must lie between 1MiB and 1GiB"),
        ("buffer.when_full", "drop_newest", "'reject' or 'drop_oldest'"),
        ("buffer.retain_sent_for", "7", "must be a duration"),
        ("camera", "a\nb", "control character"),
    ],
)
def test_a_value_that_would_not_work_is_refused(key: str, value: object, reason: str) -> None:
    """With a reason that says what would."""
    (mistake,) = mistakes(flags={key: value})

    assert mistake.startswith(f"{key} = {value!r}")
    assert reason in mistake


def test_what_exposes_something_wants_a_second_key() -> None:
    """Then it is meant."""
    settings = load(
        flags={
            "listen": "0.0.0.0:8600",
            "open": True,
            "collector.url": "http://10.1.2.3:8000/",
            "collector.allow_insecure": True,
        }
    )

    assert (("0.0.0.0", 8600), "http://10.1.2.3:8000") == (settings.listen, settings.collector.url)  # noqa: S104


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key by itself."""
    file = written(tmp_path, 'camera = "file"\n[delivery]\nmax_events = 1\nlinger = "1s"\nheartbeat = "1s"\n')
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__MAX_EVENTS", "2")
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__LINGER", "2s")
    settings = load(file, {"delivery.linger": "3s", "camera": None})

    assert ("file", 2, 3 * SECOND, SECOND) == (
        settings.camera,
        settings.delivery.max_events,
        settings.delivery.linger,
        settings.delivery.heartbeat,
    )


def flat(values: dict[str, Any], *, path: str = "") -> dict[str, Any]:
    """The leaves of a nested dict by their dotted keys."""
    leaves: dict[str, Any] = {}
    for key, value in values.items():
        leaves |= flat(value, path=f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return leaves


def keys_of(model: type[BaseModel], *, path: str = "") -> set[str]:
    """Every dotted key of a model."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys |= keys_of(inner, path=f"{path}{name}.")
        else:
            keys.add(f"{path}{name}")
    return keys
