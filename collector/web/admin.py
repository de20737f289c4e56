"""What those who run the collector need to see, at `/dashboard/admin`: who has access, the settings in force, and what is kept how long.

No worker's data, and nothing of a site that whoever asks does not see; people and boards of all sites see that one, too.
"""

import asyncio
from collections.abc import Sequence
from html import escape

from aiohttp import web

from collector import retaining
from collector.metrics.copies_told import copy_sentences
from collector.storage.kept_copies import kept_copies
from collector.web.access import Viewer
from collector.web.context import CLOCK, REPORTS, SETTINGS, STORAGE
from collector.web.pages import CONTENT_SECURITY_POLICY
from collector.web.settings_shown import settings_in_force
from shared.instants import format_instant

Rows = Sequence[tuple[object, ...]]


async def admin(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the page."""
    app, sites = request.app, viewer.sites
    storage, settings, now = app[STORAGE], app[SETTINGS], app[CLOCK].now()
    kept = await retaining.told(storage, settings.kept_for, now=now, sites=sites)
    is_file = settings.database_url is None
    copies = await asyncio.to_thread(kept_copies, settings.database_file()) if is_file else []
    cameras = [
        (one.camera, one.site, one.tokens, _day(one.newest_at), "paused" if one.is_paused else "")
        for one in await storage.access.cameras(now=now)
        if sites is None or one.site in sites
    ]
    people = [
        (one.name, one.role.value, one.site or "all", _day(one.created_at))
        for one in await storage.access.people()
        if sites is None or one.site is None or one.site in sites
    ]
    boards = [
        (one.name, one.site or "all", _day(one.created_at))
        for one in await storage.access.boards()
        if sites is None or one.site is None or one.site in sites
    ]
    in_force = [
        (one.key, one.value, "default" if one.is_default else "settings")
        for one in settings_in_force(settings, rules=storage.rules, sites=sites)
    ]
    asked = await storage.access.is_configured()
    parts = [
        _list("What is kept how long", kept),
        "<p>The service looks once an hour; <code>collector purge --dry-run</code> counts what would go.</p>",
        _list("Copies beside the database", copy_sentences(copies, now=now)),
        _list("Warnings", await app[REPORTS].warnings(sites=sites)),
        _table("Who may log in", ("name", "role", "site", "since"), rows=people),
        _table("Cameras", ("camera", "site", "valid tokens", "newest token", ""), rows=cameras),
        _table("Wall boards", ("board", "site", "since"), rows=boards),
        _table("Settings in force", ("key", "value", "from"), rows=in_force),
        "" if asked else "<p>Nobody has been given access: whoever reaches this address may do everything.</p>",
    ]
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return web.Response(text=_page("".join(parts)), content_type="text/html", charset="utf-8", headers=headers)


def _page(content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Admin · Lineside</title>
<link rel="icon" href="/dashboard/icon.svg">
<link rel="stylesheet" href="/dashboard/reference.css">
</head>
<body>
<header><h1>Admin</h1><p><a href="/dashboard/">Dashboard</a> <a href="/api/reference/">API</a></p></header>
<main>
{content}
<p>Changes are made by <code>collector users</code>, <code>collector cameras</code> and <code>collector boards</code>, and in the settings.</p>
</main>
</body>
</html>
"""


def _list(title: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return f"<h2>{title}</h2><ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>\n"


def _table(title: str, heads: tuple[str, ...], *, rows: Rows) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>None.</p>\n"
    head = "".join(f'<th scope="col">{name or "<span>paused</span>"}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td><bdi>{escape(str(cell))}</bdi></td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"


def _day(at: int | None) -> str:
    return "" if at is None else format_instant(at)[:10]
