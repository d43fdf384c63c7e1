"""The key that a person signs with on a device: made when he sets his PIN there, blocked when the device is lost."""

from typing import Any

from flask import current_app, flash, g, jsonify, redirect, request, url_for

from core.contract.words import _
from core.data.work import perform
from core.users.blueprint import bp
from core.users.signin import devices, keys
from core.users.signin.login import proved
from core.web.pages import page, public, signed_in


@bp.post("/device/key")
@signed_in
@proved
def make_key() -> Any:
    """Make the key of this person on this device: {"id", "secret", "days"}; the device wraps it with his PIN."""
    user_id, device, agent = g.user.id, devices.here(), request.user_agent.string
    name, secret = perform(lambda: keys.make(user_id, device, agent))
    return jsonify(id=name, secret=secret, days=current_app.config["PIN_DAYS"])


@bp.post("/devices/<device>/block")
@signed_in
def block_device(device: str) -> Any:
    """Block a device of one's own."""
    user_id = g.user.id
    perform(lambda: keys.take_back(user_id, device))
    flash(_("The device is blocked: it drops its pages and your PIN when it next finds the server."), "ok")
    return redirect(url_for(".profile"))


@bp.get("/device/unlock")
@public
def unlock() -> Any:
    """Show the page on which a device without a network asks for name and PIN; it is the same for everybody."""
    return page("users/unlock.html", title=_("Open this device"))
