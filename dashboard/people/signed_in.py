"""Who is signed in: the session, and the account with its memberships, by one statement each.

What anything but a good session needs (a former SECRET_KEY, an account that was closed) is left to Django.
"""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from dashboard import access
from dashboard.models import User

STORED = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def load(self) -> dict[str, object]:
        """What the session holds; nothing where there is none, or none any more."""
        with connection.cursor() as cursor:
            cursor.execute(STORED, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])


class Authentication(AuthenticationMiddleware):
    """Django's, with the memberships read in the same statement as the account."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: who(request))  # type: ignore[assignment]


def who(request: HttpRequest) -> User | AnonymousUser:
    """The person whose session this is."""
    return _of(request.session) or auth.get_user(request)


def _of(session: SessionBase) -> User | None:
    """The account of a session that is as Django wants it, else None: signed in by one of our backends, since when
    the password has not changed.
    """
    number = str(session.get(auth.SESSION_KEY, ""))
    if (
        not number.isdecimal()
        or session.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS
    ):
        return None
    user = access.account(int(number))
    if user is None or not user.is_active:
        return None
    sealed = session.get(auth.HASH_SESSION_KEY) or ""
    return user if constant_time_compare(sealed, user.get_session_auth_hash()) else None
