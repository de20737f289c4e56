"""What every answer has in common, and the page that describes them all."""

import re
from html.parser import HTMLParser

import pytest

from collector.web.manners import COMPRESSED_FROM_BYTES
from collector.web.openapi import document
from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, envelope, item

MANY = [item(f"10:{number // 60:02}:{number % 60:02}", f"W{number}", "working") for number in range(600)]


@pytest.mark.parametrize("given", ["proxy-7.a_B", None, "", "a b", "x" * 65, "<b>"])
async def test_a_request_has_a_name(collector: RunningCollector, given: str | None) -> None:
    """That of a proxy if it is one, and one of our own otherwise."""
    headers = {} if given is None else {"X-Request-Id": given}
    found = (await collector.ask("GET", "/healthz", headers=headers)).headers["X-Request-Id"]

    assert (found == given) is (given == "proxy-7.a_B")
    assert re.fullmatch(r"[0-9a-f]{16}|proxy-7.a_B", found)


async def test_requests_have_different_names(collector: RunningCollector) -> None:
    """Also on one connection."""
    names = {(await collector.get("/healthz")).headers["X-Request-Id"] for _ in range(3)}

    assert 3 == len(names)


@pytest.mark.parametrize(("path", "allowed"), [("/api/app/", "POST"), ("/api/events/", "GET,HEAD")])
async def test_an_address_says_what_is_possible(collector: RunningCollector, path: str, allowed: str) -> None:
    """And nothing about other origins."""
    answer = await collector.ask("OPTIONS", path)

    assert (204, f"{allowed},OPTIONS", b"") == (answer.status, answer.headers["Allow"], answer.content)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_another_origin_is_told_nothing(collector: RunningCollector) -> None:
    """A preflight of a stranger's page."""
    answer = await collector.ask("OPTIONS", "/api/app/", headers={"Origin": "https://elsewhere.example"})

    assert 403 == answer.status


PATHS = ["/api/metrics/workers/", "/api/metrics/workers.csv", "/api/events/", "/api/events.csv", "/api/floor/"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_large_answer_is_packed_for_who_unpacks(collector: RunningCollector, path: str) -> None:
    """The same bytes inside; plain for everybody else."""
    await collector.post(MANY)
    window = "?from=2026-01-15T10:00:00Z&to=2026-01-15T12:00:00Z"
    plain = await collector.ask("GET", path + window, headers={"Accept-Encoding": "identity"})
    packed = await collector.ask("GET", path + window, headers={"Accept-Encoding": "br, gzip"})
    refused = await collector.ask("GET", path + window, headers={"Accept-Encoding": "gzip;q=0"})

    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert "gzip" == packed.headers["Content-Encoding"]
    assert plain.content == packed.content == refused.content  # the client has unpacked it
    assert {"Accept-Encoding"} == {answer.headers["Vary"] for answer in (plain, packed, refused)}
    assert len(plain.content) > COMPRESSED_FROM_BYTES
    if "Content-Length" in packed.headers:
        assert int(packed.headers["Content-Length"]) < len(plain.content) / 3


async def test_a_small_answer_is_not_packed(collector: RunningCollector) -> None:
    """It would not be sent faster."""
    answer = await collector.ask("GET", "/api/metrics/factory/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers


class Links(HTMLParser):
    """Collects what a page refers to and what can be referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.to: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the targets of one element."""
        found = dict(attrs)
        self.to += [value for name in ("href", "src") if (value := found.get(name))]
        self.anchors += [value for value in [found.get("id")] if value]
        assert "style" not in found
        assert tag not in ("script", "style")


async def test_the_reference_names_every_address_and_object(collector: RunningCollector) -> None:
    """Each once, and all that it refers to is there, on this server."""
    await collector.post(EVENTS)
    answer = await collector.get("/api/reference/")
    links = Links()
    links.feed(answer.text)
    described = document()

    assert ("text/html", 200) == (answer.headers["Content-Type"].split(";")[0], answer.status)
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    assert all(f" {path}</code></h3>" in answer.text for path in described["paths"])
    assert len(links.anchors) == len(set(links.anchors))
    assert set(described["components"]["schemas"]) <= set(links.anchors)
    assert not {link for link in links.to if link.startswith("#")} - {f"#{anchor}" for anchor in links.anchors}
    for link in {link for link in links.to if not link.startswith("#")}:
        assert link.startswith("/")
        assert 200 == (await collector.get(link)).status


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/reference/"])
async def test_the_description_is_not_sent_again(collector: RunningCollector, path: str) -> None:
    """Until it is another one, whether it was packed or not."""
    sent = await collector.get(path)
    packed = await collector.ask("GET", path, headers={"Accept-Encoding": "gzip"})
    known = await collector.ask("GET", path, headers={"If-None-Match": sent.headers["ETag"]})
    other = await collector.ask("GET", path, headers={"If-None-Match": 'W/"0123456789abcdef"'})

    assert [200, 200, 304, 200] == [answer.status for answer in (sent, packed, known, other)]
    assert {sent.headers["ETag"]} == {answer.headers["ETag"] for answer in (packed, known, other)}
    assert (b"", sent.content) == (known.content, other.content)
    assert sent.headers["Content-Security-Policy"] == known.headers["Content-Security-Policy"]


TAGGED = ["workers/", "workstations/", "factory/", "hours/"]


@pytest.mark.parametrize(
    "path",
    [*(f"/api/metrics/{what}" for what in TAGGED), "/api/cameras/", "/api/timeline/?worker_id=W1", "/api/events/"],
)
async def test_a_table_is_not_sent_again_until_it_is_another(collector: RunningCollector, path: str) -> None:
    """By the tag of its bytes, packed or not; no browser keeps it."""
    window = {"/api/cameras/": ""}.get(
        path, f"{'&' if '?' in path else '?'}from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
    )
    await collector.post(envelope([item("10:00", "W1", "working")]))
    sent = await collector.get(path + window)
    known = {"If-None-Match": sent.headers["ETag"]}
    again = await collector.ask("GET", path + window, headers=known)
    await collector.post(envelope([item("10:01", "W1", "product_count", count=3)], epoch="e2", pending=7))
    other = await collector.ask("GET", path + window, headers=known)

    assert (200, 304, b"", 200) == (sent.status, again.status, again.content, other.status)
    assert sent.headers["ETag"] == again.headers["ETag"] != other.headers["ETag"]
    assert {"no-store"} == {answer.headers["Cache-Control"] for answer in (sent, again, other)}
    assert sent.headers.get("Lineside-Window-To") == again.headers.get("Lineside-Window-To")


async def test_rejected_items_are_not_sent_again_until_there_is_another(collector: RunningCollector) -> None:
    """By the tag of their bytes."""
    await collector.post([item("10:00", "W1", "dancing")])
    sent = await collector.get("/api/rejected/")
    known = {"If-None-Match": sent.headers["ETag"]}
    again = await collector.ask("GET", "/api/rejected/", headers=known)
    await collector.post([item("10:01", "W1", "dancing")])
    other = await collector.ask("GET", "/api/rejected/", headers=known)

    assert (200, 304, b"", 200) == (sent.status, again.status, again.content, other.status)
    assert (1, 2) == (len(sent.json), len(other.json))


async def test_whoever_asks_who_is_asking_is_told_once(collector: RunningCollector) -> None:
    """By the tag of the answer, as of every other."""
    sent = await collector.get("/api/me/")
    again = await collector.ask("GET", "/api/me/", headers={"If-None-Match": sent.headers["ETag"]})

    assert (200, 304, b"") == (sent.status, again.status, again.content)
