"""Where a form leads back to, for forms that stand on several pages."""

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.access import TeamRequest

LONGEST = 8000  # characters; what proxies take of an address


def way_back(request: TeamRequest, usual: str) -> str:
    """The page of this team that the form says it stands on, without one `usual`. Never another site."""
    page, home = request.POST.get("back", ""), reverse("team_home", args=[request.team.slug])
    path = page.partition("?")[0]  # Django looks at no more than 2,048 characters
    is_ours = path.startswith(home) and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return page if is_ours and len(page) <= LONGEST else usual
