"""What is given along for watching agents (alerts, dashboard, service file) names what there is, and does what it says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.delivery.outcome import PAUSE_REASONS
from edge_agent.pulse import BEAT_SECONDS
from tests.docs.metrics_told import told
from tests.docs.pages import all_spans, code_in, section, table
from tests.structure.tree import ROOT, text_of

RULES = "configs/prometheus/edge-agent.rules.yml"
RULES_TEST = "configs/prometheus/edge-agent.test.yml"
DASHBOARD = "configs/grafana/edge-agents.json"
SERVICE = "configs/systemd/edge-agent.service"
_ALERT = re.compile(r"^ +- alert: (\w+)$", re.MULTILINE)
_METRIC = re.compile(r"\bedge_agent_[a-z_]+\b")


def series() -> set[str]:
    """Every name under which Prometheus keeps something of an agent."""
    return {name for one in told() for name in one.series}


def panels() -> Iterator[dict[str, Any]]:
    """The panels of the dashboard."""
    yield from json.loads(text_of(DASHBOARD))["panels"]


@pytest.mark.parametrize("file", [RULES, RULES_TEST, DASHBOARD])
def test_every_metric_that_is_asked_for_exists(file: str) -> None:
    """An alert on a misspelt name never fires, and a panel on one stays empty."""

    assert set() == set(_METRIC.findall(text_of(file))) - series()


def test_every_metric_that_a_page_names_exists() -> None:
    """In tables and in sentences."""
    names = {one.name for one in told()}
    named = {(page, span.partition("{")[0]) for page, span in all_spans() if span.startswith("edge_agent_")}

    assert set() == {(page, name) for page, name in named if name not in names}


def test_names_and_units_are_those_of_the_field() -> None:
    """Base units at the end, `_total` on counters and on nothing else, words that end as a sentence."""
    wrong = [
        one.name
        for one in told()
        if one.name.endswith("_total") != (one.kind == "counter")
        or re.search("_(ms|milliseconds|minutes|hours|kib|mb)$", one.name)
        or not one.words.endswith(".")
    ]

    assert [] == wrong


def test_labels_are_few() -> None:
    """No worker, no station, no address: a label's values are counted on fingers, or on a list of ours."""
    labels = {label for one in told() for label in one.labels}

    assert {"code", "reason", "result", "version", "camera"} == labels


def test_every_alert_is_explained_and_tested() -> None:
    """The page says what to do; the file of tests lets it fire."""
    alerts = _ALERT.findall(text_of(RULES))
    explained = [code_in(row[0])[0] for row in table(section("docs/operations.md", "Alerts"))]
    fired = set(re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:\n", text_of(RULES_TEST)))

    assert sorted(alerts) == sorted(explained)
    assert set(alerts) == fired


def test_every_reason_of_a_pause_is_explained() -> None:
    """A label that an alert shows is a row of the page."""
    explained = [code_in(row[0])[0] for row in table(section("docs/reliability.md", "What a person has to mend"))]

    assert list(PAUSE_REASONS) == explained


def test_alerts_that_a_page_names_exist() -> None:
    """A renamed alert takes its sentences along."""
    alerts = set(_ALERT.findall(text_of(RULES)))
    named = {span for _, span in all_spans() if re.fullmatch("EdgeAgent[A-Z][A-Za-z]+", span)}

    assert set() == named - alerts


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize(
    "words", [("check", "rules", "edge-agent.rules.yml"), ("test", "rules", "edge-agent.test.yml")], ids=" ".join
)
def test_prometheus_understands_the_rules_and_they_fire_when_they_should(words: tuple[str, ...]) -> None:
    """By its own tool: each alert on its trouble, none on a day on which all is well."""
    ran = subprocess.run(
        ["promtool", *words], cwd=ROOT / "configs/prometheus", capture_output=True, text=True, check=False
    )

    assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_the_dashboard_can_be_read() -> None:
    """Each panel has an id of its own, words, a unit and a question; none lies upon another."""
    found = list(panels())
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


def test_the_dashboard_asks_only_for_the_agents_that_were_chosen() -> None:
    """Each metric in each question carries the choice."""
    questions = [target["expr"] for panel in panels() for target in panel["targets"]]

    assert [] == [
        question
        for question in questions
        if question.count('{instance=~"$instance"}') != len(_METRIC.findall(question))
    ]


def test_the_service_is_watched_and_gets_the_time_it_needs() -> None:
    """A watchdog that waits for a few beats, and an end that waits for the batch on its way."""
    unit = dict(re.findall(r"^(\w+)=(.*)$", text_of(SERVICE), re.MULTILINE))

    assert "notify" == unit["Type"]
    assert int(unit["WatchdogSec"]) >= 3 * BEAT_SECONDS
    assert int(unit["TimeoutStopSec"]) >= 15


def test_the_service_is_as_closed_as_the_page_says(tmp_path: Path) -> None:
    """`systemd-analyze security` gives it no worse a mark than the one that is written down."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    ran = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", str(ROOT / SERVICE)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    measured = re.search(r"exposure level for edge-agent\.service: ([\d.]+)", ran.stdout)
    if measured is None:
        pytest.skip(f"this systemd-analyze cannot judge a file: {ran.stderr.strip()}")
    written = re.search(r"gives it ([\d.]+) of 10", text_of("docs/operations.md"))

    assert written is not None
    assert float(measured[1]) <= float(written[1])
