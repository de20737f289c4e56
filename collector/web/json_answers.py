"""Answers as JSON, made away from the loop: while a large one is put together, the others are answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from collector.metrics.written import written

Made = Callable[[], Mapping[str, Any] | Sequence[Any]]


async def json_answer(make: Made, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return as JSON what a function makes, which is called in a thread of its own."""
    body = await asyncio.to_thread(lambda: written(make()))
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)
