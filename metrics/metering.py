"""All that is measured in one running service, put together."""

from dataclasses import dataclass

from metrics.collector import Sources, StateCollector
from metrics.exposition import Exposition
from metrics.fact_meter import FactMeter
from metrics.instruments import Instruments


@dataclass(frozen=True, slots=True)
class Metering:
    """The instruments, and the page that shows them."""

    instruments: Instruments
    exposition: Exposition


def begin_metering(instruments: Instruments, sources: Sources) -> Metering:
    """Count facts from now on, and be ready to be read. Once per service."""
    service = sources.service
    for queue in service.dispatcher.board.engine.queues():
        instruments.queue(queue.id)  # At zero before its first call.
    service.dispatcher.listeners.append(FactMeter(instruments, lambda: service.site).on_entry)
    return Metering(instruments, Exposition(instruments.registry, StateCollector(sources)))
