"""What all dashboards are made of: panels in one style, and a board that lays them out from left to right."""

from collections.abc import Iterator, Mapping, Sequence

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos, VariableRefresh

SECONDS, SHARE, COUNT, PER_SECOND, BYTES = "s", "percentunit", "short", "cps", "bytes"

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_COLUMNS, _NUMBER_WIDTH, _LINES_WIDTH, _HEIGHT = 24, 4, 8, 7
_REFRESH, _RANGE = "10s", "now-3h"

Panel = stat.Panel | timeseries.Panel


def number(title: str, expression: str, *, unit: str = COUNT, about: str = "") -> stat.Panel:
    """The value now, large."""
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .unit(unit)
        .datasource(_SOURCE)
        .with_target(_query(expression, title, letter="A").instant())
    )


def lines(title: str, queries: Mapping[str, str], *, unit: str = COUNT, about: str = "") -> timeseries.Panel:
    """Values over time: expressions by legend, in which `{{label}}` stands for a label's value."""
    panel = timeseries.Panel().title(title).description(about).unit(unit).min(0).datasource(_SOURCE)
    for number_, (legend, expression) in enumerate(queries.items()):
        panel.with_target(_query(expression, legend, letter=chr(ord("A") + number_)))
    return panel


def quantiles(title: str, histogram: str, *, about: str = "", by: str = "") -> timeseries.Panel:
    """The median, one in twenty and one in a hundred of a histogram, over the dashboard's interval."""
    rate = f"sum by (le{by}) (rate({histogram}[$__rate_interval]))"
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    queries = {name: f"histogram_quantile({share}, {rate})" for name, share in shares.items()}
    return lines(title, queries, unit=SECONDS, about=about)


def board(uid: str, title: str, panels: Sequence[Panel], *, by_queue: bool = False) -> dashboard.Dashboard:
    """A dashboard; `by_queue` lets the reader choose queues, which expressions name `$queue`."""
    made = (
        dashboard.Dashboard(title)
        .uid(f"thirdring-{uid}")
        .tags(["thirdring"])
        .refresh(_REFRESH)
        .time(_RANGE, "now")
        .timezone("browser")
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Source").type("prometheus"))
    )
    if by_queue:
        made.with_variable(_queues())
    for panel, place in zip(panels, _places(panels), strict=True):
        made.with_panel(panel.grid_pos(place))
    return made


def _places(panels: Sequence[Panel]) -> Iterator[GridPos]:
    """From left to right; a panel that does not fit begins the next row."""
    x = y = 0
    for panel in panels:
        width = _NUMBER_WIDTH if isinstance(panel, stat.Panel) else _LINES_WIDTH
        if x + width > _COLUMNS:
            x, y = 0, y + _HEIGHT
        yield GridPos(h=_HEIGHT, w=width, x=x, y=y)
        x += width


def _queues() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("queue")
        .label("Queue")
        .datasource(_SOURCE)
        .query("label_values(thirdring_queue_calls, queue)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
    )


def _query(expression: str, legend: str, *, letter: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(letter).datasource(_SOURCE)
