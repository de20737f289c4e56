"""Who may try a password, and whom the attempts of others keep out."""

import pytest

from collector.web.attempts import KNOWN_FOR_SECONDS, MOST, MOST_FOR_A_NAME, MOST_KNOWN, WITHIN_SECONDS, Attempts
from shared.errors import TooManyAttempts
from tests.support.fake_clock import FakeClock

HOME, NEW = "192.0.2.1", "192.0.2.2"


def are_taken(attempts: Attempts, name: str, *, address: str, times: int = 1) -> bool:
    """Say whether so many attempts more may be made."""
    try:
        for _ in range(times):
            attempts.begin(name, address=address)
    except TooManyAttempts:
        return False
    return True


def has_been_home(clock: FakeClock) -> Attempts:
    """Return the attempts of a collector where sue has logged in at home."""
    attempts = Attempts(clock)
    attempts.succeed("sue", address=HOME, counted=attempts.begin("sue", address=HOME))
    return attempts


def test_no_address_pauses_a_name_for_others() -> None:
    """It is paused itself, long before the name is."""
    attempts = Attempts(FakeClock())

    assert are_taken(attempts, "sue", address=HOME, times=MOST)
    assert not are_taken(attempts, "sue", address=HOME)
    assert not are_taken(attempts, "tom", address=HOME)
    assert are_taken(attempts, "sue", address=NEW)


def test_many_addresses_pause_a_name_but_not_where_it_has_logged_in() -> None:
    """For a minute; at home another ten may go wrong, and then there is a pause there, too."""
    clock = FakeClock()
    attempts = has_been_home(clock)
    for number in range(MOST_FOR_A_NAME):
        attempts.begin("sue", address=f"198.51.100.{number}")

    assert not are_taken(attempts, "sue", address=NEW)
    assert are_taken(attempts, "sue", address=HOME, times=MOST)
    assert not are_taken(attempts, "sue", address=HOME)
    clock.advance(WITHIN_SECONDS)
    assert are_taken(attempts, "sue", address=NEW)
    assert are_taken(attempts, "sue", address=HOME)


@pytest.mark.parametrize("way", ["time", "others"])
def test_where_somebody_has_logged_in_is_known_for_a_time(way: str) -> None:
    """For 30 days since the last time, and of a bounded number of them; then they are one of the strangers there."""
    clock = FakeClock()
    attempts = has_been_home(clock)
    if way == "time":
        clock.advance(KNOWN_FOR_SECONDS)
    else:
        for number in range(MOST_KNOWN):
            counted = attempts.begin(f"n{number}", address=f"n{number}")
            attempts.succeed(f"n{number}", address=f"n{number}", counted=counted)
    for number in range(MOST):
        attempts.begin(f"m{number}", address=HOME)

    assert not are_taken(attempts, "sue", address=HOME)


def test_what_succeeds_is_no_attempt() -> None:
    """However often, from however many addresses."""
    attempts = Attempts(FakeClock())
    for number in range(3 * MOST_FOR_A_NAME):
        address = f"192.0.2.{number % 5}"
        attempts.succeed("sue", address=address, counted=attempts.begin("sue", address=address))

    assert are_taken(attempts, "sue", address=NEW, times=MOST)
