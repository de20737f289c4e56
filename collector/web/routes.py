"""The whole map of addresses on one screen."""

from aiohttp import web

from collector.web import cameras_api, events_api, floor_api, metrics_api, pages, timeline_api

ROUTES = [
    web.post("/api/app/", events_api.receive),
    web.get("/api/events/", events_api.list_events),
    web.get("/api/events.csv", events_api.list_events_as_csv),
    web.get("/api/metrics/workers/", metrics_api.workers),
    web.get("/api/metrics/workstations/", metrics_api.workstations),
    web.get("/api/metrics/factory/", metrics_api.factory),
    web.get("/api/metrics/hours/", timeline_api.hours),
    web.get("/api/metrics/hours.csv", timeline_api.hours_as_csv),
    web.get("/api/metrics/{what}.csv", metrics_api.as_csv),
    web.get("/api/floor/", floor_api.floor),
    web.get("/api/timeline/", timeline_api.timeline),
    web.get("/api/cameras/", cameras_api.cameras),
    web.get("/api/cameras.csv", cameras_api.as_csv),
    web.get("/healthz", cameras_api.healthz),
    web.get("/dashboard/", pages.page),
    web.get("/dashboard/{name}", pages.page),
    web.get("/dashboard", pages.to_dashboard),
    web.get("/api/Dashboard/", pages.to_dashboard),
    web.get("/", pages.to_dashboard),
]
"""Every address that ends in a slash also works without it."""


def add_routes(app: web.Application) -> None:
    """Give the application its addresses."""
    app.add_routes(ROUTES)
    taken = {route.path for route in ROUTES}
    short_forms = [web.route(route.method, route.path.rstrip("/"), route.handler) for route in ROUTES]
    app.add_routes([route for route in short_forms if route.path and route.path not in taken])
