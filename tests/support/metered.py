"""Metrics of a service, whose Asterisk and database are what the test says."""

from app.ari.address import Address
from app.ari.client import Client
from app.ari.listener import Listener
from app.runtime.service import Service
from app.store.journal import JournalStatus
from metrics.collector import Sources
from metrics.instruments import Instruments
from metrics.metering import Metering, begin_metering

STATUS = JournalStatus(
    last_seq=7,
    lag_rows=2,
    lag_seconds=0.5,
    reason=None,
    disk_reason=None,
    held_rows=0,
    lost_rows=1,
)


def metering_of(service: Service) -> Metering:
    """Counts from now on."""
    address = Address(url="http://127.0.0.1:1", user="u", password="p", app="a")
    client = Client(address, Listener(), jitter=lambda: 0.5)
    sources = Sources(service=service, journal=lambda: STATUS, ari=client, version="1.2.3")
    return begin_metering(Instruments(), sources)
