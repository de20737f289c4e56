"""A running collector for each test of its addresses."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.collector import RunningCollector, running_collector


@pytest.fixture
async def collector(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that listens, its database empty."""
    async with running_collector(tmp_path) as running:
        yield running
