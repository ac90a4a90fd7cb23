"""Reports as they are asked for and shown."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.schemas.base import Instant, Moment, Name, Shape, TeamName
from metrics.figure import Subject, Unit
from metrics.intervals import Grain
from metrics.report import By
from metrics.terms import ServiceLevel, Terms

LONGEST_PAGE = 1000


class Format(StrEnum):
    """In which form a report comes."""

    JSON = "json"
    CSV = "csv"
    """RFC 4180, UTF-8."""
    EXCEL = "excel"
    """The same with a byte order mark, by which Excel knows that it is UTF-8."""


def _no_number(text: object) -> object:
    """Pydantic takes a number for days since 1970."""
    if isinstance(text, str) and text.lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("Expected a day such as 2026-11-21")
    return text


Day = Annotated[date, BeforeValidator(_no_number)]


class PeriodQuery(BaseModel):
    """Which time. Either a day of the site's calendar, or from `since` until `until`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: Annotated[
        Day | None, Field(description="A day in the site's time zone.", examples=["2026-11-21"])
    ] = None
    since: Annotated[Moment | None, Field(description="Included.")] = None
    until: Annotated[Moment | None, Field(description="Not included.")] = None


class ScopeQuery(PeriodQuery):
    """Which records, and on which terms they are judged. Terms that are not given are those of the site file."""

    queue_id: Name | None = None
    agent_id: Name | None = None
    team: TeamName = None
    shift: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=64,
            description="Only what began in this shift. With `day`: the shift that begins on that day, past midnight too.",
        ),
    ] = None
    outside_shifts: Annotated[bool, Field(description="Only what began in no shift.")] = False
    nobody: Annotated[bool, Field(description="Only calls that no agent took.")] = False
    service_level: Annotated[ServiceLevel | None, Field(description="The formula; default: the site's.")] = (
        None
    )
    within_seconds: Annotated[
        float | None, Field(gt=0, le=3600, description="T: who waits no longer is served in time.")
    ] = None
    short_abandon_seconds: Annotated[
        float | None, Field(ge=0, le=600, description="An abandon before this is short.")
    ] = None
    resolve_within_seconds: Annotated[
        float | None,
        Field(
            gt=0,
            le=86_400,
            description="R: a call that takes no longer, wrap-up included, is resolved in time.",
        ),
    ] = None

    def terms(self, default: Terms) -> Terms:
        """The terms, filled up by the site's."""

        def given(seconds: float | None, otherwise: timedelta) -> timedelta:
            return otherwise if seconds is None else timedelta(seconds=seconds)

        return Terms(
            within=given(self.within_seconds, default.within),
            short_abandon=given(self.short_abandon_seconds, default.short_abandon),
            resolve_within=given(self.resolve_within_seconds, default.resolve_within),
            service_level=self.service_level or default.service_level,
        )


class ReportQuery(ScopeQuery):
    """A report."""

    per: Annotated[Grain | None, Field(description="Rows by interval, in the site's time zone.")] = None
    by: Annotated[frozenset[By], Field(description="Rows by these, too. May be given more than once.")] = (
        frozenset()
    )
    format: Format = Format.JSON


class BehindQuery(ScopeQuery):
    """The records behind a figure."""

    figure: Annotated[str, Field(max_length=64, description="A name of /reports/figures.", examples=["asa"])]
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 100
    cursor: Annotated[str | None, Field(max_length=512, description="`next` of the page before.")] = None


class FigureShape(Shape):
    """One name, one formula."""

    name: str
    subject: Annotated[Subject, Field(description="What is counted.")]
    unit: Unit
    formula: str
    needs: Annotated[
        str | None,
        Field(
            description="What it waits for: there is no value yet, and never a zero. Null: it is measured."
        ),
    ]


class ServiceLevelShape(Shape):
    """One of the formulas of the service level."""

    name: ServiceLevel
    formula: str


class FigureList(Shape):
    """What the figures mean."""

    figures: list[FigureShape]
    service_levels: list[ServiceLevelShape]


class TermsShape(Shape):
    """On which terms the figures stand."""

    service_level: ServiceLevel
    within_seconds: float
    short_abandon_seconds: float
    resolve_within_seconds: float


class RowShape(Shape):
    """One row. A null where the report has rows by it: nobody, as for calls that no agent took."""

    since: Instant
    until: Instant
    queue_id: str | None
    agent_id: str | None
    team: str | None
    shift: str | None
    figures: Annotated[
        dict[str, int | float | None], Field(description="By name; null where a figure means nothing.")
    ]
    calls: Annotated[
        str, Field(description="Where the calls behind a figure are: put its name in place of {figure}.")
    ]


class ReportHead(Shape):
    """What a report is of."""

    since: Instant
    until: Instant
    time_zone: str
    per: Grain | None
    by: list[By]
    terms: TermsShape


class ReportShape(ReportHead):
    """A report."""

    rows: list[RowShape]
    total: RowShape


class BehindShape(Shape):
    """A call's passage through a queue, an offer, an outbound call, or a stretch of an agent's time."""

    call_id: Annotated[str | None, Field(description="Null: the agent's time belonged to no call.")]
    queue_id: str | None
    agent_id: str | None
    at: Annotated[Instant, Field(description="When the caller was enqueued, or it began.")]
    seconds: Annotated[
        float | None,
        Field(description="The wait, the ring, the talk of an outbound call, or how long it lasted."),
    ]
    ring: Annotated[
        int | None, Field(description="The caller's ring in which it ended; of an offer, the agent's.")
    ]
    what: Annotated[
        str,
        Field(
            description="How the call or the offer ended, whether an outbound call was connected, or what the agent did."
        ),
    ]


class RingRowShape(RowShape):
    """One row with its worst cases: those over the limit, most rings first, ten at most."""

    worst_agent_rings: list[BehindShape]
    worst_caller_rings: list[BehindShape]


class RingReportShape(ReportHead):
    """A report of the three rings."""

    rows: list[RingRowShape]
    total: RingRowShape


class BehindPage(Shape):
    """A page of the records behind a figure."""

    figure: str
    formula: str
    terms: TermsShape
    records: list[BehindShape]
    next: Annotated[str | None, Field(description="The cursor of the next page; null: this is the last.")]


def terms_of(terms: Terms) -> TermsShape:
    """The terms as they are shown."""
    return TermsShape(
        service_level=terms.service_level,
        within_seconds=terms.within.total_seconds(),
        short_abandon_seconds=terms.short_abandon.total_seconds(),
        resolve_within_seconds=terms.resolve_within.total_seconds(),
    )
