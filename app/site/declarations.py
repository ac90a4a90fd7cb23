"""The shape of a site file, declared once. Validation, the JSON schema for editors and the reference page all come from here.

A docstring below a field is its documentation. `build.py` turns the declarations into the `Site` value.
"""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.acd.model import Strategy, UnavailableReason
from app.calls.model import AnswerWhen, WaitingSound
from app.site.cadence import CADENCES
from app.site.calendars import countries
from app.site.fields import (
    Address,
    AgentRef,
    AriUrl,
    CadenceField,
    CalendarRef,
    Country,
    Date,
    DeviceRef,
    DisplayName,
    Duration,
    Extension,
    HangUp,
    Host,
    Hours,
    ListOfHours,
    Name,
    Network,
    NoLimit,
    Number,
    Port,
    Ports,
    PositiveDuration,
    QueueRef,
    RingWord,
    Secret,
    SectionName,
    SipUser,
    SkillLevels,
    SkillRef,
    Steps,
    TeamRef,
    Text,
    TimeZone,
    TrunkRef,
    Weekday,
    WeekdaysText,
    did_you_mean,
    expected,
)
from app.site.model import Language
from metrics.terms import ServiceLevel

Level = Annotated[int, Field(ge=1, le=100)]
Limit = Annotated[int, Field(ge=1)]


class Declaration(BaseModel):
    """A group of fields. Unknown fields are mistakes; a field without a value counts as not written."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    shorthand: ClassVar[str | None] = None
    """The field that a bare word stands for, so that `wang` may be written for `{agent: wang}`."""
    exactly_one_of: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _take_short_forms(cls, value: Any) -> Any:
        if value is None:
            return {}
        if isinstance(value, str) and cls.shorthand:
            return {cls.shorthand: value}
        if not isinstance(value, dict):
            return value
        return {
            key: inner for key, inner in value.items() if inner is not None or key not in cls.model_fields
        }

    @model_validator(mode="after")
    def _has_exactly_one(self) -> Self:
        if self.exactly_one_of and len(self.model_fields_set & set(self.exactly_one_of)) != 1:
            raise expected(f"exactly one of {', '.join(self.exactly_one_of)}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The object, or the bare word that stands for it; and no value at all where all fields may be left out."""
        schema = handler.resolve_ref_schema(handler(core))
        if not cls.shorthand:
            schema["type"] = ["object", "null"] if not schema.get("required") else "object"
            return schema
        description = schema.pop("description", "")
        return {
            "description": description,
            "title": schema.pop("title"),
            "anyOf": [{"type": ["string", "integer"]}, schema],
        }


class CredentialDeclaration(Declaration):
    """Where a password comes from. Left out, Thirdring makes one up and keeps it in the data directory."""

    shorthand = "literal"
    exactly_one_of = ("env", "file", "literal")

    env: Name | None = None
    """Name of the environment variable that has the password."""
    file: Text | None = None
    """File whose first line is the password. A relative path counts from the site file."""
    literal: Secret | None = None
    """The password itself. It works, and `thirdring doctor` warns of it."""


class DeviceDeclaration(Declaration):
    """A phone that registers at Asterisk."""

    extension: Extension
    """What others dial to reach this phone. No two devices share one, and no entry point has it."""
    name: DisplayName | None = None
    """What people call this phone, for example its desk. Default: its key."""
    password: CredentialDeclaration | None = None
    """The phone's SIP password. Default: made up once; read it in `secrets.json` in the data directory."""


class TrunkDeclaration(Declaration):
    """A line to a carrier, or to a telephone system beside Asterisk."""

    host: Host | None = None
    """Where calls are sent: a name or an address, with `:port` if it is not 5060. Needed when Thirdring runs the Asterisk."""
    match: list[Network] = []
    """Addresses and networks that its calls come from. May be left out when `host` is an address."""
    user: SipUser | None = None
    """User name, when the carrier asks for one."""
    password: CredentialDeclaration | None = None
    """Password that belongs to `user`."""
    registers: bool = False
    """Whether the Asterisk that Thirdring runs registers at the carrier."""

    @model_validator(mode="after")
    def _has_who_registers(self) -> Self:
        if self.registers and not (self.host and self.user and self.password):
            raise expected("`host`, `user` and `password` beside `registers: true`")
        return self


class FallbackDeclaration(Declaration):
    """What a caller gets while no controller runs. With neither `dial` nor `message` the caller hears music and waits."""

    after: Duration = timedelta(seconds=60)
    """How long a caller waits for a controller before the fallback."""
    dial: Annotated[list[DeviceRef], Field(min_length=1)] | None = None
    """Ring these devices, all at once."""
    message: Text | None = None
    """Play this sound file (wav), then hang up. A relative path counts from the site file."""

    @model_validator(mode="after")
    def _has_one_way_out(self) -> Self:
        if self.dial and self.message:
            raise expected("either `dial` or `message`")
        return self


class AsteriskDeclaration(Declaration):
    """Which Asterisk carries the calls. Without `url` Thirdring runs one of its own."""

    url: AriUrl | None = None
    """Base address of the ARI of an Asterisk that somebody else runs, such as `http://127.0.0.1:8088/ari`."""
    user: SectionName = "thirdring"
    """ARI user."""
    password: CredentialDeclaration | None = None
    """ARI password. Needed with `url`; left out otherwise, it is made up once."""
    app: SectionName = "thirdring"
    """Name of the Stasis application, as in `dialplan/`."""
    address: Address = "127.0.0.1"
    """Address that SIP and RTP of our own Asterisk listen at. Loopback until you open it to the network of the phones."""
    callers_from: list[Network] | None = None
    """Networks whose callers need no trunk. Default: this machine while the site has no trunk, nobody once it has one."""
    sip_port: Port | None = None
    """SIP port of our own Asterisk. Default: a free one."""
    rtp_ports: Ports | None = None
    """RTP ports of our own Asterisk: two for each leg. Default: a free range."""
    rtp_timeout: PositiveDuration = timedelta(seconds=30)
    """A phone silent for so long in a call is taken for unplugged. Longer for phones that send nothing in silence."""
    greeting: Text | None = None
    """Sound file (wav) that greets callers while no controller runs. A relative path counts from the site file."""
    music: Text | None = None
    """Directory of sound files (wav) for waiting callers. A relative path counts from the site file. Default: the music that comes with Asterisk."""
    prompts: Text | None = None
    """Directory of the prompts (wav) that `{message: NAME}` names. A relative path counts from the site file."""
    fallback: FallbackDeclaration = FallbackDeclaration()
    """What callers get while no controller runs."""

    @model_validator(mode="after")
    def _has_a_password_for_the_url(self) -> Self:
        if self.url and not self.password:
            raise expected("`password` beside `url`: the ARI password of that Asterisk")
        return self


class OutboundDeclaration(Declaration):
    """How agents call outside numbers."""

    trunk: TrunkRef
    """The trunk that outside calls leave by."""
    ring_timeout: PositiveDuration = timedelta(seconds=60)
    """How long an outside number may ring."""


class AgentDeclaration(Declaration):
    """A person who answers."""

    name: Text | None = None
    """What people call the agent. Default: its key."""
    device: DeviceRef | None = None
    """The agent's own phone. No two agents share one. Left out, the agent names a device at each log-in."""
    team: Name | None = None
    """The team, which queues can name as members."""
    skills: Annotated[dict[Name, Level], SkillLevels] = {}
    """Skills with levels from 1, higher is better: `{english: 3}`. A list, `[english, repair]`, means level 1 each."""
    wrap_up: Annotated[Duration | None, NoLimit] = None
    """Wrap-up after each call, instead of the queue's."""


class MemberDeclaration(Declaration):
    """Who serves a queue: one agent, a team, or all who have a skill. An agent named singly goes by that entry."""

    shorthand = "agent"
    exactly_one_of = ("agent", "team", "skill")

    agent: AgentRef | None = None
    """One agent."""
    team: TeamRef | None = None
    """All agents of this team."""
    skill: SkillRef | None = None
    """All agents with this skill."""
    at_least: Level = 1
    """With `skill`: the lowest level that counts."""
    level: Annotated[int, Field(ge=0)] = 0
    """Membership level, lower first: 0 takes calls at once, higher ones as `widening` says."""
    weight: Limit = 1
    """Share of calls under `weighted_random`."""


class TargetDeclaration(Declaration):
    """Where an overflowing call goes. The bare word `hang_up` ends the call."""

    shorthand = "word"
    exactly_one_of = ("queue", "number", "voicemail", "message", "word")

    queue: QueueRef | None = None
    """Another queue."""
    number: Number | None = None
    """An outside number or an extension."""
    voicemail: Name | None = None
    """A voicemail box."""
    message: Text | None = None
    """A prompt; then the call ends."""
    word: HangUp | None = None
    """What the bare word `hang_up` stands for."""


class OverflowDeclaration(Declaration):
    """Where calls go that the queue does not keep. What is left out hangs up. Overflows must not lead in a circle."""

    full: TargetDeclaration | None = None
    """`max_length` calls wait already."""
    empty: TargetDeclaration | None = None
    """No agent counts (`join_unless`, `leave_when`)."""
    timeout: TargetDeclaration | None = None
    """The call waited `max_wait`."""
    closed: TargetDeclaration | None = None
    """The calendar says closed."""


Misses = Annotated[Limit | None, NoLimit]


class AutoPauseDeclaration(Declaration):
    """Pause an agent after so many misses in a row of one kind. `none` never does."""

    no_answer: Misses = 3
    """The phone rang out."""
    declined: Misses = None
    """The agent declined."""
    busy: Misses = None
    """The phone was busy."""
    unreachable: Misses = 2
    """The phone did not react at all."""


class DelaysDeclaration(Declaration):
    """How long an agent rests after a missed offer, by how it was missed."""

    no_answer: Duration = timedelta(seconds=5)
    """The phone rang out."""
    declined: Duration = timedelta(seconds=10)
    """The agent declined."""
    busy: Duration = timedelta(seconds=15)
    """The phone was busy."""
    unreachable: Duration = timedelta(seconds=30)
    """The phone did not react at all."""


class RingStepDeclaration(Declaration):
    """What is done when a ring begins and nobody has answered. The bare words `alert` and `overflow` do just that.
    That the second ring began, and each up to the first behind the limit, is written down in any case.
    """

    shorthand = "word"

    alert: bool = False
    """Call the supervisor."""
    phones: Annotated[int, Field(ge=0, le=100)] = 0
    """At least so many phones ring for the call: `2` rings a second agent as well."""
    widen: Annotated[int, Field(ge=0, le=100)] = 0
    """By how much the membership levels that may be used widen."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    """By how much the call's priority rises."""
    overflow: bool = False
    """The call leaves as after `max_wait`: to `overflow.timeout`, which is needed then."""
    word: RingWord | None = None
    """What the bare words `alert` and `overflow` stand for."""


RingSteps = dict[Annotated[int, Field(ge=1, le=100)], RingStepDeclaration]


class QueuePolicy(Declaration):
    """How calls wait and agents are chosen. `queue_defaults` takes the same fields for all queues that do not say otherwise."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    """How the agents are ordered who could take a call."""
    weight: int = 0
    """Order between queues: calls of a higher weight first."""
    ageing_per_minute: Annotated[float, Field(ge=0)] = 0.0
    """How much a call's priority grows in each minute of waiting."""
    ring_timeout: PositiveDuration = timedelta(seconds=15)
    """How long one offer may ring. Three rings are 15 s in China."""
    progressive_step: PositiveDuration = timedelta(seconds=5)
    """With `ring_progressively`: after how long the next phone rings too."""
    wrap_up: Duration = timedelta(0)
    """Time for notes after each call, before the next offer."""
    widening: Steps = {}
    """Highest membership level by waiting time: `{0s: 0, 30s: 1}`. Empty: all levels at once, lower ones first."""
    relaxation: Steps = {}
    """By how much required skill levels drop by waiting time: `{60s: 1}`."""
    max_length: Annotated[Limit | None, NoLimit] = None
    """At most so many calls wait; `none` is no limit."""
    max_wait: Annotated[PositiveDuration | None, NoLimit] = None
    """Nobody waits longer; `none` is no limit."""
    join_unless: Annotated[list[UnavailableReason] | None, NoLimit] = None
    """Refuse a call when every member is unavailable for one of these reasons; `none` never refuses."""
    leave_when: Annotated[list[UnavailableReason] | None, NoLimit] = None
    """Send waiting calls on when every member is unavailable for one of these reasons; `none` keeps them."""
    overflow: OverflowDeclaration = OverflowDeclaration()
    """Where calls go that the queue does not keep."""
    calendar: Annotated[CalendarRef | None, NoLimit] = None
    """When the queue takes calls; `none` is always."""
    delays: DelaysDeclaration = DelaysDeclaration()
    """How long an agent rests after a missed offer."""
    auto_pause: AutoPauseDeclaration = AutoPauseDeclaration()
    """After how many misses an agent is paused."""
    no_answer_resets_idle: bool = False
    """Whether a missed offer puts the agent at the end of `longest_idle`."""
    seed: int = 0
    """Seed of `random` and `weighted_random`: the same seed gives the same order."""
    agent_rings: RingSteps = {}
    """What is done when a ring begins at an agent's phone, by its number: `{2: {phones: 2}, 3: alert}`. A ring that begins after `ring_timeout` is never reached."""
    caller_rings: RingSteps = {}
    """What is done when a ring begins for a waiting caller: `{3: {priority: 5}, 12: overflow}`. Counted through all queues, from the first ring-back, or from the arrival when the caller hears music."""


class QueueDeclaration(QueuePolicy):
    """One policy under which calls wait."""

    name: Text | None = None
    """What people call the queue. Default: its key."""
    members: list[MemberDeclaration] = []
    """Who serves the queue, in the order of `linear` and `round_robin`."""


class EntryPointDeclaration(Declaration):
    """A number that callers dial. A bare word is the queue."""

    shorthand = "queue"

    queue: QueueRef
    """Where the calls go."""
    name: Text | None = None
    """What people call this number. Default: the number."""
    answer: AnswerWhen = AnswerWhen.AT_ONCE
    """When the caller is answered, and starts to pay."""
    waiting: WaitingSound = WaitingSound.MUSIC
    """What the caller hears while waiting."""
    music: SectionName = "default"
    """Music-on-hold class."""
    priority: int = 0
    """Calls of a higher priority come first."""
    requires: Annotated[dict[SkillRef, Level], SkillLevels] = {}
    """Skills that the agent needs: `{english: 2}`, or a list for level 1."""
    owner: AgentRef | None = None
    """Whose number this is, a member of the queue or not: while logged in, this agent gets its callers first."""
    owner_for: PositiveDuration = timedelta(seconds=20)
    """How long a caller waits for the `owner` alone, busy or not; then the queue takes the call."""


class HolidaysDeclaration(Declaration):
    """The public holidays of a country, with its make-up working days. A bare word is the country."""

    shorthand = "country"

    country: Country
    """Country code (ISO 3166)."""
    region: Text | None = None
    """Region of the country, where holidays differ by region."""

    @field_validator("region")
    @classmethod
    def _is_a_region_of_the_country(cls, region: str | None, info: ValidationInfo) -> str | None:
        regions = frozenset(countries().get(info.data.get("country", ""), ()))
        if region is not None and regions and region not in regions:
            hint = did_you_mean(region, regions) or "."
            raise expected(f"a region of {info.data['country']}{hint} Known: {', '.join(sorted(regions))}")
        return region


class CalendarDeclaration(Declaration):
    """When a queue takes calls."""

    time_zone: TimeZone | None = None
    """Time zone of the hours. Default: the site's."""
    hours: dict[WeekdaysText, ListOfHours]
    """Opening hours by weekdays: `mon-fri: 09:00-18:00`. Past midnight when the end is not after the start."""
    holidays: HolidaysDeclaration | None = None
    """Public holidays, on which only `holiday_hours` count; make-up working days have the hours of the day they stand for."""
    closed: list[Date] = []
    """Further days that count as holidays."""
    holiday_hours: ListOfHours = []
    """Opening hours on holidays. Empty: closed."""
    make_up_days: dict[Date, Weekday] = {}
    """Further days that have the hours of another weekday: `2026-10-10: wed`."""


class ShiftDeclaration(Declaration):
    """A part of each day by which figures are reported. A bare text is the hours. Shifts may overlap."""

    shorthand = "hours"

    hours: Hours
    """When it is, in the site's time zone: `06:00-14:00`. Past midnight when the end is not after the start."""
    supervisor: Name | None = None
    """Who supervises it, and is charged for calls missed in it. Where shifts overlap, the one that began last counts."""


class MissedCallsDeclaration(Declaration):
    """What a missed call costs those on duty. Calls that nobody could have answered (closed, a fault of the system) and short abandons cost nothing."""

    agent: Annotated[int, Field(ge=0)] = 10
    """What each agent pays who was logged in."""
    supervisor: Annotated[int, Field(ge=0)] = 50
    """What the supervisor on duty pays."""
    on_duty: Name | None = None
    """The supervisor on duty when no shift has one. Left out: nobody is charged as supervisor then."""


class PoliciesDeclaration(Declaration):
    """The promises that figures are measured against."""

    rings: Limit = 3
    """Within how many rings a call is to be answered."""
    short_abandon: Duration = timedelta(seconds=5)
    """Callers who leave sooner are not counted as abandoned."""
    service_level_percent: Annotated[float, Field(gt=0, le=100)] = 80.0
    """Service level target: this share of calls …"""
    service_level_within: PositiveDuration = timedelta(seconds=20)
    """… is answered within this time."""
    service_level_formula: ServiceLevel = ServiceLevel.ANSWERED_AND_ABANDONED
    """How the service level is calculated: see the five formulas in `metrics/README.md`."""
    missed_calls: MissedCallsDeclaration = MissedCallsDeclaration()
    """What a missed call costs those on duty."""


class SiteDeclaration(Declaration):
    """A site file: everything that one hotline is made of."""

    name: Text
    """Name of the hotline, shown on every page."""
    language: Language = Language.ENGLISH
    """What pages and prompts speak unless a user chooses otherwise."""
    time_zone: TimeZone
    """IANA time zone of the site, such as `Asia/Shanghai`."""
    cadence: CadenceField = CADENCES["us"]
    """How phones ring: a country, or bursts and pauses in turn, such as `[1s, 4s]`."""
    asterisk: AsteriskDeclaration = AsteriskDeclaration()
    """Which Asterisk carries the calls."""
    devices: dict[SectionName, DeviceDeclaration] = {}
    """Phones by the user name that they register with."""
    trunks: dict[SectionName, TrunkDeclaration] = {}
    """Lines to carriers by name."""
    outbound: OutboundDeclaration | None = None
    """How agents call outside numbers. Left out: they cannot."""
    pause_codes: list[Name] = []
    """The reasons that an agent may give for a pause."""
    agents: dict[Name, AgentDeclaration] = {}
    """People who answer, by id."""
    queue_defaults: QueuePolicy = QueuePolicy()
    """Fields for all queues that do not say otherwise."""
    queues: Annotated[dict[Name, QueueDeclaration], Field(min_length=1)]
    """Queues by id."""
    entry_points: dict[Number, EntryPointDeclaration] = {}
    """Numbers that callers dial, each with its queue."""
    calendars: dict[Name, CalendarDeclaration] = {}
    """Opening hours by name, for `calendar` of queues."""
    shifts: dict[Name, ShiftDeclaration] = {}
    """Shifts by name, for reports and the missed-call ledger: `{early: 06:00-14:00, late: 14:00-22:00, night: 22:00-06:00}`."""
    policies: PoliciesDeclaration = PoliciesDeclaration()
    """The promises that figures are measured against."""
