"""What of a request stands in the audit log: which fields of its body, by name. What is not named is left out, secrets first of all."""

from collections.abc import Mapping

NOTED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "logIn": ("device_id", "pause"),
    "logOut": (),
    "pause": ("code",),
    "resume": (),
    "endWrapUp": (),
    "extendWrapUp": ("seconds",),
    "originateCall": ("agent_id", "number"),
    "hangUpCall": (),
    "reloadSite": (),
    "waiveMissedCall": ("reason",),
    "disputeMissedCall": ("reason",),
    "recoverMissedCall": ("call_id",),
}
"""Operations that change the floor, each with the fields to note. Numbers are masked."""

NOTED_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "listCalls": ("state", "queue_id", "agent_id", "kind", "outcome", "since", "until"),
    "exportQueueLog": ("day", "since", "until"),
}
"""Operations that can show personal data of many, each with the parameters that say whose."""

SELF_NOTED = frozenset(
    {
        "openSession",
        "closeSession",
        "closeAllSessions",
        "changeOwnPassword",
        "addUser",
        "changeUser",
        "setPassword",
        "closeSessionsOfUser",
        "unlockUser",
        "linkUser",
        "addToken",
        "revokeToken",
    }
)
"""Operations that write their entry together with the change: only their failures are left to be noted."""

REVEALING = frozenset({"exportQueueLog"})
"""Operations that always show phone numbers in full. Others say so when they do."""
