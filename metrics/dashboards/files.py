"""All dashboards, as the files that Grafana reads."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from metrics.dashboards.agents import agents
from metrics.dashboards.asterisk import asterisk
from metrics.dashboards.floor import floor
from metrics.dashboards.queues import queues
from metrics.dashboards.service import service
from metrics.dashboards.three_rings import three_rings

DASHBOARDS = (floor, queues, agents, three_rings, asterisk, service)


def documents() -> dict[str, str]:
    """The text of each file by its name."""
    encoder = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False)
    made = [dashboard().build() for dashboard in DASHBOARDS]
    return {f"{each.uid}.json": encoder.encode(each) + "\n" for each in made}
