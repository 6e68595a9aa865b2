"""What a person has chosen for their own pages, kept with the account and read with it: no query of its own."""

from typing import Any

from django.db import transaction

from dashboard.models import User


def chosen(user: User, name: str, default: Any = None) -> Any:
    """What `user` has chosen under `name`. The caller checks it: another version may have written it."""
    return choices(user).get(name, default)


def choices(user: User) -> dict[str, Any]:
    """All that `user` has chosen, not checked either."""
    return user.preferences if isinstance(user.preferences, dict) else {}


def choose(user: User, **wanted: Any) -> None:
    """Keep these choices; None takes one back. What was chosen on another page meanwhile stays."""
    with transaction.atomic():
        kept = User.objects.select_for_update().only("preferences").get(pk=user.pk).preferences
        merged = (kept if isinstance(kept, dict) else {}) | wanted
        user.preferences = {name: value for name, value in merged.items() if value is not None}
        User.objects.filter(pk=user.pk).update(preferences=user.preferences)
