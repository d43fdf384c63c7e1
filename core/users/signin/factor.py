"""The second factor: codes of a device (TOTP), each good once, and codes on paper for the day it is lost."""

import base64
import hmac
import secrets

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import delete, func, select, update

from core.contract.words import _
from core.data import audit
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.seals import seal
from core.users.accounts.models import User
from core.users.rights.held import held_by
from core.users.signin.models import RecoveryCode, SecondFactor
from core.users.signin.tokens import hash_token

PURPOSE = "second factor"
SECRETS = "secrets stay out of the trail; the line beside says what was done"
STEP, AROUND = 30, (-1, 0, 1)  # seconds a code is shown; a clock may be wrong by as much
PAPER, GROUP = 8, 4  # how many recovery codes, of four groups of four signs: 80 random bits


def has(user_id: int) -> bool:
    """Return whether a person has a second factor."""
    return db.session.scalar(select(SecondFactor.user_id).where(SecondFactor.user_id == user_id)) is not None


def required(user_id: int) -> bool:
    """Return whether a role of a person asks for a second factor."""
    return any(row.second_factor for row in held_by(user_id))


def lacks(user_id: int) -> bool:
    """Return whether a person must set up a second factor before anything else."""
    return required(user_id) and not has(user_id)


def new_secret() -> str:
    """Return the secret of a new device."""
    return pyotp.random_base32()


def address(user: User, secret: str) -> str:
    """Return what the picture says to the application on the device."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name="Amagara")


def enable(user: User, secret: str, code: str) -> list[str]:
    """Return the recovery codes of a person whose device has just shown the right code."""
    if has(user.id):
        raise Refused(_("You have a second factor already. Remove it before setting up another device."))
    step = _step_of(secret, _signs(code), 0)
    if step is None:
        message = _("This is not the code of this moment. Check the clock of the device and try the next one.")
        raise Refused(message, "code")
    db.session.add(
        SecondFactor(user_id=user.id, secret=seal(PURPOSE).encrypt(secret.encode()).decode(), last_step=step)
    )
    audit.note("second factor set", "core.user", user.id, user.facility_id)
    return new_codes(user)


def new_codes(user: User) -> list[str]:
    """Return new recovery codes; the former ones no longer work."""
    db.session.execute(beside(delete(RecoveryCode).where(RecoveryCode.user_id == user.id), SECRETS))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _n in range(PAPER)]
    db.session.add_all(RecoveryCode(code_hash=hash_token(code), user_id=user.id) for code in codes)
    audit.note("recovery codes made", "core.user", user.id, user.facility_id)
    return ["-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP)) for code in codes]


def codes_left(user_id: int) -> int:
    """Return how many recovery codes were not used yet."""
    query = select(func.count()).select_from(RecoveryCode)
    return db.session.scalar(query.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def remove(user: User) -> None:
    """Remove a person's second factor and recovery codes."""
    db.session.execute(beside(delete(SecondFactor).where(SecondFactor.user_id == user.id), SECRETS))
    db.session.execute(beside(delete(RecoveryCode).where(RecoveryCode.user_id == user.id), SECRETS))
    audit.note("second factor removed", "core.user", user.id, user.facility_id)


def spend(user: User, code: str) -> bool:
    """Return whether a code is right and was not used before; it is used now."""
    signs = _signs(code)
    return _spend_shown(user.id, signs) if signs.isdigit() else _spend_paper(user, signs)


def _spend_shown(user_id: int, code: str) -> bool:
    row = db.session.get(SecondFactor, user_id)
    if row is None:
        return False
    try:
        secret = seal(PURPOSE).decrypt(row.secret.encode()).decode()
    except InvalidToken:  # the installation's key was changed: the codes on paper still work
        return False
    step = _step_of(secret, code, row.last_step)
    later = update(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.last_step < (step or 0))
    spent = beside(later.values(last_step=step), SECRETS)
    return step is not None and bool(db.session.connection().execute(spent).rowcount)


def _spend_paper(user: User, code: str) -> bool:
    mine = (RecoveryCode.user_id == user.id, RecoveryCode.code_hash == hash_token(code), RecoveryCode.used_at.is_(None))
    used = update(RecoveryCode).where(*mine).values(used_at=utcnow())
    if not db.session.connection().execute(beside(used, SECRETS)).rowcount:
        return False
    audit.note("recovery code used", "core.user", user.id, user.facility_id)
    return True


def _step_of(secret: str, code: str, spent: int) -> int | None:
    """Return the half minute of a code that is right now and later than the one spent."""
    now, device = int(utcnow().timestamp()) // STEP, pyotp.TOTP(secret)
    fitting = (now + off for off in AROUND if hmac.compare_digest(device.generate_otp(now + off), code))
    return next((step for step in fitting if step > spent), None)


def _signs(code: str) -> str:
    """Return the figures and letters of a code as it was typed."""
    return "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())
