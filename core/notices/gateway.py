"""Short messages by HTTP: a gateway such as Kannel, or that of an operator, as the settings describe it.

A gateway is an address, a method, and fields with places for the number and the text. No two agree on their names, and
all take them as a form, in the address or as JSON.
"""

import json
import re
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from flask import current_app

from core.contract.ports import NotCarried

PATIENCE = 20  # seconds for an answer
READ = 2000  # bytes of an answer that are looked at
LATER = (408, 425, 429)  # of the answers 4xx: the same may be taken another time


class _Straight(HTTPRedirectHandler):
    """Follows no redirect: password and text are for the address of the settings alone."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


@dataclass(frozen=True)
class HttpGateway:
    """A gateway by HTTP. `fields` are (name, value) with {number}, {digits} (no +), {text} and {id} in them."""

    url: str
    method: str = "GET"
    fields: tuple[tuple[str, str], ...] = ()
    authorization: str = field(default="", repr=False)
    accepted: str = ""

    @classmethod
    def configured(cls) -> "HttpGateway":
        """Return the gateway of the settings."""
        config = current_app.config
        fields = tuple(parse_qsl(config["SMS_FIELDS"], keep_blank_values=True))
        return cls(config["SMS_URL"], config["SMS_METHOD"], fields, config["SMS_AUTHORIZATION"], config["SMS_ACCEPTED"])

    def send(self, number: str, text: str, mark: str = "") -> str:
        """Return what the gateway answered; raises NotCarried. A `mark` that comes again is the same message."""
        try:
            with build_opener(_Straight).open(self._request(number, text, mark), timeout=PATIENCE) as answer:
                said = answer.read(READ).decode("utf-8", "replace").strip()
        except HTTPError as error:
            said = error.read(READ).decode("utf-8", "replace").strip()
            lasting = error.code < 500 and error.code not in LATER
            raise NotCarried(f"{error.code} {said}"[:300], lasting) from None
        except (OSError, HTTPException) as error:
            raise NotCarried(f"{type(error).__name__}: {error}"[:300]) from None
        if self.accepted and not re.search(self.accepted, said):
            raise NotCarried(said[:300] or "an empty answer", lasting=True)
        return said[:100]

    def _request(self, number: str, text: str, mark: str) -> Request:
        places = {"{number}": number, "{digits}": number.lstrip("+"), "{text}": text, "{id}": mark}
        filled = [(name, re.sub(r"\{\w+\}", lambda place: places.get(place[0], place[0]), value))
                  for name, value in self.fields]  # fmt: skip
        headers = {"Authorization": self.authorization} if self.authorization else {}
        if self.method == "GET":
            return Request(f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(filled)}", headers=headers)  # noqa: S310
        if self.method == "JSON":
            body, kind = json.dumps(dict(filled)), "application/json"
        else:
            body, kind = urlencode(filled), "application/x-www-form-urlencoded"
        return Request(self.url, body.encode(), headers | {"Content-Type": kind}, method="POST")  # noqa: S310
