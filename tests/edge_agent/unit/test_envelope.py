"""What travels is what both ends read alike."""

import json
from dataclasses import replace

from edge_agent.delivery.batching import Epoch
from edge_agent.delivery.envelope import EARLIER, PROTOCOL, Header, envelope
from shared import wire
from tests.support.fake_clock import START

HEADER = Header(
    camera='Kamera "7"',
    version="0.1.0",
    batch="b1",
    sent_at=START,
    epoch=Epoch("e1", 1, 12),
    seqs=((1, 2), (9, 9)),
    watermark=START - 1,
    pending=4,
    oldest_pending_at=None,
    watched=((START - 9, START - 5), (START - 3, START - 1)),
)
PAYLOADS = [b'{"a":1}', b'{"a":"\xc3\xa9"}', b"{}"]


def test_the_collector_reads_the_header_that_was_meant() -> None:
    """Every field arrives, instants to the microsecond."""
    body = wire.read_body(envelope(HEADER, PAYLOADS))
    expected = wire.AgentHeader.model_validate(
        {
            "protocol": PROTOCOL,
            "camera": 'Kamera "7"',
            "version": "0.1.0",
            "batch": "b1",
            "sent_at": "2026-01-15T10:00:00Z",
            "epoch": "e1",
            "seqs": [(1, 2), (9, 9)],
            "last_seq": 12,
            "watermark": "2026-01-15T09:59:59.999999Z",
            "watched": [
                ("2026-01-15T09:59:59.999991Z", "2026-01-15T09:59:59.999995Z"),
                ("2026-01-15T09:59:59.999997Z", "2026-01-15T09:59:59.999999Z"),
            ],
            "pending": 4,
        }
    )

    assert wire.PROTOCOL == PROTOCOL
    assert expected == body.agent
    assert [{"a": 1}, {"a": "é"}, {}] == body.items


def test_a_header_names_every_field_of_the_wire() -> None:
    """What the collector knows of is said, null where there is nothing."""
    written = json.loads(envelope(HEADER, PAYLOADS))["agent"]

    assert set(wire.AgentHeader.model_fields) == set(written)


def test_no_reason_makes_a_header_that_is_refused() -> None:
    """One with a line break, or of any length, that an older program has stored: it goes as one short line."""
    skipped = ((3, 4, "wrong station\nsee\tticket"), (5, 5, "x" * 300), (6, 6, "ok\u0085"))
    agent = wire.read_body(envelope(replace(HEADER, skipped=skipped), PAYLOADS)).agent

    assert agent is not None
    assert [(3, 4, "wrong station see ticket"), (5, 5, "x" * 200), (6, 6, "ok ")] == agent.skipped


def test_an_empty_envelope_is_a_heartbeat() -> None:
    """No numbers, no events, and still an envelope."""
    body = wire.read_body(envelope(replace(HEADER, seqs=()), []))

    assert [] == body.items
    assert body.agent is not None
    assert [] == body.agent.seqs


def test_numbers_of_earlier_epochs_are_skipped() -> None:
    """An epoch that begins at 8 will never hold 1 to 7, and says so, or they would look lost."""
    body = wire.read_body(envelope(replace(HEADER, epoch=Epoch("e2", 8, 9), seqs=((8, 9),)), [b"{}", b"{}"]))

    assert body.agent is not None
    assert [(1, 7, EARLIER)] == body.agent.skipped
