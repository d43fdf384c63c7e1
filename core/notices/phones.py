"""Telephone numbers: what people type, as gateways take it."""

import phonenumbers
from flask import current_app
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def normal(text: str | None) -> str | None:
    """Return a mobile number as "+25779123456", one without its country as of this one (ISO code); else None."""
    try:
        found = phonenumbers.parse(text or "", current_app.config["COUNTRY"])
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found) or phonenumbers.number_type(found) not in MOBILE:
        return None
    return str(phonenumbers.format_number(found, PhoneNumberFormat.E164))
