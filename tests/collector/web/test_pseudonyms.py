"""A site with a key stores workers by pseudonyms: in no file of the collector is an id, and every number is as it was."""

import asyncio
import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collector.cli import main
from collector.control import service_door, socket_of
from collector.pseudonyms import pseudonym
from collector.records import NewName
from collector.settings import CollectorSettings
from shared.errors import BadRequest, SettingsInvalid
from tests.collector.web.test_forgetting import files_with
from tests.support.collector import envelope, item, running_collector

WORKER = "Wilhelmina-4711"
KEY = b"0123456789abcdef"
DAY = [
    item("10:00", WORKER, "working", workstation_id="S1"),
    item("10:30", WORKER, "product_count", workstation_id="S1", count=3),
    item("10:40", WORKER, "idle", workstation_id="S1"),
]


def _sites(folder: Path) -> dict[str, Any]:
    file = folder / "north.key"
    file.write_bytes(KEY + b"\n")
    return {"default": {"pseudonym_key_file": str(file)}}


async def test_no_id_reaches_the_disk(tmp_path: Path) -> None:
    """Neither of an event nor of an item that is none; the same worker is the same again."""
    async with running_collector(tmp_path, sites=_sites(tmp_path)) as running:
        await running.post(DAY)
        again = (await running.post([*DAY, {"worker_id": WORKER}])).json
        (row,) = await running.metrics("workers")
        (refused,) = (await running.get("/api/rejected/")).json
        found = await asyncio.to_thread(files_with, tmp_path, WORKER)

    assert (3, 1) == (again["duplicates"], again["rejected"])
    assert (pseudonym(WORKER, key=KEY), 40.0, 3) == (row["worker_id"], row["working_minutes"], row["units_produced"])
    assert ("missing_field", "withheld: this site keeps pseudonyms") == (refused["code"], refused["item"])
    assert [] == found


async def test_another_site_keeps_its_ids(tmp_path: Path) -> None:
    """The key is the site's."""
    cameras = {"C9": {"site": "east"}}
    async with running_collector(tmp_path, sites=_sites(tmp_path), cameras=cameras) as running:
        for camera in (None, "C9"):
            body = DAY if camera is None else {"agent": _agent(camera), "events": DAY}
            await running.post(body)
        rows = await running.metrics("workers")

    assert [("default", pseudonym(WORKER, key=KEY)), ("east", WORKER)] == [
        (row["site"], row["worker_id"]) for row in rows
    ]


async def test_a_camera_that_is_placed_elsewhere_sends_to_the_key_of_the_site_where_it_stays(tmp_path: Path) -> None:
    """Its events go where it has events, whatever the settings say by now: live, and by an import; ids do not."""
    async with running_collector(tmp_path, sites=_sites(tmp_path)) as running:
        await running.post({"agent": _agent("C1", events=1), "events": DAY[:1]})
    async with running_collector(tmp_path, sites=_sites(tmp_path), cameras={"C1": {"site": "east"}}) as running:
        await running.post({"agent": _agent("C1"), "events": DAY})
        async with service_door(socket_of(running.settings.database_file())) as door:
            lines = "\n".join(json.dumps(each) for each in DAY).encode()
            taken = await door.take_in(lines, site=None, camera="C1")
        (row,) = await running.metrics("workers")

    assert (3, "default", pseudonym(WORKER, key=KEY)) == (taken["duplicates"], row["site"], row["worker_id"])


async def test_a_name_is_given_to_a_pseudonym_and_to_no_id(tmp_path: Path) -> None:
    """An id in a file of names would be stored with it."""
    known = NewName("worker", "default", pseudonym(WORKER, key=KEY), "the tall one")
    async with running_collector(tmp_path, sites=_sites(tmp_path)) as running:
        await running.post(DAY)
        async with service_door(socket_of(running.settings.database_file())) as door:
            await door.name([known, NewName("workstation", "default", "S1", "Press")])
            with pytest.raises(BadRequest, match="is none: nothing was named"):
                await door.name([known, replace(known, id=WORKER)])
        (row,) = await running.metrics("workers")

    assert "the tall one" == row["name"]
    assert [] == await asyncio.to_thread(files_with, tmp_path, WORKER)


async def test_a_site_with_pseudonyms_takes_its_key_along(tmp_path: Path) -> None:
    """Under a new name it would store ids: it gets that name once the settings have the same key for it."""
    for sites, is_done in ((_sites(tmp_path), False), (_sites(tmp_path) | {"new": _sites(tmp_path)["default"]}, True)):
        async with running_collector(tmp_path, sites=sites) as running:
            await running.post(DAY)
            async with service_door(socket_of(running.settings.database_file())) as door:
                with nullcontext() if is_done else pytest.raises(BadRequest, match="another pseudonym key for new"):
                    await door.rename_site("default", "new")

    assert is_done


def test_an_operator_is_told_what_somebody_is_called(tmp_path: Path) -> None:
    """By the same key, wherever the command runs; a site without a key has no pseudonyms."""
    config = tmp_path / "collector.toml"
    config.write_text(f'[sites.default]\npseudonym_key_file = "{_sites(tmp_path)["default"]["pseudonym_key_file"]}"\n')
    told = CliRunner().invoke(main, ["pseudonym", WORKER, "--site", "default", "--config", str(config)])
    refused = CliRunner().invoke(main, ["pseudonym", WORKER, "--site", "east", "--config", str(config)])

    assert (0, f"{pseudonym(WORKER, key=KEY)}\n") == (told.exit_code, told.stdout)
    assert (2, True) == (refused.exit_code, "has no pseudonym_key_file" in refused.stderr)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), (b"short", "holds 5 bytes, at least 16 are wanted")]
)
def test_a_key_that_is_none_is_a_mistake(tmp_path: Path, content: bytes | None, said: str) -> None:
    """The collector does not start: it would store ids."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    settings = CollectorSettings.model_validate({"sites": {"default": {"pseudonym_key_file": str(file)}}})

    with pytest.raises(SettingsInvalid, match=said):
        settings.pseudonym_keys()


def _agent(camera: str, *, events: int = len(DAY)) -> dict[str, Any]:
    agent: dict[str, Any] = envelope([], camera=camera)["agent"]
    return agent | {"seqs": [[1, events]], "last_seq": events}
