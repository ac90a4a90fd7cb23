"""`thirdring demo` tells where the pages are, and how one gets in."""

from app.api.schemas.account import NewUser
from app.auth.model import Role
from app.auth.passwords import weaknesses
from app.clock import SystemClock
from app.simulator.demo import SITE, _way_in
from app.simulator.people import demo_users
from app.site.loader import load_site

URL = "http://127.0.0.1:65535"


def test_the_demo_shows_how_to_get_in() -> None:
    """The link holds the display's token in the fragment, which no browser sends; a line of a small terminal holds each part."""
    told = {"url": URL, "sip_port": 65535}
    way_in = _way_in(told, display_token="trt_" + "x" * 43, password="p" * 26)
    lines = way_in.plain.splitlines()
    assert f"Wallboard: {URL}/wallboard" in lines
    assert f"Its token: trt_{'x' * 43}" in lines
    assert f"Log in: {URL}/login, password {'p' * 26}" in lines
    assert all(len(line) <= 80 for line in lines)
    assert any(str(span.style).endswith(f"/wallboard#token=trt_{'x' * 43}") for span in way_in.spans)


def test_the_demo_has_a_user_of_each_role() -> None:
    """Whose agents and teams are those of its floor."""
    site = load_site(SITE, today=SystemClock().now().date())
    password = "k3xw9mqz7c2vbn4hd6fjr8stgy"
    users = [NewUser.model_validate(user) for user in demo_users(site, password)]
    assert [user.role for user in users] == list(Role)
    assert all(user.agent_id is None or user.agent_id in site.floor.agents for user in users)
    assert {user.role for user in users if user.agent_id} >= {Role.AGENT, Role.SENIOR_AGENT}
    assert {team for user in users for team in user.teams} <= set(site.teams)
    assert all(weaknesses(password, user_name=user.name) == [] for user in users)
