"""The whole map of addresses on one screen."""

from aiohttp import web

from collector.grants import Needs
from collector.web import (
    admin,
    cameras_api,
    events_api,
    floor_api,
    login,
    me_api,
    metrics_api,
    openapi,
    pages,
    reference,
    rejected_api,
    timeline_api,
    vitals_api,
)
from collector.web.access import Shown, shown


def _get(path: str, handler: Shown, *, needs: Needs, is_page: bool = False) -> web.RouteDef:
    return web.get(path, shown(handler, needs=needs, is_page=is_page))


def _post(path: str, handler: Shown, *, needs: Needs) -> web.RouteDef:
    return web.post(path, shown(handler, needs=needs))


ROUTES = [
    _post("/api/app/", events_api.receive, needs=Needs.write),
    _get("/api/events/", events_api.list_events, needs=Needs.persons),
    _get("/api/events.csv", events_api.list_events_as_csv, needs=Needs.persons),
    _get("/api/metrics/workers/", metrics_api.workers, needs=Needs.persons),
    _get("/api/metrics/workstations/", metrics_api.workstations, needs=Needs.look),
    _get("/api/metrics/factory/", metrics_api.factory, needs=Needs.look),
    _get("/api/metrics/hours/", timeline_api.hours, needs=Needs.look),
    _get("/api/metrics/hours.csv", timeline_api.hours_as_csv, needs=Needs.look),
    _get("/api/metrics/workers.csv", metrics_api.workers_as_csv, needs=Needs.persons),
    _get("/api/metrics/workstations.csv", metrics_api.workstations_as_csv, needs=Needs.look),
    _get("/api/metrics/factory.csv", metrics_api.factory_as_csv, needs=Needs.look),
    _get("/api/floor/", floor_api.floor, needs=Needs.look),
    _get("/api/timeline/", timeline_api.timeline, needs=Needs.persons),
    _get("/api/timeline.csv", timeline_api.timeline_as_csv, needs=Needs.persons),
    _get("/api/cameras/", cameras_api.cameras, needs=Needs.look),
    _get("/api/cameras.csv", cameras_api.as_csv, needs=Needs.look),
    _get("/api/rejected/", rejected_api.rejected, needs=Needs.persons),
    _get("/api/rejected.csv", rejected_api.as_csv, needs=Needs.persons),
    _get("/api/me/", me_api.me, needs=Needs.look),
    _get("/api/openapi.json", openapi.openapi, needs=Needs.nothing),
    _get("/api/reference/", reference.reference, needs=Needs.look, is_page=True),
    _get("/healthz", cameras_api.healthz, needs=Needs.nothing),
    _get("/readyz", vitals_api.readyz, needs=Needs.nothing),
    _get("/metrics", vitals_api.metrics, needs=Needs.look),
    _get("/login", login.show, needs=Needs.nothing),
    _post("/login", login.enter, needs=Needs.nothing),
    _post("/logout", login.leave, needs=Needs.nothing),
    _get("/login.css", pages.login_style, needs=Needs.nothing),
    _get("/login.svg", pages.login_icon, needs=Needs.nothing),
    _get("/board/{token}", login.board, needs=Needs.nothing),
    _get("/dashboard/admin", admin.admin, needs=Needs.settings, is_page=True),
    _get("/dashboard/", pages.page, needs=Needs.look, is_page=True),
    _get("/dashboard/{name}", pages.page, needs=Needs.look, is_page=True),
    _get("/dashboard/workers/", pages.worker, needs=Needs.look, is_page=True),
    _get("/dashboard/workers/{id}", pages.worker, needs=Needs.look, is_page=True),
    _get("/dashboard/stations/", pages.station, needs=Needs.look, is_page=True),
    _get("/dashboard/stations/{id}", pages.station, needs=Needs.look, is_page=True),
    _get("/dashboard", pages.to_dashboard, needs=Needs.look, is_page=True),
    _get("/api/Dashboard/", pages.to_dashboard, needs=Needs.look, is_page=True),
    _get("/", pages.to_dashboard, needs=Needs.look, is_page=True),
]
"""Every address that ends in a slash also works without it."""
ANY_ID = "{id:[^/]+}"
"""What `{id}` stands for: by itself it takes no id with a brace."""


def add_routes(app: web.Application) -> None:
    """Give the application its addresses."""
    app.add_routes([_taking_any_id(route) for route in ROUTES])
    taken = {route.path for route in ROUTES}
    short_forms = [web.route(route.method, route.path.rstrip("/"), route.handler) for route in ROUTES]
    app.add_routes([route for route in short_forms if route.path and route.path not in taken])


def _taking_any_id(route: web.RouteDef) -> web.RouteDef:
    return web.RouteDef(route.method, route.path.replace("{id}", ANY_ID), route.handler, route.kwargs)
