"""The whole map of addresses on one screen."""

from aiohttp import web

from collector.web import cameras_api, events_api, floor_api, metrics_api, openapi, pages, rejected_api, timeline_api
from collector.web.access import Shown, shown


def _get(path: str, handler: Shown) -> web.RouteDef:
    return web.get(path, shown(handler))


def _post(path: str, handler: Shown) -> web.RouteDef:
    return web.post(path, shown(handler))


ROUTES = [
    _post("/api/app/", events_api.receive),
    _get("/api/events/", events_api.list_events),
    _get("/api/events.csv", events_api.list_events_as_csv),
    _get("/api/metrics/workers/", metrics_api.workers),
    _get("/api/metrics/workstations/", metrics_api.workstations),
    _get("/api/metrics/factory/", metrics_api.factory),
    _get("/api/metrics/hours/", timeline_api.hours),
    _get("/api/metrics/hours.csv", timeline_api.hours_as_csv),
    _get("/api/metrics/{what}.csv", metrics_api.as_csv),
    _get("/api/floor/", floor_api.floor),
    _get("/api/timeline/", timeline_api.timeline),
    _get("/api/cameras/", cameras_api.cameras),
    _get("/api/cameras.csv", cameras_api.as_csv),
    _get("/api/rejected/", rejected_api.rejected),
    _get("/api/rejected.csv", rejected_api.as_csv),
    _get("/api/openapi.json", openapi.openapi),
    _get("/healthz", cameras_api.healthz),
    _get("/dashboard/", pages.page),
    _get("/dashboard/{name}", pages.page),
    _get("/dashboard/workers/", pages.worker),
    _get("/dashboard/workers/{id}", pages.worker),
    _get("/dashboard/stations/", pages.station),
    _get("/dashboard/stations/{id}", pages.station),
    _get("/dashboard", pages.to_dashboard),
    _get("/api/Dashboard/", pages.to_dashboard),
    _get("/", pages.to_dashboard),
]
"""Every address that ends in a slash also works without it."""


def add_routes(app: web.Application) -> None:
    """Give the application its addresses."""
    app.add_routes(ROUTES)
    taken = {route.path for route in ROUTES}
    short_forms = [web.route(route.method, route.path.rstrip("/"), route.handler) for route in ROUTES]
    app.add_routes([route for route in short_forms if route.path and route.path not in taken])
