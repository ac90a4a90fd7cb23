"""The page that Prometheus reads: the state looked at now, and every instrument, in Prometheus' text format."""

import asyncio

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from metrics.collector import StateCollector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Exposition:
    """Writes the page. Two readers at once are served one after the other."""

    def __init__(self, registry: CollectorRegistry, collector: StateCollector) -> None:
        self._registry = registry
        self._collector = collector
        self._turn = asyncio.Lock()
        registry.register(collector)

    async def page(self) -> bytes:
        """The page now. It is written in a thread: thousands of lines must not delay a call."""
        async with self._turn:
            await self._collector.look()
            return await asyncio.to_thread(generate_latest, self._registry)
