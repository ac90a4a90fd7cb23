"""What all dashboards are made of: panels in one style, and a board that lays them out from left to right."""

from collections.abc import Iterator, Mapping, Sequence

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import GraphDrawStyle, StackingMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DataSourceRef,
    DataTransformerConfig,
    GridPos,
    RangeMap,
    RegexMap,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
    VariableRefresh,
)

SECONDS, SHARE, COUNT, BYTES = "s", "percentunit", "short", "bytes"
GOOD, WARNING, BAD, PLAIN = "green", "orange", "red", "text"

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_COLUMNS, _NUMBER_WIDTH, _LINES_WIDTH, _HEIGHT = 24, 4, 8, 7
_REFRESH, _RANGE = "10s", "now-3h"
_ENDS_AT = {COUNT: 1.0, SHARE: 0.1}
"""How far a scale goes at least: Grafana's own, of nothing but zeros, ends at 100, which are 10,000 percent."""

_Mapping = ValueMap | RangeMap | RegexMap | SpecialValueMap
Panel = stat.Panel | timeseries.Panel
Colours = Sequence[tuple[float, str]]
"""Each colour and the value from which it holds; the first holds for what is below it, too."""


def number(
    title: str,
    expression: str,
    *,
    unit: str = COUNT,
    about: str = "",
    colours: Colours = ((0, PLAIN),),
    words: Mapping[int, str] | None = None,
    of_nothing: str = "no calls",
) -> stat.Panel:
    """The value now, large; `words` stand for values that are codes, `of_nothing` for a share of nothing.

    What is no number is told in words, not left blank or green.
    """
    told: list[_Mapping] = [_UNKNOWN, _special(SpecialValueMatch.NA_N, of_nothing)]
    if words:
        told.append(_words(words))
    panel = (
        stat.Panel()
        .title(title)
        .description(about)
        .unit(unit)
        .datasource(_SOURCE)
        .thresholds(_thresholds(colours, ThresholdsMode.ABSOLUTE))
        .mappings(told)
        # Grafana's own choice, the last number, makes no difference between 0 / 0 and no data.
        .reduce_options(common.ReduceDataOptions().calcs(["last"]))
        .with_target(_query(expression, title, letter="A").instant())
    )
    return panel.decimals(0) if unit == COUNT else panel


def promise(title: str, expression: str, *, target: str, about: str = "") -> stat.Panel:
    """A share that is bad below another one, which Prometheus knows: Grafana takes it as 100 percent of the scale of colours."""
    as_whole = {"configRefId": "B", "mappings": [{"fieldName": "target", "handlerKey": "max"}]}
    return (
        number(title, expression, unit=SHARE, about=about)
        .min(0)
        .thresholds(_thresholds([(0, BAD), (100, GOOD)], ThresholdsMode.PERCENTAGE))
        .with_target(_query(target, "target", letter="B").instant())
        .with_transformation(DataTransformerConfig(id_val="configFromData", options=as_whole))
    )


def lines(
    title: str,
    queries: Mapping[str, str],
    *,
    unit: str = COUNT,
    about: str = "",
    words: Mapping[int, str] | None = None,
) -> timeseries.Panel:
    """Values over time: expressions by legend, in which `{{label}}` stands for a label's value; `words` as in `number`."""
    panel = timeseries.Panel().title(title).description(about).unit(unit).min(0).datasource(_SOURCE)
    if words:
        panel.mappings([_words(words)]).max(max(words)).decimals(0)
    elif unit in _ENDS_AT:
        panel.axis_soft_max(_ENDS_AT[unit])
    for number_, (legend, expression) in enumerate(queries.items()):
        panel.with_target(_query(expression, legend, letter=chr(ord("A") + number_)))
    return panel


def parts(title: str, queries: Mapping[str, str], *, about: str = "") -> timeseries.Panel:
    """Counts that make up a whole, upon each other: one without a value is zero, where a line would break off."""
    return (
        lines(title, queries, about=about)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL))
        .draw_style(GraphDrawStyle.BARS)
        .bar_width_factor(1)
        .line_width(0)
        .fill_opacity(70)
    )


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
    y = 0
    for widths in _rows(panels):
        x = 0
        for width in widths:
            yield GridPos(h=_HEIGHT, w=width, x=x, y=y)
            x += width
        y += _HEIGHT


def _rows(panels: Sequence[Panel]) -> Iterator[list[int]]:
    """The widths of each row's panels."""
    row: list[int] = []
    for panel in panels:
        width = _NUMBER_WIDTH if isinstance(panel, stat.Panel) else _LINES_WIDTH
        if sum(row) + width > _COLUMNS:
            yield _stretched(row)
            row = []
        row.append(width)
    yield _stretched(row)


def _stretched(row: list[int]) -> list[int]:
    """The row's lines share what would be left empty; numbers stay as they are."""
    more = (_COLUMNS - sum(row)) // max(row.count(_LINES_WIDTH), 1)
    return [width + more if width == _LINES_WIDTH else width for width in row]


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


def _thresholds(colours: Colours, mode: ThresholdsMode) -> dashboard.ThresholdsConfig:
    (_, lowest), *others = colours
    steps = [Threshold(color=lowest), *(Threshold(value=value, color=colour) for value, colour in others)]
    return dashboard.ThresholdsConfig().mode(mode).steps(steps)


def _words(words: Mapping[int, str]) -> ValueMap:
    return ValueMap(options={str(value): ValueMappingResult(text=word) for value, word in words.items()})


def _special(match: SpecialValueMatch, word: str) -> SpecialValueMap:
    result = ValueMappingResult(text=word, color=PLAIN)
    return SpecialValueMap(options=DashboardSpecialValueMapOptions(match=match, result=result))


_UNKNOWN = _special(SpecialValueMatch.NULL, "no data")


def _query(expression: str, legend: str, *, letter: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(letter).datasource(_SOURCE)
