"""Settings of a program: where they come from, how they are written, and how mistakes are told."""

import os
import pwd
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from shared.errors import SettingsInvalid
from shared.instants import HOUR, MINUTE, SECOND
from shared.settings_file import Address, Duration, ProgramSettings, Size, load_settings, state_folder


class Link(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "http://127.0.0.1:8000"
    timeout: Duration = 30 * SECOND


class Example(ProgramSettings):
    """Settings of a program that does not exist."""

    listen: Address = ("127.0.0.1", 8600)
    heartbeat: Annotated[Duration, Field(ge=SECOND, le=HOUR)] = 15 * SECOND
    max_size: Annotated[Size, Field(ge=1024)] = 1024**3
    verbose: bool = False
    retries: Annotated[int, Field(ge=1)] = 3
    link: Link = Link()
    mirrors: list[Link] = Field(default_factory=list)

    @model_validator(mode="after")
    def _heartbeat_fits(self) -> "Example":
        if self.heartbeat > 2 * self.link.timeout:
            raise ValueError("heartbeat must not be longer than two link.timeout")
        return self


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EXAMPLE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the settings file is."""
    return tmp_path / "example.toml"


def load(file: Path | None = None, **flags: Any) -> Example:
    """Return the settings; a flag's dots are written as two underscores here."""
    return load_settings(
        Example, prefix="EXAMPLE_", file=file, flags={key.replace("__", "."): value for key, value in flags.items()}
    )


def mistakes(file: Path | None = None, **flags: Any) -> str:
    """Return what is said of settings with mistakes."""
    with pytest.raises(SettingsInvalid) as refused:
        load(file, **flags)
    return str(refused.value)


def test_a_program_runs_without_any_settings() -> None:
    """Every key has a default."""

    assert (("127.0.0.1", 8600), 15 * SECOND, 30 * SECOND) == (load().listen, load().heartbeat, load().link.timeout)


def test_flags_beat_the_environment_and_that_beats_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key by key, also inside a table; a flag that was not given beats nothing."""
    file.write_text('heartbeat = "1s"\nmax_size = "1MiB"\n[link]\nurl = "http://file"\ntimeout = "1m"\n')
    monkeypatch.setenv("EXAMPLE_MAX_SIZE", "2MiB")
    monkeypatch.setenv("EXAMPLE_LINK__URL", "http://environment")
    settings = load(file, link__url="http://flag", max_size=None, listen=None)

    assert (SECOND, 2 * 1024**2, "http://flag", MINUTE) == (
        settings.heartbeat,
        settings.max_size,
        settings.link.url,
        settings.link.timeout,
    )


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("0s", 0),
        ("1ms", 1_000),
        ("200ms", 200_000),
        ("15s", 15 * SECOND),
        ("5m", 5 * MINUTE),
        ("10h", 10 * HOUR),
        ("7d", 168 * HOUR),
        ("007s", 7 * SECOND),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, microseconds: int) -> None:
    """Inside it is microseconds."""

    assert microseconds == TypeAdapter(Duration).validate_python(text)


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 m", "m", "-5s", "+5s", "1.5h", "5M", "5min", "1h30m", "٣s", "5s\n", " 5s", 5, 5.0, True, None],
    ids=repr,
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    """A bare number could be seconds or minutes: it is never guessed."""
    with pytest.raises(ValidationError, match="must be a duration such as"):
        TypeAdapter(Duration).validate_python(text)


@pytest.mark.parametrize(
    ("text", "size"), [("0B", 0), ("512B", 512), ("512KiB", 524_288), ("64MiB", 67_108_864), ("1GiB", 1_073_741_824)]
)
def test_a_size_is_a_number_with_a_binary_unit(text: str, size: int) -> None:
    """Inside it is bytes."""

    assert size == TypeAdapter(Size).validate_python(text)


@pytest.mark.parametrize("text", ["", "5", "5KB", "5kib", "5 KiB", "-1B", "1.5GiB", "1TiB", "٣B", 512, None], ids=repr)
def test_what_is_no_size_is_refused(text: object) -> None:
    """KB means two things, so it means none here."""
    with pytest.raises(ValidationError, match="must be a size such as"):
        TypeAdapter(Size).validate_python(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    """Also in IPv6; port 0 takes a free one."""

    assert address == TypeAdapter(Address).validate_python(text)


@pytest.mark.parametrize(
    "text",
    ["", "8000", ":8000", "host", "host:", "host:65536", "host:-1", "host:8o", "host:٣", "h:" + "9" * 99, 8000],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_address_is_refused(text: object) -> None:
    """Host and port are both written."""
    with pytest.raises(ValidationError, match="must be an address such as"):
        TypeAdapter(Address).validate_python(text)


def test_all_mistakes_are_told_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its key, its value, the reason, and where it was read."""
    file.write_text('heartbeat = "often"\n[link]\ntimeout = 30\n')
    monkeypatch.setenv("EXAMPLE_MAX_SIZE", "plenty")
    lines = mistakes(file, listen="nowhere").splitlines()

    assert "4 mistakes in the settings:" == lines[0]
    assert {
        "  listen = 'nowhere': must be an address such as \"127.0.0.1:8000\" (from a flag)",
        '  max_size = \'plenty\': must be a size such as "512KiB", "64MiB" or "1GiB" (from the environment)',
        f'  heartbeat = \'often\': must be a duration such as "200ms", "15s", "5m", "10h" or "7d" (from {file})',
        f'  link.timeout = 30: must be a duration such as "200ms", "15s", "5m", "10h" or "7d" (from {file})',
    } == set(lines[1:])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('hartbeat = "1s"', "hartbeat: no such key; did you mean heartbeat?"),
        ('[link]\ntimout = "1s"', "link.timout: no such key; did you mean timeout?"),
        ('[edge_agent]\nheartbeat = "1s"', "edge_agent: no such key (from "),
        ("link = 5", "link = 5: "),
        ("link = [1, 2]", "link: "),
        ("[[mirrors]]\n[[mirrors]]\ntimeout = 30", "mirrors[1].timeout = 30: must be a duration"),
        ('[[mirrors]]\ntimout = "1s"', "mirrors[0].timout: no such key; did you mean timeout?"),
        ("[mirrors]\n0 = 5", "mirrors: "),
        ("listen = 8600", "listen = 8600: must be an address"),
        ('heartbeat = "10ms"', "heartbeat = '10ms': must be at least 1s (from "),
        ('heartbeat = "2h"', "heartbeat = '2h': must be at most 1h (from "),
        ('max_size = "1B"', "max_size = '1B': must be at least 1KiB (from "),
        ('verbose = "perhaps"', "verbose = 'perhaps': "),
        ("heartbeat = ", "is not TOML: "),
        ('heartbeat = "1s"\nheartbeat = "2s"', "is not TOML: "),
    ],
)
def test_a_mistake_in_the_file_is_told_in_words(file: Path, text: str, told: str) -> None:
    """A key that does nothing here is a mistake, a bound is told in its unit, broken TOML is told with its place."""
    file.write_text(text)

    assert told in mistakes(file)
    assert str(file) in mistakes(file)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("LINK", "{", "link = '{': must be a table; in the environment, a JSON object (from the environment)"),
        ("LINK", "5", "link = 5: must be a table"),
        ("MIRRORS", "[", "mirrors = '[': "),
        ("RETRIES", "0", "retries = '0': must be at least 1 (from the environment)"),
    ],
)
def test_a_mistake_in_the_environment_is_told_with_the_others(
    name: str, text: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its key and value, also where it is not even JSON; a bound of a plain number has no unit."""
    monkeypatch.setenv(f"EXAMPLE_{name}", text)
    message = mistakes(heartbeat="often")

    assert message.startswith("2 mistakes in the settings:\n")
    assert told in message


def test_a_file_may_begin_with_a_byte_order_mark(file: Path) -> None:
    """Some editors put one before the text; it means nothing."""
    file.write_bytes(b'\xef\xbb\xbfheartbeat = "1s"\n')

    assert SECOND == load(file).heartbeat


def test_a_mistake_of_two_keys_together_is_told_beside_others(file: Path) -> None:
    """Nobody mends one thing and then learns of the next."""
    file.write_text('heartbeat = "1h"\nmax_size = "1B"\n')

    assert "heartbeat must not be longer than two link.timeout" in mistakes(file)
    assert "max_size = '1B'" in mistakes(file)


def test_a_mistake_of_two_keys_together_tells_of_them_alone(file: Path) -> None:
    """Neither every setting nor an origin that nobody knows is printed with it."""
    file.write_text('heartbeat = "1h"\nmax_size = "1MiB"\n')

    assert "1 mistake in the settings:\n  heartbeat must not be longer than two link.timeout" == mistakes(file)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"\x00"])
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes | None) -> None:
    """Not there, not UTF-8, not text."""
    if content is not None:
        file.write_bytes(content)

    assert str(file) in mistakes(file)


def test_settings_do_not_change(file: Path) -> None:
    """What a program was started with holds until it ends."""
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.heartbeat = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/lineside"}, "/var/lib/lineside"),
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a"),
        ({"STATE_DIRECTORY": "", "XDG_STATE_HOME": "/state"}, "/state/lineside/example"),
        (
            {"STATE_DIRECTORY": "", "XDG_STATE_HOME": "", "HOME": "/users/ann"},
            "/users/ann/.local/state/lineside/example",
        ),
    ],
)
def test_data_belong_into_the_state_folder(
    environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service manager's, else the user's."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert Path(folder) == state_folder("example")


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of no account, as in a container: there is no place for data unless one is named."""

    def unknown(_: int) -> None:
        raise KeyError

    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(SettingsInvalid, match="no home folder"):
        state_folder("example")
