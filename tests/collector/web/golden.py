"""The golden example of SEMANTICS §8: its events, and its answers number by number."""

from typing import Any

from tests.support.collector import item

EVENTS: list[dict[str, Any]] = [
    item("10:00", "W1", "working"),
    item("10:05", "W2", "idle"),
    item("10:10", "W3", "product_count", count=5),
    item("10:15", "W1", "working"),
    item("10:15", "W1", "working"),
    item("10:15", "W4", "working"),
    item("10:20", "W5", "absent"),
    item("10:25", "W6", "product_count", count=8),
    item("10:30", "W1", "product_count", count=3),
]

_WORKERS = {
    "W1": (30.0, 0.0, 0.0, 0.0, 100.0, 3, 6.0),
    "W2": (0.0, 5.0, 0.0, 5.0, 0.0, 0, 0.0),
    "W3": (0.0, 0.0, 0.0, 0.0, 0.0, 5, 0.0),
    "W4": (5.0, 0.0, 0.0, 5.0, 100.0, 0, 0.0),
    "W5": (0.0, 0.0, 5.0, 5.0, 0.0, 0, 0.0),
    "W6": (0.0, 0.0, 0.0, 0.0, 0.0, 8, 0.0),
}
_STATIONS = {
    "S1": (30.0, 100.0, 3, 6.0),
    "S2": (0.0, 0.0, 0, 0.0),
    "S3": (0.0, 0.0, 5, 0.0),
    "S4": (5.0, 100.0, 0, 0.0),
    "S5": (0.0, 0.0, 0, 0.0),
    "S6": (0.0, 0.0, 8, 0.0),
}

WORKERS = [
    {
        "site": "default",
        "worker_id": worker,
        "name": worker,
        "working_minutes": working,
        "idle_minutes": idle,
        "absent_minutes": absent,
        "assumed_minutes": assumed,
        "no_data_minutes": None,
        "utilization_percent": utilization,
        "units_produced": units,
        "units_per_hour": rate,
    }
    for worker, (working, idle, absent, assumed, utilization, units, rate) in _WORKERS.items()
]
WORKSTATIONS = [
    {
        "site": "default",
        "station_id": station,
        "name": station,
        "occupancy_minutes": occupancy,
        "utilization_percent": utilization,
        "units_produced": units,
        "throughput_per_hour": throughput,
    }
    for station, (occupancy, utilization, units, throughput) in _STATIONS.items()
]
FACTORY = {
    "total_productive_minutes": 35.0,
    "total_idle_minutes": 5.0,
    "total_absent_minutes": 5.0,
    "total_assumed_minutes": 15.0,
    "total_units_produced": 16,
    "average_utilization_percent": 66.67,
    "time_weighted_utilization_percent": 87.5,
    "active_workers": 3,
}
