"""Mail: what is due for a person as one message in text and simple HTML, and the way to the mail server.

It says what happened and a number, with links: what is confidential is read after signing in.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from flask import current_app
from flask_babel import force_locale

from core.contract.plugins import notice_kinds
from core.contract.ports import MAIL, NotCarried
from core.contract.words import _, ngettext
from core.data.db import utcnow
from core.notices import ways
from core.notices.carrying import AddressRefused, Parcel, Send, Unreachable, carry
from core.notices.choosing import EVERYTHING

PATIENCE = 20  # seconds for each word of the server
SUBJECT = 120  # signs at most
LONGEST = 900  # signs of a line of the head; 998 is the most that servers take
NO_SUCH_ADDRESS = (501, 510, 511, 521, 541, 550, 551, 553, 556)  # of the refusals 5xx of a recipient
KINDS = 5  # of one mail, that are named with a link of their own


def send_due() -> str:
    """Send the mail that is due; return why it stopped, or ""."""
    return carry(MAIL, server)


@contextmanager
def server() -> Iterator[Send]:
    """Open the way to the mail server; yield what sends a parcel. A connection that breaks is opened anew."""
    with _Line() as line:
        yield lambda parcel: line.send(letter(parcel), parcel.address)


def letter(parcel: Parcel) -> EmailMessage:
    """Return the mail of a parcel, in the language of its person; AddressRefused where nothing can be sent to him."""
    with force_locale(parcel.user.language):
        message = EmailMessage()
        message["Subject"] = _line(_subject(parcel))[:SUBJECT]
        message["From"] = _sender()
        message["To"] = _recipient(parcel.user.name, parcel.address)
        message["Date"] = format_datetime(utcnow())
        message["Message-ID"] = f"<{parcel.mark}@{_sender().domain}>"
        message["Auto-Submitted"] = "auto-generated"  # nobody's machine answers, and ours answers none
        message["X-Auto-Response-Suppress"] = "All"
        message["List-Unsubscribe"] = f"<{_stop(parcel, _about(parcel))}>"
        if ways.is_safe():
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        values = _values(parcel)
        message.set_content(_drawn("notices/mail.txt", values), cte="quoted-printable")
        message.add_alternative(_drawn("notices/mail.html", values), subtype="html", cte="quoted-printable")
    message.policy = SMTP.clone(max_line_length=LONGEST)  # a long address that is folded is none
    return message


def _subject(parcel: Parcel) -> Any:
    if len(parcel.notices) == 1:
        return parcel.notices[0].title
    return ngettext("%(num)s notice", "%(num)s notices", len(parcel.notices))


def _line(text: Any) -> str:
    """Return a text as one line: what stands in a header ends there."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", str(text)).split())


def _sender() -> Address:
    name, address = parseaddr(current_app.config["MAIL_FROM"])
    return Address(_line(name) or "Amagara", addr_spec=address)


def _recipient(name: str, address: str) -> Address:
    try:
        found = Address(_line(name), addr_spec=address)
        found.addr_spec.encode("ascii")
    except (MessageError, ValueError, IndexError) as error:
        raise AddressRefused(str(_("this is no address that mail reaches"))) from error
    return found


def _about(parcel: Parcel) -> str:
    """Return the one kind that a mail is about, else all of them: what its own button ends."""
    kinds = {one.kind for one in parcel.notices}
    return next(iter(kinds)) if len(kinds) == 1 and kinds <= notice_kinds().keys() else EVERYTHING


def _stop(parcel: Parcel, kind: str) -> str:
    return ways.address("notices.stop", token=ways.stop_token(parcel.user.id, kind))


def _values(parcel: Parcel) -> dict[str, Any]:
    known = notice_kinds()
    kinds = list(dict.fromkeys(one.kind for one in parcel.notices if one.kind in known))[:KINDS]
    return {
        "name": parcel.user.name, "language": parcel.user.language,
        "notices": [(one, ways.page_of(one.id)) for one in parcel.notices],
        "stops": [(known[kind].label, _stop(parcel, kind)) for kind in kinds],
        "choices": ways.address("notices.choices"),
    }  # fmt: skip


def _drawn(name: str, values: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template(name).render(values)


class _Line:
    """A connection to the mail server, opened when the first mail leaves."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "_Line":
        self.smtp = connected()
        return self

    def __exit__(self, *how: Any) -> None:
        if self.smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.smtp.quit()

    def send(self, message: EmailMessage, address: str) -> None:
        """Send a mail to an address; AddressRefused, NotCarried or Unreachable says why it cannot be."""
        self.smtp = self.smtp or connected()
        try:
            self.smtp.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            self._recipient_refused(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:
            raise Unreachable(_told(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            raise NotCarried(_told(error.smtp_code, error.smtp_error), error.smtp_code >= 500) from error
        except (smtplib.SMTPException, OSError) as error:  # the line is dead: whether the mail arrived is not known
            self.smtp = None
            raise NotCarried(f"{type(error).__name__}: {error}"[:300]) from error

    def _recipient_refused(self, code: int, said: bytes | str) -> None:
        if code in NO_SUCH_ADDRESS:
            raise AddressRefused(_told(code, said))
        raise NotCarried(_told(code, said), code >= 500)


def _told(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _line(f"{code} {text}")[:300]


def connected() -> smtplib.SMTP:
    """Return a connection to the mail server of the settings, as safe as they say; Unreachable where there is none."""
    config = current_app.config
    host, port, secure = config["SMTP_HOST"], config["SMTP_PORT"], config["SMTP_TLS"]
    try:
        context = ssl.create_default_context()
        smtp = (
            smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context) if secure == "tls"
            else smtplib.SMTP(host, port, timeout=PATIENCE)
        )  # fmt: skip
        if secure == "starttls":
            smtp.starttls(context=context)
        if config["SMTP_USER"]:
            smtp.login(config["SMTP_USER"], config["SMTP_PASSWORD"])
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(_why(error)) from error
    return smtp


def _why(error: Exception) -> str:
    """Return what an administrator reads: the server's own words, never what we have sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _told(error.smtp_code, error.smtp_error)
    return _line(f"{type(error).__name__}: {error}")[:300]
