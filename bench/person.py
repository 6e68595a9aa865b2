"""Somebody signed in: one kept-alive connection that remembers its cookies, as a browser does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `location` is where a redirect leads, "" for anything else."""

    status: int
    location: str
    body: bytes

    def hidden(self, name: str) -> str:
        """The value of a hidden field of the page."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"'.encode(), self.body)
        assert found, f"the page has no field {name}"
        return found[1].decode()


@dataclass
class Person:
    """`place` is host and port of the web server."""

    place: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection(self.place, timeout=30)

    @classmethod
    def by_link(cls, link: str) -> "Person":
        """Whoever this sign-in address signs in, on their first page."""
        parts = urlsplit(link)
        person = cls(parts.netloc)
        person.get(parts.path)
        assert person.get("/").status == 200, "the sign-in link does not work"
        return person

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> Answer:
        """The page; on a new connection when the server has closed the idle one."""
        try:
            return self._ask("GET", path, None)
        except ConnectionError:
            self._connection.close()
            return self._ask("GET", path, None)

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return Answer(response.status, response.headers.get("Location", ""), response.read())
