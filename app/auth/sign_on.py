"""Single sign-on: log in by an OpenID provider instead of a password. Whom it names becomes a user here, with the role of its groups."""

from collections import OrderedDict
from datetime import datetime

from app.auth.actor import Actor
from app.auth.administration import difference, shown
from app.auth.attempt import ATTEMPT_LASTS, Answer, Attempt
from app.auth.claims import Person, person_of
from app.auth.errors import ProviderAway, SignOnRefused, UserExists
from app.auth.identities import Identities
from app.auth.logins import NOBODY, Logins, Opened
from app.auth.model import Means, Principal, Role, User
from app.auth.provider import Provider
from app.auth.sign_on_settings import SignOnSettings
from app.auth.store import AccountStore
from app.auth.throttle import FailureKey, network_of
from app.clock import Clock

_MOST_ENDED = 10_000


class SignOn:
    """Begins and ends log-ins by the provider."""

    def __init__(
        self,
        settings: SignOnSettings,
        *,
        store: AccountStore,
        identities: Identities,
        logins: Logins,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.provider = Provider(settings, clock)
        self._store = store
        self._identities = identities
        self._logins = logins
        self._clock = clock
        self._ended: OrderedDict[str, datetime] = OrderedDict()

    async def begin(self, attempt: Attempt, *, back_to: str) -> str:
        """Where the browser goes; the attempt's secret is for a cookie. Raises `ProviderAway`."""
        return await self.provider.authorization_url(attempt, back_to=back_to)

    async def finish(
        self,
        answer: Answer,
        attempt: Attempt | None,
        *,
        source: str,
        back_to: str,
        instead_of: str | None = None,
    ) -> Opened:
        """Log in whom the provider names. `attempt` is the one of this browser's cookie; it can end once.

        Raises `SignOnRefused`, `TooManyAttempts`, `ProviderAway`; each is audited.
        """
        nobody = Actor(NOBODY, source)
        async with self._logins.guessing.watching([FailureKey(address=network_of(source))], nobody):
            try:
                person = await self._person(answer, attempt, back_to)
            except ProviderAway as away:
                now, details = self._clock.now(), {"reason": away.reason}
                await self._store.write_audit(
                    [
                        nobody.entry(
                            "openSession", at=now, about=NOBODY.name, details=details, result=away.code
                        )
                    ]
                )
                raise
            user = await self._user(person, source)
        return await self._logins.opened(user, source, instead_of=instead_of, details={"by": "sign-on"})

    # --- who it is ---------------------------------------------------------------------------------------------------

    async def _person(self, answer: Answer, attempt: Attempt | None, back_to: str) -> Person:
        if attempt is None:
            raise SignOnRefused.stale("the cookie of its beginning is missing")
        if not attempt.began(answer.state):
            raise SignOnRefused.stale("the state is not the one it began with")
        self._end(attempt)
        if answer.issuer and answer.issuer != self.settings.issuer:
            raise SignOnRefused.unproven("another provider answered")  # RFC 9207
        if answer.error:
            raise SignOnRefused.by_provider(answer.error)
        if not answer.code:
            raise SignOnRefused.unproven("it sent neither a code nor an error")
        return person_of(
            await self.provider.claims(answer.code, attempt, back_to=back_to), self.settings.rules
        )

    def _end(self, attempt: Attempt) -> None:
        now = self._clock.now()
        while self._ended and (
            len(self._ended) >= _MOST_ENDED or next(iter(self._ended.values())) <= now - ATTEMPT_LASTS
        ):
            self._ended.popitem(last=False)
        if attempt.state in self._ended:
            raise SignOnRefused.stale("it was used already")
        self._ended[attempt.state] = now

    # --- as a user ---------------------------------------------------------------------------------------------------

    async def _user(self, person: Person, source: str) -> User:
        """The user of this person as the provider wants it now; a new one at the first log-in."""
        await self._identities.refresh()
        known = self._identities.user_of_subject(person.subject)
        actor = Actor(_PROVIDER, source)
        user = await self._changed(known, person, actor) if known else await self._added(person, actor)
        if user.is_disabled:
            raise SignOnRefused.disabled(user.name)
        return user

    async def _added(self, person: Person, actor: Actor) -> User:
        now = self._clock.now()
        plain = User(
            name=person.name,
            role=person.role,
            password_hash="",
            created_at=now,
            password_changed_at=now,
            subject=person.subject,
        )
        user = person.applied_to(plain)
        entry = actor.entry("addUser", at=now, about=f"user:{user.name}", details={"after": shown(user)})
        try:
            await self._store.add_user(user, entry)
        except UserExists:
            await self._identities.refresh()
            if (known := self._identities.user_of_subject(person.subject)) is not None:
                return known  # The same person, at the same moment.
            raise SignOnRefused.name_taken(user.name, subject=person.subject) from None
        await self._identities.refresh()
        return user

    async def _changed(self, known: User, person: Person, actor: Actor) -> User:
        """Role, teams and agent follow the provider. A user of its own making who is as it should be is not written."""
        if person.applied_to(known) == known:
            return known
        now = self._clock.now()
        user = await self._store.change_user(
            known.name,
            person.applied_to,
            lambda before, after: actor.entry(
                "changeUser", at=now, about=f"user:{after.name}", details=difference(before, after)
            ),
        )
        await self._identities.refresh()
        return user


_PROVIDER = Principal(name="sign-on", role=Role.ADMIN, means=Means.SESSION, grants={})
"""Who makes users what the provider says, as the audit names it."""
