"""The verdict table of delivery, row by row."""

import json
from typing import get_args

import pytest

from edge_agent.delivery.outcome import (
    Answered,
    Bury,
    NoAnswer,
    NoAnswerKind,
    Pause,
    Retry,
    Settle,
    Split,
    Verdict,
    judge,
)
from shared.errors import CameraPaused, WrongCamera
from tests.support.fake_clock import START

JSON = "application/json"
PROBLEM = "application/problem+json"


def answered(status: int, body: object = b"", *, content_type: str = JSON, retry_after: str | None = None) -> Answered:
    """Return an answer; a body that is not bytes is written as JSON."""
    return Answered(status, content_type, retry_after, body if isinstance(body, bytes) else json.dumps(body).encode())


def refusal(status: int, words: str = "worker_id is empty", *, code: str | None = None) -> Answered:
    """Return an answer as our own collector refuses."""
    content = {"type": "about:blank", "title": "…", "status": status, "detail": words, "error": words, "code": code}
    return answered(status, content, content_type=PROBLEM)


def receipt(*, batch: str = "b1", accepted: int = 2) -> dict[str, object]:
    """Return a receipt for a batch of which everything was taken."""
    return {
        "status": "success",
        "accepted": accepted,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
        "results": [],
        "receipt": {"batch": batch, "epoch": "e1", "received_at": "2026-01-15T10:00:00Z", "lacking": []},
    }


def verdict(attempt: Answered | NoAnswer, *, events: int = 2) -> Verdict:
    """Judge an attempt to deliver the batch b1."""
    return judge(attempt, batch="b1", events=events, now=START)


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        # 2xx: a receipt or nothing
        (answered(200, receipt()), Settle),
        (answered(201, receipt()), Settle),
        (answered(200, b"<html>Welcome!</html>", content_type="text/html"), Retry),
        (answered(200, {"status": "success"}), Retry),
        (answered(200, receipt(batch="b2")), Retry),
        (answered(200, receipt(accepted=1)), Retry),
        (answered(204), Retry),
        (answered(200), Retry),
        (answered(200, b'{"status": "success", "accepted": 2, "dupl'), Retry),
        (answered(200, receipt(), content_type="text/html"), Settle),
        (answered(206, b"<html>"), Retry),
        # theirs, and it passes
        (answered(408), Retry),
        (answered(425), Retry),
        (answered(429), Retry),
        (answered(500), Retry),
        (answered(502, b"<html>Bad Gateway</html>", content_type="text/html"), Retry),
        (answered(503), Retry),
        (answered(507), Retry),
        (answered(511, b"<html>Log in</html>", content_type="text/html"), Retry),
        (answered(599), Retry),
        # the batch
        (answered(413), Split),
        (refusal(413), Split),
        (refusal(400), Split),
        (refusal(422), Split),
        # ours, and waiting does not mend it
        (answered(400, b"<html>Bad Request</html>", content_type="text/html"), Pause),
        (answered(422, {"error": "no"}), Pause),
        (answered(400, {"status": 400, "detail": "a gateway's own"}, content_type=PROBLEM), Pause),
        (answered(400, {"status": 400, "detail": "one", "error": "another"}, content_type=PROBLEM), Pause),
        (answered(400, {"status": 422, "detail": "no", "error": "no"}, content_type=PROBLEM), Pause),
        (answered(400, {"status": 400, "detail": "", "error": ""}, content_type=PROBLEM), Pause),
        (answered(400, {"status": 400, "detail": "no", "error": "no"}), Pause),
        (answered(301), Pause),
        (answered(302), Pause),
        (answered(304), Pause),
        (answered(308), Pause),
        (answered(401), Pause),
        (answered(403), Pause),
        (answered(404), Pause),
        (answered(405), Pause),
        (answered(407), Pause),
        (answered(410), Pause),
        (answered(415), Pause),
        (answered(426), Pause),
        (answered(431), Pause),
        # nobody has heard of these
        (answered(402), Pause),
        (answered(418), Pause),
        (answered(451), Pause),
        (answered(101), Pause),
        (answered(999), Pause),
        # no answer at all
        (NoAnswer("dns", "collector.example"), Retry),
        (NoAnswer("refused", "127.0.0.1:8000"), Retry),
        (NoAnswer("unreachable", "no route"), Retry),
        (NoAnswer("timeout", "10 s"), Retry),
        (NoAnswer("reset", "closed"), Retry),
        (NoAnswer("other", "?"), Retry),
        (NoAnswer("tls", "wrong version number"), Pause),
        (NoAnswer("certificate", "self-signed certificate"), Pause),
        (NoAnswer("certificate_name", "IP address mismatch"), Pause),
        (NoAnswer("certificate_expired", "certificate has expired"), Pause),
        (NoAnswer("certificate_early", "certificate is not yet valid"), Pause),
        (NoAnswer("speaks_plain", "wrong version number"), Pause),
        (NoAnswer("speaks_tls", "127.0.0.1:8443"), Pause),
        (NoAnswer("token_file", "No such file"), Pause),
        (NoAnswer("ca_file", "No such file"), Pause),
    ],
)
def test_every_answer_has_its_verdict(attempt: Answered | NoAnswer, expected: type[Verdict]) -> None:
    """What happened decides between settle, retry, split and pause."""

    assert expected is type(verdict(attempt))


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (refusal(400), Bury("refused", "worker_id is empty")),
        (refusal(422), Bury("refused", "worker_id is empty")),
        (refusal(413, "too large"), Bury("too_large", "too large")),
    ],
)
def test_one_event_that_our_collector_refuses_is_buried(attempt: Answered, expected: Verdict) -> None:
    """Alone in its batch, an event is refused for itself, in the collector's own words."""

    assert expected == verdict(attempt, events=1)


@pytest.mark.parametrize("attempt", [answered(413), answered(400), answered(422, b"no", content_type="text/plain")])
def test_one_event_that_a_stranger_refuses_is_kept(attempt: Answered) -> None:
    """Without our problem+json nobody who knows the event has judged it."""

    assert isinstance(verdict(attempt, events=1), Pause)


@pytest.mark.parametrize(
    ("content_type", "events", "expected"), [(JSON, 2, Split), (JSON, 1, Retry), ("text/html", 2, Retry)]
)
def test_a_receipt_that_is_too_long_asks_for_fewer_events(
    content_type: str, events: int, expected: type[Verdict]
) -> None:
    """Ten thousand reasons do not fit into an answer: the next batches are smaller, and the search is for nobody."""
    found = verdict(Answered(200, content_type, None, b'{"status"', is_cut=True), events=events)

    assert expected is type(found)
    assert not isinstance(found, Split) or found.is_too_large


def test_a_camera_that_an_operator_has_paused_has_no_wrong_token() -> None:
    """Whoever reads the status goes to the collector, and does not look for a token."""
    paused, wrong = (verdict(refusal(403, code=error.code)) for error in (CameraPaused, WrongCamera))

    assert isinstance(paused, Pause)
    assert isinstance(wrong, Pause)
    assert ("paused", "token") == (paused.reason, wrong.reason)
    assert "collector cameras resume" in paused.cause


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_heartbeat_is_our_fault(status: int) -> None:
    """An empty envelope holds no event that could be wrong."""

    assert isinstance(verdict(refusal(status), events=0), Pause)


def test_no_status_alone_lets_an_event_go() -> None:
    """Whatever the number is, without a body of our collector every event stays."""
    released = [code for code in range(100, 1_000) if isinstance(verdict(answered(code), events=1), Settle | Bury)]

    assert [] == released


@pytest.mark.parametrize("kind", get_args(NoAnswerKind))
def test_silence_keeps_everything_and_says_why(kind: NoAnswerKind) -> None:
    """No kind of failure is without words, and its detail is among them."""
    found = verdict(NoAnswer(kind, "the detail"))

    assert isinstance(found, Retry | Pause)
    assert "the detail" in (found.reason if isinstance(found, Retry) else found.cause)


@pytest.mark.parametrize("status", [429, 503, 507])
def test_the_wait_that_the_collector_asks_for_is_taken(status: int) -> None:
    """`Retry-After` goes with the verdict, and so do the collector's words."""
    attempt = Answered(status, PROBLEM, "30", refusal(status, "the store is busy").body)

    assert Retry(f"{status}: the store is busy", 30.0) == verdict(attempt)


@pytest.mark.parametrize(("date", "seconds"), [("Thu, 15 Jan 2015 10:00:00 GMT", 60.0), (None, 0.0), ("noon", 0.0)])
def test_a_wait_until_a_date_is_measured_by_the_clock_that_wrote_it(date: str | None, seconds: float) -> None:
    """A camera that thinks it is years later would come at once, and one of 1970 after a quarter of an hour."""
    until = "Thu, 15 Jan 2015 10:01:00 GMT"
    found = verdict(Answered(503, PROBLEM, until, refusal(503, "the store is busy").body, date=date))

    assert Retry("503: the store is busy", seconds) == found


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (answered(401), "token"),
        (answered(403), "token"),
        (NoAnswer("token_file", "No such file"), "token"),
        (answered(404), "address"),
        (answered(405), "address"),
        (answered(301), "address"),
        (answered(400, b"<html>", content_type="text/html"), "address"),
        (NoAnswer("speaks_plain", "wrong version number"), "address"),
        (NoAnswer("speaks_tls", "127.0.0.1:8443"), "address"),
        (answered(407), "proxy"),
        (answered(415), "settings"),
        (answered(426), "version"),
        (answered(418), "unknown"),
        (NoAnswer("certificate", "self-signed certificate"), "certificate"),
        (NoAnswer("certificate_expired", "certificate has expired"), "certificate"),
    ],
)
def test_a_pause_says_in_one_word_what_has_to_be_mended(attempt: Answered | NoAnswer, expected: str) -> None:
    """Only the token is about who we are: commands end with another exit code then."""
    found = verdict(attempt)

    assert isinstance(found, Pause)
    assert (expected, expected == "token") == (found.reason, found.not_authorised)


def test_deeply_nested_json_is_no_problem_of_ours() -> None:
    """An answer that cannot be read is judged like any stranger's."""
    attempt = answered(400, b"[" * 100_000, content_type=PROBLEM)

    assert isinstance(verdict(attempt), Pause)
