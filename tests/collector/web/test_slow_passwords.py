"""What happens while a password is tried: the one who tries it hangs up, or the password is changed meanwhile."""

import asyncio

from argon2 import PasswordHasher

from collector.grants import AddPerson, NewPassword, Role
from collector.passwords import hashed
from collector.web.attempts import Attempts
from collector.web.login import Logins
from collector.web.peers import Peers
from tests.collector.web.test_login import HASH, PASSWORD, on_each_store, tried
from tests.collector.web.tokens import change
from tests.support.collector import NOON_AFTER, RunningCollector
from tests.support.fake_clock import FakeClock

__all__ = ["on_each_store"]

OLD = "the password before"
SLOW = PasswordHasher(time_cost=60, memory_cost=4 * 1024, parallelism=1).hash(OLD)
"""Takes some tenths of a second, for what a hash costs stands in it."""


async def test_who_hangs_up_keeps_the_turn_until_the_password_is_tried() -> None:
    """A thread cannot be cancelled: let out at once, a crowd that comes and goes would have any number of them at work."""
    logins = Logins(Attempts(FakeClock()), peers=Peers(()))
    first = asyncio.create_task(logins.fits("whatever it is", stored=SLOW))
    for _ in range(5):
        await asyncio.sleep(0)
    first.cancel()
    second = asyncio.create_task(logins.fits(PASSWORD, stored=HASH))
    for _ in range(5):
        await asyncio.sleep(0)

    assert not first.done()
    await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
    assert (True, False) == (first.cancelled(), second.done())
    assert await second


async def test_a_password_that_is_changed_while_it_is_tried_opens_nothing(on_each_store: RunningCollector) -> None:
    """The session would outlive the change, which ends all others."""
    await change(on_each_store, AddPerson("eve", Role.supervisor, None, SLOW, NOON_AFTER))
    login = asyncio.create_task(tried(on_each_store, "eve", OLD))
    await on_each_store.get("/readyz")  # by then the form has come
    await change(on_each_store, NewPassword("eve", hashed("the next password")))
    answer = await login

    assert (401, False) == (answer.status, "Set-Cookie" in answer.headers)
