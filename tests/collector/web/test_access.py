"""Who may ask and who may send: hosts, origins, and what a viewer is allowed to."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from collector.grants import Needs
from collector.ingest import Ingest
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.sqlite import SqliteStorage
from collector.web.access import Viewer
from collector.web.app import make_app
from collector.web.openapi import API_VERSION
from tests.support.collector import JSON, NOON_AFTER, RULES, RunningCollector, envelope, item, running_collector
from tests.support.fake_clock import FakeClock

GOOD = item("10:00", "W1", "working")
Seen = Callable[[Viewer], AbstractAsyncContextManager[RunningCollector]]


@pytest.fixture
def seen_by(tmp_path: Path) -> Seen:
    """Return what runs a collector that everybody asks as the same viewer."""

    @asynccontextmanager
    async def run(viewer: Viewer) -> AsyncIterator[RunningCollector]:
        storage, settings, clock = (
            SqliteStorage.open(tmp_path / "collector.db", rules=RULES),
            CollectorSettings.model_validate({"cameras": {"C1": {"site": "north"}, "C2": {"site": "south"}}}),
            FakeClock(NOON_AFTER),
        )

        async def asked_by(_request: web.Request) -> Viewer:
            return viewer

        ingest = Ingest(storage)
        ingest.start()
        reports = Reports(storage, settings=settings, clock=clock)
        app = make_app(
            storage=storage,
            ingest=ingest,
            reports=reports,
            settings=settings,
            clock=clock,
            viewer_of=asked_by,
        )
        runner = web.AppRunner(app, auto_decompress=False, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as session:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield RunningCollector(url, session=session, clock=clock, settings=settings)
        await runner.cleanup()
        await ingest.stop()
        await storage.close()

    return run


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Host": "evil.example"}, "not one of the collector's"),
        ({"Host": "evil.example:8000"}, "not one of the collector's"),
        ({"Host": "127.0.0.1.evil.example"}, "not one of the collector's"),
        ({"Origin": "http://evil.example"}, "another origin"),
        ({"Origin": "null"}, "another origin"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_strangers_are_refused(
    collector: RunningCollector, method: str, headers: dict[str, str], reason: str
) -> None:
    """A page of another origin, and a name that was made to point here, neither read nor write."""
    path = "/api/app/" if method == "POST" else "/api/events/"
    refused = await collector.ask(method, path, headers=JSON | headers, data=b"[]" if method == "POST" else None)

    assert 403 == refused.status
    assert reason in refused.json["error"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8000", "LOCALHOST:8000"])
async def test_the_names_of_this_machine_are_known(collector: RunningCollector, host: str) -> None:
    """Whatever the port: a forwarded one is another. The page's own origin is known, too."""
    headers = JSON | {"Host": host, "Origin": f"http://{host}"}

    assert 200 == (await collector.ask("POST", "/api/app/", data=b"[]", headers=headers)).status


async def test_an_open_collector_goes_by_any_name(tmp_path: Path) -> None:
    """Whoever opens it gives it a name that it cannot know; pages of other origins stay out."""
    async with running_collector(tmp_path, open=True) as collector:
        answers = [
            (await collector.ask("GET", "/api/events/", headers={"Host": "factory.example"} | more)).status
            for more in ({}, {"Origin": "http://evil.example"})
        ]

    assert [200, 403] == answers


async def test_a_viewer_sees_its_sites_in_every_answer(seen_by: Seen) -> None:
    """Events, tables and cameras of another site are not there; who asks for it is told the same as of one that does not exist."""
    async with seen_by(Viewer()) as collector:
        await collector.post(envelope([GOOD], camera="C1"))
        await collector.post(envelope([item("10:00", "W2", "working")], camera="C2"))
    async with seen_by(Viewer(sites=["north"])) as collector:
        rows = [
            *await collector.stored(),
            *await collector.metrics("workers"),
            *(await collector.get("/api/cameras/")).json,
        ]
        asked = ("events/", "metrics/factory/", "floor/", "cameras/", "rejected/", "metrics/hours/")
        others = [
            [(await collector.get(f"/api/{path}?site={site}")) for path in asked] for site in ("south", "nowhere")
        ]

    assert ["north"] * 3 == [row["site"] for row in rows]
    assert {403} == {answer.status for answers in others for answer in answers}
    assert [each.text.replace("south", "nowhere") for each in others[0]] == [each.text for each in others[1]]


async def test_all_sites_of_the_company_are_for_who_sees_all(seen_by: Seen) -> None:
    """`*` is everything or nothing: who sees some sites is told that, and not shown them for the whole."""
    everywhere = ["/api/metrics/factory/?site=*", "/api/floor/?site=*", "/api/cameras/?site=*", "/api/events/?site=*"]
    async with seen_by(Viewer()) as collector:
        await collector.post(envelope([GOOD], camera="C1"))
        await collector.post(envelope([item("10:00", "W2", "working")], camera="C2"))
        factory, floor, *others = [(await collector.get(path)).json for path in everywhere]
        without = (await collector.get("/api/metrics/factory/")).json
    async with seen_by(Viewer(sites=["north"])) as collector:
        refused = [await collector.get(path) for path in everywhere]

    assert (2, without) == (factory["active_workers"], factory)
    assert ["north", "south"] == [row["site"] for row in floor["workers"]]
    assert [2, 2] == [len(others[0]), len(others[1]["events"])]
    assert {(403, "site: every site is not for you")} == {
        (each.status, each.json["detail"].partition(" (")[0]) for each in refused
    }


@pytest.mark.parametrize(
    ("body", "status", "cameras"),
    [
        (envelope([GOOD], camera="C1"), 200, ["C1"]),
        ([GOOD], 200, ["C1"]),
        (GOOD, 200, ["C1"]),
        (envelope([GOOD], camera="C2"), 403, []),
    ],
    ids=["its own", "a list without a name", "an object", "another's"],
)
async def test_a_sender_writes_its_own_camera_alone(
    seen_by: Seen, body: object, status: int, cameras: list[str]
) -> None:
    """What is sent under no name is the sender's; under another camera's nothing of the body is stored."""
    async with seen_by(Viewer(may_write_camera="C1")) as collector:
        answer = await collector.post(body)

        assert (status, "wrong_camera" if status == 403 else None) == (answer.status, answer.json.get("code"))
        assert cameras == [event["camera"] for event in await collector.stored()]


async def test_strangers_are_not_told_which_version_it_is(seen_by: Seen) -> None:
    """At no address that answers them; who may look is."""
    async with seen_by(Viewer(may=frozenset({Needs.nothing}))) as collector:
        health = await collector.get("/healthz")
        described = await collector.get("/api/openapi.json")
    async with seen_by(Viewer()) as collector:
        known = await collector.get("/healthz")

    assert ({"status": "ok"}, API_VERSION) == (health.json, described.json["info"]["version"])
    assert version("lineside") == known.json["version"]
