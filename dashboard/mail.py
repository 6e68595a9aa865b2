"""Mail, sent in another thread than the request: a page takes the same time whether somebody has the address or nobody.

Nothing of it goes through the queue, so no link stands anywhere but in the mail.
"""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from urllib.parse import urlsplit

from allauth.account.utils import user_pk_to_url_str
from django.core.mail import send_mail
from django.db import connections
from django.template.loader import render_to_string
from django.urls import reverse

from dashboard.models import User
from dashboard.people.accounts import ResetTokens

WAITING = 200  # mails; more are dropped, for whoever can ask for so many is no person
PAUSE_SECONDS = 0.2  # the answer has left before work begins that only a known address makes
logger = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(1, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()


def send_reset_link(email: str, site: str) -> None:
    """Send a link to set a new password to whoever signs in with `email`. `site` is the address of this Retake.

    Returns at once; a mail that cannot be sent is logged.
    """
    if len(_waiting) >= WAITING:
        logger.error("Too many mails are waiting: one was dropped")
        return
    mail = _sender.submit(_send_reset_link, email, site)
    _waiting.add(mail)
    mail.add_done_callback(_waiting.discard)


def send_notice(people: list[str], subject: str, text: str) -> None:
    """Mail each of `people` by itself, in the calling process. A mail that cannot be sent is logged."""
    for person in people:
        try:
            send_mail(subject.replace("\n", " "), text, None, [person])
        except OSError as error:  # of the mail server, its errors included
            logger.error("A notice could not be sent: %s", type(error).__name__)


def finish(seconds: float) -> None:
    """Wait for the mails that were asked for, at most so long."""
    wait(list(_waiting), seconds)


def _send_reset_link(email: str, site: str) -> None:
    time.sleep(PAUSE_SECONDS)
    try:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is not None:
            _write(user, site)
    except Exception as error:  # its text may hold the address
        logger.error("A mail with a reset link could not be sent: %s", type(error).__name__)
    finally:
        connections.close_all()


def _write(user: User, site: str) -> None:
    args = [user_pk_to_url_str(user), ResetTokens().make_token(user)]
    url = site + reverse("account_reset_password_from_key", args=args)
    text = render_to_string("account/email/password_reset.txt", {"user": user, "url": url})
    send_mail(f"[{urlsplit(site).netloc}] Reset your password", text, None, [user.email])
