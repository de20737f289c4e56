"""Names of workers are shown or hidden by role; ids, numbers and the names of workstations stay."""

from pathlib import Path

from collector.control import service_door, socket_of
from collector.grants import Role
from collector.records import NewName
from tests.collector.web.tokens import Headers, session
from tests.support.collector import RunningCollector, item, running_collector

SITES = {"default": {"workers": {"W1": "Amit of the settings"}, "workstations": {"S1": "Assembly"}}}
SECRETS = ("Amit of the settings", "Wanda of the database")
WHOLE = "?from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
PATHS = (f"metrics/workers/{WHOLE}", f"metrics/workers.csv{WHOLE}", f"floor/{WHOLE}", "timeline/?worker_id=W1")


async def begin(running: RunningCollector) -> None:
    """Have two workers whose names come from both places there are."""
    await running.post([item("10:00", "W1", "working"), item("10:00", "W2", "working")])
    async with service_door(socket_of(running.settings.database_file())) as door:
        await door.name([NewName("worker", "default", "W2", "Wanda of the database")])


async def texts(running: RunningCollector, headers: Headers) -> list[str]:
    """Return all that shows workers."""
    answers = [await running.ask("GET", f"/api/{path}", headers=headers) for path in PATHS]

    assert [200] * len(PATHS) == [answer.status for answer in answers]
    return [answer.text for answer in answers]


async def test_names_are_hidden_from_a_role(tmp_path: Path) -> None:
    """In every answer; where it has a name there is the id, and workstations keep theirs."""
    async with running_collector(tmp_path, sites=SITES, names={"supervisor": "hidden"}) as running:
        await begin(running)
        named = await texts(running, {})  # nobody has to say who they are yet
        hidden = await texts(running, await session(running, Role.supervisor))

    assert [True] * len(PATHS) == [any(secret in text for secret in SECRETS) for text in named]
    assert [False] * len(PATHS) == [any(secret in text for secret in SECRETS) for text in hidden]
    assert '"name": "W1"' in hidden[0]
    assert '"name":"Assembly"' in hidden[2]


async def test_names_are_hidden_from_everybody(tmp_path: Path) -> None:
    """While access is not configured, all are one role."""
    async with running_collector(tmp_path, sites=SITES, names={"anyone": "hidden"}) as running:
        await begin(running)
        hidden = await texts(running, {})

    assert [False] * len(PATHS) == [any(secret in text for secret in SECRETS) for text in hidden]


async def test_a_page_of_names_is_not_handed_to_who_sees_none(tmp_path: Path) -> None:
    """The same page has another tag for another role."""
    async with running_collector(tmp_path, sites=SITES, names={"supervisor": "hidden"}) as running:
        await begin(running)
        open_page = await running.get(f"/api/floor/{WHOLE}")
        headers = await session(running, Role.supervisor) | {"If-None-Match": open_page.headers["ETag"]}
        again = await running.ask("GET", f"/api/floor/{WHOLE}", headers=headers)

    assert 200 == again.status
    assert open_page.headers["ETag"] != again.headers["ETag"]
