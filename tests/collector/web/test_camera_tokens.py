"""Cameras send with tokens: whose events they may send, where these belong, and how a token ends."""

import json
from pathlib import Path

import pytest

from collector.control import service_door, socket_of
from collector.grants import PauseCamera, RemoveCamera, RenewToken, Role, digest_of
from shared.errors import BadRequest, NotFound
from shared.instants import HOUR
from tests.collector.web.tokens import Headers, bearer, camera_token, change, session
from tests.support.collector import JSON, NOON_AFTER, RunningCollector, envelope, item, running_collector

GOOD = item("10:00", "W1", "working")


async def sent(collector: RunningCollector, headers: Headers, *, camera: str = "C1", body: object = None) -> int:
    """Return the status of the answer to an envelope of a camera."""
    content = json.dumps(envelope([GOOD], camera=camera) if body is None else body).encode()
    return (await collector.ask("POST", "/api/app/", data=content, headers=JSON | headers)).status


async def stored(collector: RunningCollector) -> list[tuple[str, str]]:
    """Return site and camera of all stored events, as a supervisor sees them."""
    headers = await session(collector, Role.supervisor)
    found = (await collector.ask("GET", "/api/events/", headers=headers)).json["events"]
    return [(event["site"], event["camera"]) for event in found]


async def test_a_token_writes_for_its_camera_and_site_alone(collector: RunningCollector) -> None:
    """Another's events are refused with 403 and not stored; what comes under no name is the camera's own."""
    headers = await camera_token(collector, "C1", site="north")
    statuses = [
        await sent(collector, headers),
        await sent(collector, headers, camera="C2"),
        await sent(collector, headers, body=[item("10:01", "W1", "idle")]),
    ]

    assert [200, 403, 200] == statuses
    assert [("north", "C1")] * 2 == await stored(collector)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("lsc_no-such-token"),
        bearer(""),
        bearer("lsc_" + "x" * 5_000),
        bearer("lsc_ä"),
        {"Authorization": "Basic YTpi"},
        {"Cookie": "lineside=lsc_no-such-token"},
    ],
    ids=["none", "unknown", "empty", "long", "not ascii", "basic", "cookie"],
)
async def test_from_the_first_token_on_nobody_else_writes_or_reads(
    collector: RunningCollector, headers: Headers
) -> None:
    """401 with the way to say who one is, and nothing is stored."""
    await camera_token(collector, "C1")
    refused = [
        await collector.ask("POST", "/api/app/", data=json.dumps([GOOD]).encode(), headers=JSON | headers),
        await collector.ask("GET", "/api/metrics/factory/", headers=headers),
    ]

    assert [(401, 'Bearer realm="lineside"')] * 2 == [(one.status, one.headers["WWW-Authenticate"]) for one in refused]
    assert [] == await stored(collector)


async def test_a_camera_reads_nothing(collector: RunningCollector) -> None:
    """Its token is for sending: every table is 403, and in a cookie it is nothing at all."""
    headers = await camera_token(collector, "C1")
    token = headers["Authorization"].removeprefix("Bearer ")
    paths = ("/api/metrics/workers/", "/api/metrics/factory/", "/api/cameras/", "/api/events/", "/dashboard/style.css")

    assert {403} == {(await collector.ask("GET", path, headers=headers)).status for path in paths}
    assert 401 == await sent(collector, {"Cookie": f"lineside={token}"})


async def test_a_new_token_and_the_old_one_hold_together_for_a_while(collector: RunningCollector) -> None:
    """Rotation refuses nothing: the old one ends when it was said to, the new one does not."""
    old = await camera_token(collector, "C1")
    await change(collector, RenewToken("C1", digest_of("lsc_new"), NOON_AFTER, NOON_AFTER + HOUR))
    new = bearer("lsc_new")
    during = [await sent(collector, old), await sent(collector, new)]
    collector.clock.advance(3_600)

    assert [200, 200] == during
    assert [401, 200] == [await sent(collector, old), await sent(collector, new)]


async def test_a_revoked_token_is_refused_at_once(collector: RunningCollector) -> None:
    """The events that it has sent stay, and nobody waits for the camera any more."""
    await camera_token(collector, "C2")
    headers = await camera_token(collector, "C1")
    before = await sent(collector, headers)
    await change(collector, RemoveCamera("C1"))
    after = await sent(collector, headers)
    supervisor = await session(collector, Role.supervisor)
    cameras = (await collector.ask("GET", "/api/cameras/", headers=supervisor)).json
    events = (await collector.ask("GET", "/api/events/", headers=supervisor)).json["events"]

    assert (200, 401, 1) == (before, after, len(events))
    assert [("C1", "Paused"), ("C2", "New")] == [(row["camera"], row["state"]) for row in cameras]


async def test_a_paused_camera_keeps_its_events(collector: RunningCollector) -> None:
    """403 with the way back, so that its agent keeps them; afterwards they are taken."""
    headers = await camera_token(collector, "C1")
    await change(collector, PauseCamera("C1", is_paused=True))
    body = json.dumps(envelope([GOOD])).encode()
    refused = await collector.ask("POST", "/api/app/", data=body, headers=JSON | headers)
    await change(collector, PauseCamera("C1", is_paused=False))

    assert (403, "camera_paused") == (refused.status, refused.json["code"])
    assert "collector cameras resume C1" in refused.json["detail"]
    assert 200 == await sent(collector, headers)


async def test_a_camera_stays_where_its_token_says(tmp_path: Path) -> None:
    """Whatever the settings say of its site: the token's comes first."""
    async with running_collector(tmp_path, cameras={"C1": {"site": "south"}}) as collector:
        headers = await camera_token(collector, "C1", site="north")
        await sent(collector, headers)

        assert [("north", "C1")] == await stored(collector)


async def test_a_camera_that_has_events_elsewhere_gets_no_token(collector: RunningCollector) -> None:
    """Its events would be at two sites; without a site it gets one for where they are."""
    await collector.post(envelope([GOOD], camera="C1"))
    with pytest.raises(BadRequest, match="has its events at site default, not at north"):
        await camera_token(collector, "C1", site="north")

    assert 200 == await sent(collector, await camera_token(collector, "C1"))


async def test_a_second_first_token_is_refused(collector: RunningCollector) -> None:
    """With the command that makes another one; a camera that nobody knows has none to renew."""
    await camera_token(collector, "C1")
    with pytest.raises(BadRequest, match="collector cameras token C1 makes another"):
        await camera_token(collector, "C1")
    with pytest.raises(NotFound, match="collector cameras add C9 makes it known"):
        await change(collector, RenewToken("C9", digest_of("lsc_new"), NOON_AFTER, NOON_AFTER))


async def test_a_site_that_is_renamed_takes_its_tokens_along(collector: RunningCollector) -> None:
    """What they send is at the site, whatever it is called."""
    headers = await camera_token(collector, "C1", site="north")
    await sent(collector, headers)
    await rename(collector, "north", "arctic")
    await sent(collector, headers, body=[item("10:01", "W1", "idle")])

    assert [("arctic", "C1")] * 2 == await stored(collector)


async def rename(collector: RunningCollector, old: str, new: str) -> None:
    """Give a site another name through the door that commands use."""
    async with service_door(socket_of(collector.settings.database_file())) as door:
        await door.rename_site(old, new)


async def test_a_list_for_another_site_than_that_of_a_cameras_token_is_refused(tmp_path: Path) -> None:
    """It would be stored where the token says, and not where the operator does."""
    async with running_collector(tmp_path) as collector:
        await camera_token(collector, "C1", site="north")
        async with service_door(socket_of(collector.settings.database_file())) as door:
            with pytest.raises(BadRequest, match="its token, at site north, not at default"):
                await door.take_in(json.dumps(GOOD).encode(), site="default", camera="C1")
            taken = await door.take_in(json.dumps(GOOD).encode(), site="north", camera="C1")

    assert 1 == taken["accepted"]
