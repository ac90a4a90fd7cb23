"""The phones as Asterisk sees them: reachable, busy in a call that Thirdring does not know, or unreachable."""

from collections.abc import Iterable

from app.acd.events import DeviceChanged
from app.acd.model import DeviceState
from app.ari.registry import Registry
from app.ari.snapshots import Endpoint
from app.ids import DeviceId

TECHNOLOGY = "PJSIP"


class DeviceWatch:
    """Turns endpoint snapshots into changes. Only changes come out, and only of the site's own phones."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._states: dict[DeviceId, DeviceState | None] = {}
        """What was told last; None: nothing yet."""
        self._channels: dict[DeviceId, list[str]] = {}

    def watch(self, device_ids: Iterable[DeviceId]) -> list[DeviceChanged]:
        """The site's phones. The first news of each counts as a change; those that are no more can be rung no more."""
        wanted = set(device_ids)
        gone = [id_ for id_ in self._states if id_ not in wanted]
        changes = [self._change(device_id, DeviceState.UNREACHABLE) for device_id in gone]
        self._states = {id_: self._states.get(id_) for id_ in sorted(wanted)}
        self._channels = {id_: channels for id_, channels in self._channels.items() if id_ in wanted}
        return [changed for changed in changes if changed is not None]

    @property
    def device_ids(self) -> list[DeviceId]:
        """The site's phones."""
        return list(self._states)

    def miss(self) -> list[DeviceChanged]:
        """Those of which nothing was heard yet cannot ring: Asterisk does not know them, or not yet."""
        unheard = [device_id for device_id, state in self._states.items() if state is None]
        changes = [self._change(device_id, DeviceState.UNREACHABLE) for device_id in unheard]
        return [changed for changed in changes if changed is not None]

    def see(self, endpoint: Endpoint) -> DeviceChanged | None:
        """A snapshot came."""
        device_id = DeviceId(endpoint.resource)
        if endpoint.technology != TECHNOLOGY or device_id not in self._states:
            return None
        self._channels[device_id] = endpoint.channel_ids
        if endpoint.state != "online":
            return self._change(device_id, DeviceState.UNREACHABLE)
        return self._change(device_id, self._state_by_channels(endpoint.channel_ids))

    def owned(self, channel_id: str, device_id: DeviceId) -> DeviceChanged | None:
        """A channel of this phone turned out to be ours."""
        channels = self._channels.get(device_id, [])
        if channel_id not in channels or self._states.get(device_id) is not DeviceState.BUSY_ELSEWHERE:
            return None
        return self._change(device_id, self._state_by_channels(channels))

    def _state_by_channels(self, channel_ids: list[str]) -> DeviceState:
        is_free = all(channel_id in self._registry for channel_id in channel_ids)
        return DeviceState.REACHABLE if is_free else DeviceState.BUSY_ELSEWHERE

    def _change(self, device_id: DeviceId, state: DeviceState) -> DeviceChanged | None:
        if self._states[device_id] is state:
            return None
        self._states[device_id] = state
        return DeviceChanged(device_id, state)
