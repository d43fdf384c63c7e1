"""The work of notices that nobody waits for: telling many people, sending, trying the ways out, putting away."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from core.contract.ports import MAIL, NotCarried, Recurring
from core.contract.words import _
from core.data.access import current
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.work import perform
from core.jobs.services import Progress, job
from core.notices import choosing, mail, post, services, sms
from core.notices.carrying import AddressRefused, Parcel, Unreachable, address_of
from core.notices.drawing import Drawn
from core.users.accounts.models import User

CLEAN, SEND, TRY = "core.notices.clean", "core.notices.send", "core.notices.try"
READ_KEPT, ALL_KEPT = timedelta(days=60), timedelta(days=365)
SCHEDULE = {
    SEND: Recurring(SEND, _("Sending of mail and SMS"), every=timedelta(minutes=1), due=post.is_due),
    CLEAN: Recurring(CLEAN, _("Removal of old notices"), at=time(3, 10)),
}


@job(services.TELL)
def tell(progress: Progress, event: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """Tell some people of a fact; whoever was told already is not told again."""
    fact, names = services.event_from(event), {int(user_id): name for user_id, name in people.items()}
    perform(lambda: services.tell(fact, names))
    return ""


@job(CLEAN)
def clean(progress: Progress) -> str:
    """Remove notices that were read two months ago, and those of a year ago."""
    now = utcnow()
    perform(lambda: services.forget(now - READ_KEPT, now - ALL_KEPT))
    return ""


@job(SEND)
def send(progress: Progress) -> str:
    """Send what is due; fail with what the mail server or the gateway says when it takes nothing."""
    if faults := [why for why in (mail.send_due(), sms.send_due()) if why]:
        raise Refused("; ".join(faults))
    return ""


@job(TRY)
def try_out(progress: Progress, channel: str) -> str:
    """Send a test to the person who asked for it, at once and by no queue; fail with what was said to it."""
    user = db.session.get_one(User, current().user_id)
    address = address_of(user, choosing.Chosen(), channel)
    if not address:
        raise Refused(_("Your profile holds no address of mail.") if channel == MAIL
                      else _("Your profile holds no number of a mobile phone."))  # fmt: skip
    said = Drawn(0, "", _("This is a test of Amagara"), "", utcnow(), False)
    parcel = Parcel(user, address, [said], f"try-{user.id}-{utcnow().timestamp():.0f}")
    try:
        with (mail.server if channel == MAIL else sms.door)() as carry:
            carry(parcel)
    except (AddressRefused, NotCarried, Unreachable) as error:
        raise Refused(str(error)) from error
    return ""
