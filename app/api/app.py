"""Puts the REST interface and the live stream together."""

from collections.abc import Collection

from fastapi import Depends

from app.api import problems
from app.api.auth import Guard
from app.api.auth_permission import permission_check
from app.api.auth_trail import TrailKeeper, trail_marks
from app.api.call_book import CallBook
from app.api.history import History
from app.api.ledger import Ledger
from app.api.missed_calls import MissedCalls
from app.api.openapi import Api
from app.api.pages import PAGES
from app.api.present import PresentCalls
from app.api.records import Records
from app.api.reports import Reports
from app.api.routers.agents import agents_router
from app.api.routers.audit import audit_router
from app.api.routers.calls import Calls, calls_router
from app.api.routers.health import health_router, version_router
from app.api.routers.metrics import metrics_router
from app.api.routers.missed_calls import missed_calls_router
from app.api.routers.queues import queues_router
from app.api.routers.reports import reports_router
from app.api.routers.session import session_router
from app.api.routers.sign_on import sign_on_router
from app.api.routers.site import site_router
from app.api.routers.tokens import tokens_router
from app.api.routers.users import users_router
from app.api.routers.web import web_router
from app.api.shield import LOOPBACK_HOSTS, Shield
from app.auth.access import Access
from app.live.endpoint import live_router
from app.live.hub import Hub
from app.live.today import Today
from app.runtime.service import Service
from app.version import VERSION
from metrics.metering import Metering

PREFIX = "/api/v1"


def create_api(
    service: Service,
    *,
    history: History,
    records: Records,
    missed: MissedCalls,
    access: Access,
    metering: Metering | None = None,
    today: Today | None = None,
    hosts: Collection[str] | None = LOOPBACK_HOSTS,
) -> Api:
    """The ASGI application of an open service. It listens to the dispatcher from now on; make it once per service.

    `history` gives past calls, `records` is what reports are counted from, `missed` the ledger of missed calls; `access` knows users, tokens and
    sessions. `today` knows the day so far; without it the day begins now. `metering` gives Prometheus a page; without it there is none. `hosts`
    are the names by which clients call the service; None lets any name pass, which is for a reverse proxy that checks it.
    """
    book = CallBook()
    present = PresentCalls(service.dispatcher.board, book)
    today = today or Today(service)
    hub = Hub(service, present, today, on_told=metering.instruments.live_lag.observe if metering else None)
    service.dispatcher.listeners += [book.on_entry, today.on_entry, hub.on_entry]
    api = Api(version=VERSION, docs_url=None, redoc_url=None)
    problems.install(api)
    checks = [Depends(permission_check(service)), Depends(trail_marks(service))]
    api.include_router(health_router(service))
    if metering is not None:
        metering.instruments.live_clients.set_function(lambda: hub.client_count)
        api.include_router(metrics_router(metering.exposition), dependencies=checks)
    api.include_router(web_router(PAGES))
    api.include_router(sign_on_router(access))
    calls = Calls(service, present, history)
    for router in (
        version_router(),
        queues_router(service, today),
        agents_router(service),
        calls_router(service, calls),
        reports_router(Reports(service, records)),
        missed_calls_router(service, Ledger(service, missed, calls.detail)),
        site_router(service),
        session_router(access),
        users_router(access),
        tokens_router(access),
        audit_router(access),
    ):
        api.include_router(router, prefix=PREFIX, dependencies=checks)
    api.include_router(live_router(service, hub, access), prefix=PREFIX)
    api.add_middleware(TrailKeeper, service=service, audit=access.audit)
    api.add_middleware(Guard, identities=access.identities)
    api.add_middleware(Shield, hosts=hosts)
    return api
