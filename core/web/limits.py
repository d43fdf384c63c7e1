"""How often the house answers who is not signed in: programs by token, and by address whoever shows none that opens
anything, and visitors of public pages.

In memory, or in Redis where there are several processes; where that does not answer, nobody is held up by it.
"""

import logging
import math
import time
from typing import Any

from flask import Flask, current_app
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from core.contract.words import _
from core.data.errors import AmagaraError

log = logging.getLogger("amagara.web")
STRANGERS = RateLimitItemPerSecond(50, 900, namespace="stranger")  # as sign-ins that fail from one address
VISITS = RateLimitItemPerSecond(120, 900, namespace="visit")  # the wards of a hospital share one address
SENT = RateLimitItemPerSecond(20, 900, namespace="sent")


class TooMany(AmagaraError):
    """Somebody asks too often: `facts["seconds"]` is how long to wait."""

    status = 429


class Limits:
    """The counters of one installation."""

    def __init__(self, app: Flask) -> None:
        storage = storage_from_string(app.config["REDIS_URL"] or "memory://")
        self.counter = SlidingWindowCounterRateLimiter(storage)
        self.most = RateLimitItemPerMinute(app.config["API_PER_MINUTE"], namespace="token")


def _limits() -> Limits:
    found: Limits = current_app.extensions["amagara.limits"]
    return found


def count_token(token_id: int) -> None:
    """Count a request of a token; raises TooMany."""
    _count(_limits().most, str(token_id))


def count_stranger(address: str) -> None:
    """Count a request that opened nothing; raises TooMany."""
    _count(STRANGERS, address)


def count_visitor(address: str, sends: bool = False) -> None:
    """Count a request of somebody who is not signed in to a public page, or that he sends one; raises TooMany."""
    _count(VISITS, address)
    if sends:
        _count(SENT, address)


def _count(item: Any, key: str) -> None:
    counter = _limits().counter
    try:
        if counter.hit(item, key):
            return
        wait = counter.get_window_stats(item, key).reset_time - time.time()
    except Exception as error:  # a counter that is down is no reason to refuse work
        log.warning("requests are not counted: %s", error)
        return
    raise TooMany(_("There were too many requests."), seconds=max(1, math.ceil(wait)))
