"""Logging in: who gets a session, what its cookie is like, how it ends, and how often a password may be tried."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from collector.grants import AddPerson, NewPassword, RemovePerson, Role
from collector.passwords import hashed
from tests.collector.web.tokens import board_link, camera_token, change
from tests.support.collector import NOON_AFTER, Answer, RunningCollector, running_collector
from tests.support.postgres import Server

PASSWORD = "correct horse battery staple"
HASH = hashed(PASSWORD)
PAST = "/api/floor/?to=2026-01-15T00:00:00Z"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector where amit, a supervisor, has a password, and a proxy on loopback is trusted."""
    async with running_collector(tmp_path, trusted_proxies="127.0.0.1") as collector:
        await change(collector, AddPerson("amit", Role.supervisor, None, HASH, NOON_AFTER))
        yield collector


@pytest.fixture(params=["sqlite", "postgres"])
async def on_each_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return the same on each store: for what is looked up and changed there."""
    given = {}
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        given["database"] = await server.emptied_database()
    async with running_collector(tmp_path, **given) as collector:
        await change(collector, AddPerson("amit", Role.supervisor, None, HASH, NOON_AFTER))
        yield collector


async def tried(collector: RunningCollector, name: str, password: str, *, further: str = "", **headers: str) -> Answer:
    """Return the answer to the form."""
    form = urlencode({"name": name, "password": password, "next": further}).encode()
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return await collector.ask("POST", "/login", data=form, headers=FORM | named)


def cookie_of(answer: Answer) -> dict[str, str]:
    """Return the headers with which a browser shows the cookie that an answer set."""
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


async def sees_workers(collector: RunningCollector, headers: dict[str, str]) -> int:
    """Return the status of a question after persons."""
    return (await collector.ask("GET", "/api/metrics/workers/", headers=headers)).status


async def test_a_password_opens_a_session_and_leads_on(asking: RunningCollector) -> None:
    """To the page that wanted a login; the cookie is for this host, and for no script."""
    wanted = await asking.get("/dashboard/style.css")
    form = await asking.get(wanted.headers["Location"])
    further = re.search(r'name="next" value="([^"]*)"', form.text)
    entered = await tried(asking, "amit", PASSWORD, further=further[1] if further else "")

    assert (303, "/login?next=/dashboard/style.css", 200) == (wanted.status, wanted.headers["Location"], form.status)
    assert (303, "/dashboard/style.css") == (entered.status, entered.headers["Location"])
    told = entered.headers["Set-Cookie"]
    assert re.fullmatch(r"lineside=lss_[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=Lax", told), told
    assert 200 == await sees_workers(asking, cookie_of(entered))


async def test_the_page_needs_no_script_and_no_other_host(asking: RunningCollector) -> None:
    """It is made here; its look is in a file that strangers may see, and what they wanted is text in it."""
    page = await asking.get("/login?next=/dashboard/%22%3E%3Cscript%3E")
    style = await asking.get("/login.css")

    assert ("text/html; charset=utf-8", 200) == (page.headers["Content-Type"], style.status)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "&quot;&gt;&lt;script&gt;" in page.text


@pytest.mark.parametrize(
    ("name", "password"),
    [("amit", "wrong password"), ("nobody", PASSWORD), ("amit", ""), ("", ""), ("amit\0", PASSWORD)],
)
async def test_what_does_not_fit_says_no_more_than_that(asking: RunningCollector, name: str, password: str) -> None:
    """The same words for a wrong name and a wrong password, and no cookie."""
    answer = await tried(asking, name, password)

    assert (401, False) == (answer.status, "Set-Cookie" in answer.headers)
    assert "That name and password are not known here." in answer.text


@pytest.mark.parametrize(
    "further",
    [
        "//evil.example/",
        "https://evil.example/",
        "/dashboard/..//evil.example",
        "/dashboard/\\evil",
        "/login",
        "\r\nX: y",
    ],
)
async def test_a_login_leads_to_the_dashboard_and_nowhere_else(asking: RunningCollector, further: str) -> None:
    """A link with another place in it is of no use to whoever made it."""
    answer = await tried(asking, "amit", PASSWORD, further=further)

    assert (303, "/dashboard/") == (answer.status, answer.headers["Location"])


async def test_with_tls_the_cookie_goes_over_tls_alone(asking: RunningCollector) -> None:
    """Also where a trusted proxy speaks it: the cookie has the name that browsers take from this host only."""
    answer = await tried(asking, "amit", PASSWORD, X_Forwarded_For="192.0.2.7", X_Forwarded_Proto="https")
    told = answer.headers["Set-Cookie"]

    assert told.startswith("__Host-lineside=lss_")
    assert "Secure" in told


@pytest.mark.parametrize("way", ["logout", "passwd", "remove", "time"])
async def test_a_session_ends(on_each_store: RunningCollector, way: str) -> None:
    """By logging out, by another password, by removal, and after login_lasts; its cookie opens nothing then."""
    asking = on_each_store
    cookie = cookie_of(await tried(asking, "amit", PASSWORD))
    before = await sees_workers(asking, cookie)
    if way == "logout":
        left = await asking.ask("POST", "/logout", headers=cookie)
        assert (303, "Max-Age=0" in left.headers["Set-Cookie"]) == (left.status, True)
    elif way == "passwd":
        await change(asking, NewPassword("amit", HASH))
    elif way == "remove":
        await change(asking, RemovePerson("amit"))
    else:
        asking.clock.advance(12 * 3_600)

    assert (200, 401) == (before, await sees_workers(asking, cookie))


async def test_who_logs_out_without_a_session_changes_nothing(on_each_store: RunningCollector) -> None:
    """Nothing is written, and no page is made anew for others."""
    cookie = cookie_of(await tried(on_each_store, "amit", PASSWORD))
    await on_each_store.ask("GET", PAST, headers=cookie)  # the first look is noted, which is a write
    floor = await on_each_store.ask("GET", PAST, headers=cookie)
    left = await on_each_store.ask("POST", "/logout", headers={"Cookie": "lineside=lss_x"})
    again = await on_each_store.ask("GET", PAST, headers=cookie | {"If-None-Match": floor.headers["ETag"]})

    assert (303, "/login", 304) == (left.status, left.headers["Location"], again.status)


async def test_other_pages_cannot_log_in_or_out(asking: RunningCollector) -> None:
    """A browser names the page that sends; that of another origin, or of none, is refused."""
    cookie = cookie_of(await tried(asking, "amit", PASSWORD))
    for origin in ("http://evil.example", "null", asking.url.replace("http:", "https:")):
        assert 403 == (await tried(asking, "amit", PASSWORD, Origin=origin)).status
        assert 403 == (await asking.ask("POST", "/logout", headers=cookie | {"Origin": origin})).status

    assert 303 == (await tried(asking, "amit", PASSWORD, Origin=asking.url)).status
    assert 200 == await sees_workers(asking, cookie)


async def test_a_cookie_sends_no_events(asking: RunningCollector) -> None:
    """Events want a camera's token in a header, which no page of another origin can make a browser send."""
    cookie = cookie_of(await tried(asking, "amit", PASSWORD))
    answer = await asking.ask("POST", "/api/app/", data=b"[]", headers=cookie | {"Content-Type": "application/json"})

    assert 403 == answer.status


async def test_after_ten_wrong_passwords_there_is_a_pause(asking: RunningCollector) -> None:
    """Of a minute, for the address that tried them, the right password included; another address comes in as that name meanwhile."""
    wrong = [(await tried(asking, "amit", "x", X_Forwarded_For="192.0.2.7")).status for _ in range(10)]
    refused = await tried(asking, "amit", PASSWORD, X_Forwarded_For="192.0.2.7")
    other = await tried(asking, "amit", PASSWORD, X_Forwarded_For="192.0.2.99")
    asking.clock.advance(60)
    after = await tried(asking, "amit", PASSWORD, X_Forwarded_For="192.0.2.7")

    assert ([401] * 10, 429, "60") == (wrong, refused.status, refused.headers["Retry-After"])
    assert (303, 303) == (other.status, after.status)


async def test_who_has_logged_in_is_not_kept_out_by_others(asking: RunningCollector) -> None:
    """Where a name has logged in, attempts at other names from there pause whoever is new there, and not that name."""
    home = "192.0.2.99"
    await tried(asking, "amit", PASSWORD, X_Forwarded_For=home)
    wrong = [(await tried(asking, f"n{number}", "x", X_Forwarded_For=home)).status for number in range(11)]
    entered = await tried(asking, "amit", PASSWORD, X_Forwarded_For=home)
    guessed = [(await tried(asking, "amit", "x", X_Forwarded_For=home)).status for _ in range(11)]

    assert [401] * 10 + [429] == wrong == guessed
    assert 303 == entered.status


async def test_an_address_that_tries_many_names_is_paused_too(asking: RunningCollector) -> None:
    """Whichever names; what it writes into X-Forwarded-For before the trusted proxy's own entry does not help it."""
    wrong = [
        (await tried(asking, f"n{number}", "x", X_Forwarded_For=f"203.0.113.{number}, 192.0.2.7")).status
        for number in range(11)
    ]
    other = await tried(asking, "amit", PASSWORD, X_Forwarded_For="192.0.2.8")

    assert [401] * 10 + [429] == wrong
    assert 303 == other.status


async def test_a_right_password_is_no_wrong_one(asking: RunningCollector) -> None:
    """Logging in often is not trying passwords."""

    assert {303} == {(await tried(asking, "amit", PASSWORD)).status for _ in range(12)}


async def test_a_form_that_is_none_is_refused(asking: RunningCollector) -> None:
    """Too large, too many fields, another type, nothing at all: a short problem each."""
    statuses = [
        (await asking.ask("POST", "/login", data=body, headers=headers)).status
        for body, headers in [
            (b"name=" + b"a" * 5_000, FORM),
            (b"&".join(b"n=1" for _ in range(50)), FORM),
            (b"{}", {"Content-Type": "application/json"}),
            (b"\xff\xfe=\x00", FORM),
            (b"", FORM),
        ]
    ]

    assert [413, 400, 415, 401, 401] == statuses


async def test_a_board_is_let_in_by_its_link(asking: RunningCollector) -> None:
    """The link is out of the address afterwards; it shows the factory and no person; removed, it leads nowhere."""
    token = (await board_link(asking, "hall"))["Authorization"].removeprefix("Bearer ")
    opened = await asking.get(f"/board/{token}")
    cookie = cookie_of(opened)
    floor = await asking.ask("GET", "/api/floor/", headers=cookie)

    assert (303, "/dashboard/board") == (opened.status, opened.headers["Location"])
    assert (200, 403) == (floor.status, await sees_workers(asking, cookie))
    assert [404, 404] == [(await asking.get(f"/board/{text}")).status for text in ("lsb_other", "%00%ff")]


async def test_a_boards_link_logs_nobody_out(on_each_store: RunningCollector) -> None:
    """Whoever opens it stays who they are, whichever came first; logging out leaves a board's screen a board, and once more ends that."""
    asking = on_each_store
    token = (await board_link(asking, "hall"))["Authorization"].removeprefix("Bearer ")
    browser: dict[str, str] = {}

    async def seen(*answers: Answer) -> list[int]:
        for answer in answers:
            for told in answer.headers.getall("Set-Cookie", []):  # type: ignore[attr-defined]
                name, _, value = told.partition(";")[0].partition("=")
                browser[name] = value.strip('"')
        return [
            (await asking.ask("GET", path, headers=shown())).status for path in ("/api/metrics/workers/", "/api/floor/")
        ]

    def shown() -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.items() if value)}

    as_supervisor = await seen(await tried(asking, "amit", PASSWORD))
    opened = await seen(await asking.ask("GET", f"/board/{token}", headers=shown()))
    left = await seen(await asking.ask("POST", "/logout", headers=shown()))
    again = await seen(await tried(asking, "amit", PASSWORD, **shown()))
    await seen(await asking.ask("POST", "/logout", headers=shown()))
    gone = await seen(await asking.ask("POST", "/logout", headers=shown()))

    assert ([200, 200], [200, 200], [403, 200], [200, 200]) == (as_supervisor, opened, left, again)
    assert ([401, 401], {"lineside": "", "lineside-board": ""}) == (gone, browser)


async def test_who_need_not_log_in_is_led_on(collector: RunningCollector) -> None:
    """While access is not configured there is nothing to log in to; with cameras alone the page says what to do."""
    before = await collector.get("/login")
    await camera_token(collector, "C1")
    after = await collector.get("/login")

    assert (303, "/dashboard/") == (before.status, before.headers["Location"])
    assert "collector users add NAME" in after.text


async def test_the_api_says_who_is_asking(asking: RunningCollector) -> None:
    """Name, role, sites, and whether persons are shown."""
    cookie = cookie_of(await tried(asking, "amit", PASSWORD))
    told = (await asking.ask("GET", "/api/me/", headers=cookie)).json

    assert {"name": "amit", "role": "supervisor", "sites": None, "shows_persons": True} == told
