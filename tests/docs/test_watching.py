"""What is given along for watching both programs (alerts, dashboards, service files) names what there is, and does what it says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.vitals import vitals
from edge_agent import pulse
from edge_agent.delivery.outcome import PAUSE_REASONS
from tests.docs.metrics_told import PROGRAMS, told
from tests.docs.pages import all_spans, code_in, section, table
from tests.structure.tree import ROOT, text_of

BEATS = {"edge-agent": pulse.BEAT_SECONDS, "collector": vitals.BEAT_SECONDS}
ALERTS = {"edge-agent": "Alerts", "collector": "Alerts of the collector"}
"""The headings under which they are explained."""
_ALERT = re.compile(r"^ +- alert: (\w+)$", re.MULTILINE)
_METRIC = re.compile(r"\b(?:edge_agent|collector)_[a-z_]+\b")

of_each_program = pytest.mark.parametrize("program", PROGRAMS)


def rules(program: str, ending: str = "rules") -> str:
    """The file of a program's alerts, or of their tests."""
    return f"configs/prometheus/{program}.{ending}.yml"


def dashboard(program: str) -> str:
    """The file of a program's dashboard."""
    return "configs/grafana/edge-agents.json" if program == "edge-agent" else "configs/grafana/collector.json"


def service(program: str) -> str:
    """The file of a program's service."""
    return f"configs/systemd/{program}.service"


def panels(program: str) -> Iterator[dict[str, Any]]:
    """The panels of the dashboard."""
    yield from json.loads(text_of(dashboard(program)))["panels"]


@of_each_program
def test_every_metric_that_is_asked_for_exists(program: str) -> None:
    """An alert on a misspelt name never fires, and a panel on one stays empty."""
    series = {name for one in told(program) for name in one.series}
    asked = {
        name
        for file in (rules(program), rules(program, "test"), dashboard(program))
        for name in _METRIC.findall(text_of(file))
    }

    assert set() == asked - series


def test_every_metric_that_a_page_names_exists() -> None:
    """In tables and in sentences."""
    names = {one.name for program in PROGRAMS for one in told(program)}
    named = {
        (page, span.partition("{")[0])
        for page, span in all_spans()
        if re.fullmatch(r"(edge_agent|collector)_[a-z_]+(\{.*)?", span)
    }

    assert set() == {(page, name) for page, name in named if name not in names}


def test_names_and_units_are_those_of_the_field() -> None:
    """Base units at the end, `_total` on counters and on nothing else, words that end as a sentence."""
    wrong = [
        one.name
        for program in PROGRAMS
        for one in told(program)
        if one.name.endswith("_total") != (one.kind == "counter")
        or re.search("_(ms|milliseconds|minutes|hours|kib|mb)$", one.name)
        or not one.words.endswith(".")
    ]

    assert [] == wrong


@pytest.mark.parametrize(
    ("program", "more"),
    [("edge-agent", {"by"}), ("collector", {"method", "route", "site", "state", "sqlite_version"})],
)
def test_labels_are_few(program: str, more: set[str]) -> None:
    """No worker, no station, no address: a label's values are counted on fingers, on a list of ours, or are the cameras."""
    labels = {label for one in told(program) for label in one.labels}

    assert {"code", "reason", "result", "version", "camera"} | more == labels


@of_each_program
def test_every_alert_is_explained_and_tested(program: str) -> None:
    """The page says what to do; the file of tests lets it fire."""
    alerts = _ALERT.findall(text_of(rules(program)))
    explained = [code_in(row[0])[0] for row in table(section("docs/operations.md", ALERTS[program]))]
    tests = text_of(rules(program, "test"))
    fired = set(re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:\n", tests))

    assert sorted(alerts) == sorted(explained)
    assert set(alerts) == fired


def test_every_reason_of_a_pause_is_explained() -> None:
    """A label that an alert shows is a row of the page."""
    explained = [code_in(row[0])[0] for row in table(section("docs/reliability.md", "What a person has to mend"))]

    assert list(PAUSE_REASONS) == explained


def test_alerts_that_a_page_names_exist() -> None:
    """A renamed alert takes its sentences along."""
    alerts = {alert for program in PROGRAMS for alert in _ALERT.findall(text_of(rules(program)))}
    named = {span for _, span in all_spans() if re.fullmatch("(EdgeAgent|Collector)[A-Z][A-Za-z]+", span)}

    assert set() == named - alerts


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize("words", [("check", "rules"), ("test", "test")], ids=" ".join)
@of_each_program
def test_prometheus_understands_the_rules_and_they_fire_when_they_should(program: str, words: tuple[str, str]) -> None:
    """By its own tool: each alert on its trouble, none on a day on which all is well."""
    verb, ending = words
    command = ["promtool", verb, "rules", Path(rules(program, ending)).name]
    ran = subprocess.run(command, cwd=ROOT / "configs/prometheus", capture_output=True, text=True, check=False)

    assert 0 == ran.returncode, ran.stdout + ran.stderr


@of_each_program
def test_the_dashboard_can_be_read(program: str) -> None:
    """Each panel has an id of its own, words, a unit and a question; none lies upon another."""
    found = list(panels(program))
    places = [
        (x, y)
        for panel in found
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(found) == len({panel["id"] for panel in found}) == len({panel["title"] for panel in found})
    assert [] == [panel["title"] for panel in found if not panel["description"] or not panel["targets"]]
    assert [] == [panel["title"] for panel in found if not panel["fieldConfig"]["defaults"]["unit"]]
    assert len(places) == len(set(places))
    assert all(0 <= x < 24 for x, _ in places)


@of_each_program
def test_the_dashboard_asks_only_for_the_programs_that_were_chosen(program: str) -> None:
    """Each metric in each question carries the choice."""
    questions = [target["expr"] for panel in panels(program) for target in panel["targets"]]

    assert [] == [
        question
        for question in questions
        if question.count('{instance=~"$instance"}') != len(_METRIC.findall(question))
    ]


@of_each_program
def test_the_service_is_watched_and_gets_the_time_it_needs(program: str) -> None:
    """A watchdog that waits for a few beats, and an end that waits for the batch on its way."""
    unit = dict(re.findall(r"^(\w+)=(.*)$", text_of(service(program)), re.MULTILINE))

    assert "notify" == unit["Type"]
    assert int(unit["WatchdogSec"]) >= 3 * BEATS[program]
    assert int(unit["TimeoutStopSec"]) >= 15


@of_each_program
def test_the_service_is_as_closed_as_the_page_says(program: str, tmp_path: Path) -> None:
    """`systemd-analyze security` gives it no worse a mark than the one that is written down."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    ran = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", str(ROOT / service(program))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    measured = re.search(rf"exposure level for {program}\.service: ([\d.]+)", ran.stdout)
    if measured is None:
        pytest.skip(f"this systemd-analyze cannot judge a file: {ran.stderr.strip()}")
    written = re.search(r"gives each ([\d.]+) of 10", text_of("docs/operations.md"))

    assert written is not None
    assert float(measured[1]) <= float(written[1])
