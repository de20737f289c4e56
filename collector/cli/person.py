"""`collector person`: what is stored about one person, for whoever has a right to be told."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from collector.cli.access_log import look_row
from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.records import EventQuery
from collector.settings import CollectorSettings
from collector.storage.base import KEPT_REFUSALS
from collector.storage.named_in_items import names
from collector.web.events_api import event_row
from collector.web.rejected_api import rejected_row
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, print_json

A_PAGE = 10_000


@click.command()
@click.argument("worker")
@click.option("--site", help="Where the worker is known.  [default: the only site that has one]")
@click.option("--export", is_flag=True, help="Print all of it as JSON, not only how much it is.")
@database_option
@config_option
@ends_with_exit_code
def person(*, worker: str, site: str | None, export: bool, database: str | None, config: Path | None) -> int:
    """Tell what is stored about WORKER: name, events, hours, refused items, and who looked at them.

    A running collector is not disturbed. What agents and backups hold is not in it.
    """
    told = asyncio.run(_told(settings_from(config, database), worker, site=site))
    if export:
        print_json(told)
        return 0
    parts = (("event", "events"), ("hour", "hours"), ("refused item", "refused"), ("line", "looks"))
    events, hours, refused, looks = (counted(len(told[part]), one) for one, part in parts)
    erased = "" if told["erased_at"] is None else f", erased {told['erased_at']}"
    click.echo(
        f"worker {told['worker_id']} of site {told['site']}{erased}: {events}, {hours} at workstations, {refused}, "
        f"{looks} of the access log"
    )
    return 0


async def _told(settings: CollectorSettings, worker: str, *, site: str | None) -> dict[str, Any]:
    async with read_storage(settings) as storage:
        told = await storage.person(worker, site=site)
        query = EventQuery(sites=[told["site"]], worker_id=worker, limit=A_PAGE)
        told["events"] = []
        while events := await storage.events(query):
            told["events"] += [event_row(event) for event in events]
            query = replace(query, after=events[-1].key)
        kept = await storage.refusals([told["site"]], most=KEPT_REFUSALS)
        told["refused"] = [rejected_row(each) for each in kept if names(each.refusal, worker)]
        told["looks"] = [look_row(look) for look in await storage.looks(worker_id=worker, site=told["site"])]
    named = settings.sites.get(told["site"])
    return told if named is None else told | {"name": named.workers.get(worker, told["name"])}
