"""A site with a key stores workers by pseudonyms: in no file of the collector is an id, and every number is as it was."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collector.cli import main
from collector.pseudonyms import pseudonym
from collector.settings import CollectorSettings
from shared.errors import SettingsInvalid
from tests.collector.web.test_forgetting import files_with
from tests.support.collector import envelope, item, running_collector

WORKER = "Wilhelmina-4711"
KEY = b"0123456789abcdef"
DAY = [
    item("10:00", WORKER, "working", workstation_id="S1"),
    item("10:30", WORKER, "product_count", workstation_id="S1", count=3),
    item("10:40", WORKER, "idle", workstation_id="S1"),
]


def _sites(folder: Path) -> Mapping[str, Any]:
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


def _agent(camera: str) -> dict[str, Any]:
    agent: dict[str, Any] = envelope([], camera=camera)["agent"]
    return agent | {"seqs": [[1, len(DAY)]], "last_seq": len(DAY)}
