"""Who can log in to the pages of the demonstration: a user of each role, all with the demonstration's own password."""

from app.auth.model import Role
from app.site.model import Site

_WITH_A_SEAT = (Role.AGENT, Role.SENIOR_AGENT, Role.INFORMATION_DESK, Role.COMPLAINT_DESK)


def demo_users(site: Site, password: str) -> list[dict[str, object]]:
    """What `POST /api/v1/users` takes, for each. A user is named as its role; those who take calls are agents of the floor."""
    seats = dict(zip(_WITH_A_SEAT, site.floor.agents, strict=False))
    leads = list(site.teams)[:1]
    return [
        {
            "name": str(role),
            "password": password,
            "role": str(role),
            "agent_id": seats.get(role),
            "teams": leads if role in {Role.TEAM_LEADER, Role.SENIOR_AGENT} else [],
        }
        for role in Role
    ]
