"""Everything that can fail, as the code has it: errors with their codes, and what the agent makes of answers and silences."""

from typing import get_args

from collector import held_sites, retaining
from edge_agent.buffer import faults
from edge_agent.delivery.outcome import Answered, NoAnswer, NoAnswerKind, Pause, Retry, Verdict, judge
from shared import errors
from tests.support.fake_clock import START

_STATUSES = (
    204,
    301,
    307,
    400,
    401,
    403,
    404,
    405,
    407,
    408,
    410,
    413,
    415,
    422,
    425,
    426,
    429,
    431,
    500,
    502,
    503,
    504,
    507,
)


def errors_table() -> str:
    """Every error of the two programs: what it says, what a server answers, what a command ends with."""
    rows = ["| error | says | status | exit code |", "|---|---|---|---|"]
    for one in error_classes():
        retry = f", `Retry-After: {one.retry_after_seconds}`" if one.retry_after_seconds else ""
        rows.append(f"| `{one.__name__}` | {one()} | {one.http_status}{retry} | {one.exit_code} |")
    return "\n".join(rows)


def error_classes() -> list[type[errors.LinesideError]]:
    """The errors that a person or another program gets to see: the common ones, those of the queue's file, of held sites and of purges."""
    modules = (errors, faults, held_sites, retaining)
    found = [one for module in modules for one in vars(module).values() if isinstance(one, type)]
    return list(dict.fromkeys(one for one in found if issubclass(one, errors.LinesideError)))


def answers_table() -> str:
    """What the agent does after an answer without a receipt, and without the marks of a collector's refusal."""
    rows = ["| status | verdict | label | in words |", "|---|---|---|---|"]
    for status in _STATUSES:
        attempt = Answered(status, "text/html", None, b"<html>")
        verdict = judge(attempt, batch="b1", events=1, now=START)
        label = verdict.reason if isinstance(verdict, Pause) else ""
        rows.append(f"| {status} | {_name(verdict)} | {f'`{label}`' if label else ''} | {_words(verdict)} |")
    return "\n".join(rows)


def silences_table() -> str:
    """What the agent does when there is no answer; the first column is the label `code`."""
    rows = ["| code | verdict | label | in words |", "|---|---|---|---|"]
    for kind in get_args(NoAnswerKind):
        verdict = judge(NoAnswer(kind, "…"), batch="b1", events=1, now=START)
        label = verdict.reason if isinstance(verdict, Pause) else ""
        rows.append(f"| `{kind}` | {_name(verdict)} | {f'`{label}`' if label else ''} | {_words(verdict)} |")
    return "\n".join(rows)


def _name(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _words(verdict: Verdict) -> str:
    match verdict:
        case Pause():
            return verdict.cause
        case Retry():
            return verdict.reason
        case _:
            return ""
