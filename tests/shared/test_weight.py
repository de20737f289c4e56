"""What a body may weigh: no body of events is refused, and none that would be many times its own size."""

import json

import pytest

from shared.errors import BodyTooLarge
from shared.weight import check_weight
from shared.wire import MAX_BODY_BYTES, MAX_EVENTS, read_body


@pytest.mark.parametrize(
    "piece", [b"[],", b'{"a":1},', b"0,", b'"",', b"[[0]],"], ids=["arrays", "objects", "numbers", "texts", "nested"]
)
@pytest.mark.parametrize(
    "form", [b"[%s0]", b'{"agent": [%s0], "events": []}', b'[{"x": [%s0]}]'], ids=["list", "header", "field"]
)
def test_a_body_of_a_million_little_things_is_refused(piece: bytes, form: bytes) -> None:
    """Wherever in the body they are, before any of them is made."""
    body = form % (piece * ((MAX_BODY_BYTES - 100) // len(piece)))

    with pytest.raises(BodyTooLarge, match="more than 200,000 values, or 150,000 arrays and objects"):
        read_body(body)


def test_the_fullest_body_of_events_is_light() -> None:
    """10,000 events, each with every field and three that nobody knows, and some brackets in their texts."""
    one = {
        "timestamp": "2026-01-15T10:00:00Z",
        "worker_id": "[W1], {hall 3}",
        "workstation_id": '\\",[[[\\',
        "event_type": "working",
        "confidence": 0.5,
        "count": 1,
        "box": [1, 2, 3, 4],
        "model": {"name": "m", "version": [1, 2]},
        "notes": [],
    }
    body = json.dumps([one] * MAX_EVENTS).encode()[:MAX_BODY_BYTES]

    check_weight(body)
