"""Every route for every role: what is answered, and that nobody sees a person who shall not.

The table is written by hand, not made from the routes: a route that is added has to be thought of here.
"""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from collector.grants import NewPassword, RemoveCamera, Role
from collector.web.routes import ROUTES
from tests.collector.web.tokens import Headers, board_link, camera_token, change, session
from tests.support.collector import JSON, Answer, RunningCollector, envelope, item, running_collector
from tests.support.postgres import Server

PROBLEM, DATA, CSV, PAGE = "application/problem+json", "application/json", "text/csv", "text/"
WORKER, NAME, CAMERA, SITE = "W-4711-secret", "Wanda Hidden", "C-4711", "north-4711"
ROLES = (
    "none",
    "agent of another site",
    "agent",
    "viewer",
    "board",
    "supervisor",
    "admin",
    "revoked agent",
    "revoked viewer",
    "viewer of another site",
    "supervisor of another site",
    "admin of another site",
)
OF_ANOTHER_SITE = ("viewer of another site", "supervisor of another site", "admin of another site")
"""They are answered as those who see all sites, and told nothing of the north."""
_OPEN = (200, 200, 200, 200, 200, 200, 200, 401, 200, 200, 200, 200)
_FOR_ALL_WHO_LOOK = (401, 403, 403, 200, 200, 200, 200, 401, 401, 200, 200, 200)
_FOR_PERSONS = (401, 403, 403, 403, 403, 200, 403, 401, 401, 403, 200, 403)
_OF_ONE_PERSON = (401, 403, 403, 403, 403, 200, 403, 401, 401, 403, 404, 403)
_PAGE = (303, 403, 403, 200, 200, 200, 200, 401, 303, 200, 200, 200)
_TO_THE_DASHBOARD = (303, 403, 403, 302, 302, 302, 302, 401, 303, 302, 302, 302)
_FOR_ADMINS = (303, 403, 403, 403, 403, 403, 200, 401, 303, 403, 403, 200)
_WRITE = (401, 403, 200, 403, 403, 403, 403, 401, 401, 403, 403, 403)
_LEAD_AWAY = (303, 303, 303, 303, 303, 303, 303, 401, 303, 303, 303, 303)
_WRONG_PASSWORD = (401,) * 12
_NOTHING_THERE = (404, 404, 404, 404, 404, 404, 404, 401, 404, 404, 404, 404)
# What a browser that holds a cookie which ended is asked is the same as of one that holds none; a token that ended is told.
TABLE: Mapping[tuple[str, str], tuple[tuple[int, ...], str]] = {
    ("POST", "/api/app/"): (_WRITE, DATA),
    ("GET", "/api/events/"): (_FOR_PERSONS, DATA),
    ("GET", "/api/events.csv"): (_FOR_PERSONS, CSV),
    ("GET", "/api/metrics/workers/"): (_FOR_PERSONS, DATA),
    ("GET", "/api/metrics/workstations/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/metrics/factory/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/metrics/hours/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/metrics/hours.csv"): (_FOR_ALL_WHO_LOOK, CSV),
    ("GET", "/api/metrics/workers.csv"): (_FOR_PERSONS, CSV),
    ("GET", "/api/metrics/workstations.csv"): (_FOR_ALL_WHO_LOOK, CSV),
    ("GET", "/api/metrics/factory.csv"): (_FOR_ALL_WHO_LOOK, CSV),
    ("GET", "/api/floor/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/timeline/"): (_OF_ONE_PERSON, DATA),
    ("GET", "/api/timeline.csv"): (_OF_ONE_PERSON, CSV),
    ("GET", "/api/cameras/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/cameras.csv"): (_FOR_ALL_WHO_LOOK, CSV),
    ("GET", "/api/rejected/"): (_FOR_PERSONS, DATA),
    ("GET", "/api/rejected.csv"): (_FOR_PERSONS, CSV),
    ("GET", "/api/me/"): (_FOR_ALL_WHO_LOOK, DATA),
    ("GET", "/api/openapi.json"): (_OPEN, DATA),
    ("GET", "/api/reference/"): (_PAGE, PAGE),
    ("GET", "/healthz"): (_OPEN, DATA),
    ("GET", "/readyz"): (_OPEN, DATA),
    ("GET", "/metrics"): (_FOR_ALL_WHO_LOOK, PAGE),
    ("GET", "/login"): (_OPEN, PAGE),
    ("GET", "/login.css"): (_OPEN, PAGE),
    ("GET", "/login.svg"): (_OPEN, "image/svg+xml"),
    ("POST", "/login"): (_WRONG_PASSWORD, PAGE),
    ("POST", "/logout"): (_LEAD_AWAY, ""),
    ("GET", "/board/{token}"): (_NOTHING_THERE, ""),
    ("GET", "/dashboard/admin"): (_FOR_ADMINS, PAGE),
    ("GET", "/dashboard/"): (_PAGE, PAGE),
    ("GET", "/dashboard/{name}"): (_PAGE, PAGE),
    ("GET", "/dashboard/workers/"): (_PAGE, PAGE),
    ("GET", "/dashboard/workers/{id}"): (_PAGE, PAGE),
    ("GET", "/dashboard/stations/"): (_PAGE, PAGE),
    ("GET", "/dashboard/stations/{id}"): (_PAGE, PAGE),
    ("GET", "/dashboard"): (_TO_THE_DASHBOARD, ""),
    ("GET", "/api/Dashboard/"): (_TO_THE_DASHBOARD, ""),
    ("GET", "/"): (_TO_THE_DASHBOARD, ""),
}
QUERIES = dict.fromkeys(("/api/timeline/", "/api/timeline.csv"), f"?worker_id={WORKER}")
BODIES = {
    "/api/app/": (JSON, json.dumps(envelope([item("10:20", WORKER, "idle")], camera=CAMERA, seqs=[[9, 9]])).encode()),
    "/login": ({"Content-Type": "application/x-www-form-urlencoded"}, b"name=amit&password=wrong"),
}


def path_of(route: str) -> str:
    """Return an address that a route serves, with the query that it wants."""
    return route.replace("{name}", "style.css").replace("{token}", "lsb_unknown").replace(
        "{id}", "anybody"
    ) + QUERIES.get(route, "")


@pytest.fixture(params=["sqlite", "postgres"])
async def collector(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector with events of a worker who has a name, and an item that was rejected; on each store."""
    given: dict[str, Any] = {
        "sites": {SITE: {"workers": {WORKER: NAME}}},
        "cameras": {CAMERA: {"site": SITE}},
        "reader_requests_per_second": 10_000,  # an answer that says "too often" would hold nothing, whatever it hides
    }
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        given["database"] = await server.emptied_database()
    async with running_collector(tmp_path, **given) as running:
        await running.post(envelope([item("10:00", WORKER, "working"), {"worker_id": WORKER}], camera=CAMERA))
        yield running


async def headers_of(collector: RunningCollector, role: str) -> Headers:
    """Return what somebody of a role shows; access is configured afterwards."""
    if role == "none":
        await camera_token(collector, "C7")
        return {}
    if role == "board":
        return await board_link(collector, "hall")
    if role.endswith("agent") or role.startswith("agent"):
        is_other = role == "agent of another site"
        headers = await camera_token(collector, "C2" if is_other else CAMERA, site="south" if is_other else SITE)
        if role.startswith("revoked"):
            await change(collector, RemoveCamera(CAMERA))
        return headers
    of = "south" if role in OF_ANOTHER_SITE else None
    headers = await session(collector, Role(role.removeprefix("revoked ").removesuffix(" of another site")), site=of)
    if role.startswith("revoked"):
        await change(collector, NewPassword("viewer", "another"))
    return headers


async def asked(collector: RunningCollector, headers: Headers, *, method: str, route: str) -> Answer:
    """Return the answer of a route."""
    named, body = BODIES.get(route, ({}, None)) if method == "POST" else ({}, None)
    return await collector.ask(method, path_of(route), headers=headers | named, data=body)


def test_every_route_is_in_the_table() -> None:
    """And nothing else is."""

    assert {(route.method, route.path) for route in ROUTES} == set(TABLE)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in OF_ANOTHER_SITE])
async def test_every_route_answers_each_role_as_documented(collector: RunningCollector, role: str) -> None:
    """Status, and what kind of body; an error is a problem, and it holds no person."""
    headers = await headers_of(collector, role)
    for (method, route), (statuses, kind) in TABLE.items():
        if (method, route) == ("POST", "/logout"):
            continue  # below: whoever has done that is somebody else
        answer = await asked(collector, headers, method=method, route=route)
        expected = statuses[ROLES.index(role)]

        assert (route, expected) == (route, answer.status)
        if answer.status >= 400 and route != "/login":
            assert PROBLEM == answer.headers["Content-Type"].partition(";")[0]
        elif answer.status == 200:
            assert answer.headers["Content-Type"].startswith(kind)
    answer = await asked(collector, headers, method="POST", route="/logout")

    assert TABLE["POST", "/logout"][0][ROLES.index(role)] == answer.status


@pytest.mark.parametrize("role", [role for role in ROLES if role != "supervisor" and role not in OF_ANOTHER_SITE])
async def test_a_person_is_nowhere_for_those_who_may_not_see_any(collector: RunningCollector, role: str) -> None:
    """In no answer, header or error text, whatever is asked: neither id nor name; a worker who exists is as one who does not."""
    headers = await headers_of(collector, role)
    queries: tuple[str, ...] = (
        "",
        f"?worker_id={WORKER}",
        f"?site={SITE}",
        "?site=nowhere",
        "?from=2026-01-15T09:00:00Z&to=2026-01-15T11:00:00Z",
    )
    if role not in ("viewer", "board", "admin"):
        queries = queries[1:2]  # others are refused before the query is read
    for method, route in TABLE:
        for query in queries if method == "GET" else ("",):
            address = path_of(route).partition("?")[0]
            answer = await (
                asked(collector, headers, method=method, route=route)
                if method == "POST"
                else collector.ask("GET", address + query, headers=headers)
            )
            # A question that leads to the login goes along, and what was asked is no answer.
            headers_told = [f"{name}: {value}" for name, value in answer.headers.items() if name != "Location"]
            told = f"{headers_told} {answer.content.decode(errors='replace')}".replace(query, "")

            assert (route, query, False, False) == (route, query, NAME in told, WORKER in told)
    known, unknown = [
        await collector.ask("GET", f"/api/timeline/?worker_id={worker}", headers=headers)
        for worker in (WORKER, "nobody")
    ]

    assert (known.status, known.content) == (unknown.status, unknown.content)


async def test_a_supervisor_sees_persons_on_the_floor_and_others_see_the_same_floor_without(
    collector: RunningCollector,
) -> None:
    """The sums are the same; the rows, the timelines and how many there are belong to those who may see persons."""
    known = {role: await session(collector, role) for role in (Role.supervisor, Role.viewer, Role.admin)}
    pages = {role: (await collector.ask("GET", "/api/floor/", headers=shown)).json for role, shown in known.items()}
    supervisor, viewer = pages[Role.supervisor], pages[Role.viewer]

    assert ([WORKER], True) == ([row["worker_id"] for row in supervisor["workers"]], supervisor["shows_persons"])
    assert ([], 0, False) == (viewer["workers"], viewer["workers_left_out"], viewer["shows_persons"])
    assert (supervisor["factory"], supervisor["workstations"]) == (viewer["factory"], viewer["workstations"])
    assert viewer == pages[Role.admin]


async def test_an_unchanged_floor_is_told_apart_by_role(collector: RunningCollector) -> None:
    """What a viewer has in a cache is never taken for what a supervisor may see."""
    tags = set()
    for role in (Role.supervisor, Role.viewer):
        tags.add((await collector.ask("GET", "/api/floor/", headers=await session(collector, role))).headers["ETag"])

    assert 2 == len(tags)


@pytest.mark.parametrize("role", OF_ANOTHER_SITE)
async def test_who_belongs_to_a_site_is_told_nothing_of_another(collector: RunningCollector, role: str) -> None:
    """By no route: no name of a site, a camera, a station or a worker, no count; whatever goes on there, the answers stay the same."""
    north = await camera_token(collector, CAMERA, site=SITE)
    await camera_token(collector, "C-south", site="south")
    headers = await headers_of(collector, role)
    routes = [
        (method, route, query)
        for method, route in TABLE
        if route != "/logout"
        for query in (("", f"?site={SITE}", "?site=nowhere") if method == "GET" and route not in QUERIES else ("",))
    ]

    async def told() -> dict[tuple[str, str, str], tuple[int, str]]:
        found = {}
        for method, route, query in routes:
            given = headers | (BODIES.get(route, ({}, None))[0] if method == "POST" else {})
            body = BODIES.get(route, ({}, None))[1] if method == "POST" else None
            answer = await collector.ask(method, path_of(route) + query, headers=given, data=body)
            found[method, route, query] = (answer.status, answer.content.decode(errors="replace"))
        return found

    before = await told()
    more = [item("10:30", f"{WORKER}-2", "working", workstation_id="S-4711-2"), {"worker_id": f"{WORKER}-2"}]
    await collector.ask(
        "POST",
        "/api/app/",
        headers=north | JSON,
        data=json.dumps(envelope(more, camera=CAMERA, seqs=[[3, 4]])).encode(),
    )
    after = await told()

    asked_in_words = {(method, route, query) for method, route, query in routes if WORKER in path_of(route) or query}
    assert [] == [where for where, (_, text) in before.items() if "4711" in text and where not in asked_in_words]
    assert [] == [where for where in routes if before[where] != after[where]]
    assert {
        (method, route): statuses[ROLES.index(role)]
        for (method, route), (statuses, _) in TABLE.items()
        if route != "/logout"
    } == {(method, route): status for (method, route, query), (status, _) in before.items() if not query}
    assert [] == [
        where[1]
        for where in routes
        if where[2] == f"?site={SITE}" and before[where] != before[(*where[:2], "?site=nowhere")]
    ]
