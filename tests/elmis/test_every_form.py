"""Every form of every page of every demonstration person, sent with valid values, is taken.

A form that can never be sent fails here, and so does a link that leads to a refusal. Each form is sent on a fresh
copy of the demonstration, as its page shows it, with what is missing filled in as its person would.
"""

import re
import shutil
from collections import Counter
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.data.people import PEOPLE
from core.users.demo import PASSWORD
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import STORE, StockBalance, StockLocation
from tests import make as people
from tests.core.test_files import picture
from tests.pages import Forms, follow, kind, links

pytestmark = pytest.mark.slow
LOGINS = [person.login for person in PEOPLE if person.shown]
ENOUGH = 3  # pages of one kind that showed no form of a new kind
TRIES = 5  # rows on which a kind of form is tried: not every row is in a state to take it
FLASH = r'<div class="message tone-danger"[^>]*>(?:(?!<div).)*?<p>.*?</p></div>'  # a banner has a div there
REFUSED = re.compile(FLASH + r'|<h2 id="error-title">.*?</ul>', re.S)
STORE_WORK = re.compile("/elmis/(store/new|transfers)/")  # nothing to give out where no store is
ELSEWHERE = {"/sign-out"}  # ends what follows
NUMBERS = {"numeric": "1", "decimal": "1"}
NEW = "les bananiers de la plaine"
SAID = {  # what a person types where any words would not do, and where the business asks more than the page
    "login": "nouvelle.personne", "code": "nouveau_code", "old": PASSWORD, "given": PASSWORD, "password": NEW,
    "again": NEW, "found": "1", "good": "1", "month": "2026-01", "reason": "Comme convenu", "comment": "Comme convenu",
    "url": "https://example.org/faits",
}  # fmt: skip
OTHERWISE = {  # what the page fills in would change nothing, and what stands first in a list would make a ring
    "/facilities/N/rename": {"name": "Un autre nom"},
    "/elmis/receipts/N/count": {"extras-0-expiry": "12/2028"},  # a new lot without one is asked about
    "/gmao/equipment/new/N": {"type": "oxygen-concentrator"},  # a type, or a model that says it
    "/gmao/plans/new/N": {"type": "oxygen-concentrator", "meter": "500"},  # a type, a model or a piece; how often
    "/do/gmao.equipment.meter/N": {"value": "900000"},  # no meter runs backwards
    "/gmao/tests/new/N": {"lines-0-verdict": "pass"},  # a value with its limit, or what somebody saw
    "/do/gmao.type.add": {"function_score": "2"},
    "/do/hr.person.assign/N": {"facility": "CDS-KAYANZA-01", "kind": "interim"},  # a post or a place, within 100 %
    "/do/hr.person.record/N": {"kind": "confirmation"},  # each other event asks for what it changes
    "/do/gmao.alert.prepare": {"type": "oxygen-concentrator"},  # a type, or models
    "/do/gmao.offer.add/N": {"type": "oxygen-concentrator"},  # a type, or a model that says it
    "/do/gmao.campaign_scan.register/N": {"type": "oxygen-concentrator"},
    "/gmao/disposals/N/assess": {"lines-0-repair_cost": "900000"},  # or why nobody can say it
    "/do/gmao.campaign.scan/N": {"what": "Aspirateur sans étiquette"},  # a tag, or a description of what bears none
    "/do/gmao.request.report/N": {"what": "Robinet de la maternité"},  # a piece, or what bears no tag
    **{  # the time of work: one of a few, or in minutes; and how it works then
        f"/do/{verb}/N": {"duration": "30", "status": "functional"}
        for verb in ("gmao.equipment.repair", "gmao.workorder.repair", "gmao.workorder.log", "gmao.workorder.finish")
    },
    "/hr/leave/new": {"first_day": "01/09/2027", "number": "2"},  # a last day, or a number; not on leave already
    "/do/hr.assignment.leave/N": {"first_day": "01/09/2027", "number": "2"},
    "/do/hr.leave_policy.add": {"annual": "20"},  # days a year, or at most for one leave
    "/elmis/settings/supply-lines/new": {"facility": "HOP-NGOZI-2", "supplier": "CAMEBU"},
}
ASKED_ABOUT = {"/users/N/interim"}  # whoever stands last in the directory works elsewhere
MAY_REFUSE = {  # where no row that the pages show need be in a state to take it
    "/do/gmao.equipment.logger_file/N": "it takes the file of a logger, and there is none to download",
    "/do/gmao.breach.close/N": "no reading need show the end of a breach",
    "/do/gmao.alert.close/N": "pieces of the alert are still to be settled",
    "/do/gmao.offer.accept/N": "checks of the offer say no",
    "/do/gmao.disposal.add/N": "whatever stands first in the list may be of another facility",
    "/do/gmao.disposal.propose/N": "whatever stands first in the list may be proposed, lent or lost",
    "/do/hr.person.merge/N": "whoever stands first in the list is somebody else, at work on the same days",
    "/do/hr.post.close/N": "somebody may hold the post",
    "/do/hr.licence.withdraw/N": "the licence may be over, or begin later",
    "/gmao/plans/checklist/N": "each point asks for what somebody has seen or measured",
    "/elmis/stock/movements/N/reverse": "the goods of the movements shown may have been used up",
    "/elmis/settings/ways/new": "every way of goods is open until one is ended",
}


def signature(address, form, button):
    """Return what makes two forms the same: where they are sent, by which button, with which fields."""
    names = frozenset(re.sub(r"\d+", "N", name) for name in form.inputs)
    return kind(form.action or address), button, names


def typed_in_lines(form):
    """Return whether a form holds a figure for each of several things, or may hold it."""
    figures = [one.name for one in form.inputs.values() if one.given.get("inputmode") in ("numeric", "decimal")]
    alike = Counter(re.sub(r"\d+", "N", name) for name in figures)
    return any(number > 1 or re.match(r"[a-z]+-N-", name) for name, number in alike.items())


class Person:
    """Someone at a browser, with an article in the store that can be named."""

    def __init__(self, app, login):
        self.client, self.database = app.test_client(), Path(db.engine.url.database)
        people.sign_in(self.client, login, PASSWORD)
        db.session().info["access"] = Access.system("test")
        place = db.session.scalar(select(User.facility_id).where(User.login == login))
        above = select(Facility.parent_id).where(Facility.parent_id.is_not(None))
        leaf = select(Facility.id).where(Facility.path.like(f"%/{place}/%"), Facility.id.not_in(above))
        self.home = f"/facilities/{db.session.scalar(leaf.order_by(Facility.id.desc()))}"
        query = (
            select(Product.code, Lot.number)
            .join_from(StockBalance, Lot, Lot.id == StockBalance.lot_id)
            .join(Product, Product.id == StockBalance.product_id)
            .join(StockLocation, StockLocation.id == StockBalance.location_id)
            .where(StockLocation.facility_id == place, StockLocation.kind == STORE, Lot.expiry > today())
            .order_by(StockBalance.quantity.desc())
        )
        self.product, self.lot = db.session.execute(query).first() or ("", "L-1")
        db.session.remove()
        db.engine.dispose()
        self.kept = shutil.copy(self.database, f"{self.database}.kept")
        self.cookies = dict(self.client._cookies)  # a new password makes a new session

    def restore(self):
        """Put the demonstration back as it was."""
        db.engine.dispose()
        for rest in self.database.parent.glob(f"{self.database.name}-*"):
            rest.unlink()
        shutil.copy(self.kept, self.database)
        self.client._cookies = dict(self.cookies)

    def page(self, address):
        """Return what is at an address, and where it leads."""
        answer = self.client.get(address)
        return answer, links(answer.text) if answer.status_code < 300 and answer.mimetype == "text/html" else []

    def look_around(self):
        """Return ({signature: [addresses]} of every kind of form on the pages, links that lead to a refusal)."""
        idle, forms, dead = Counter(), {}, {}
        for address, answer, at in follow(self.page, (self.home, "/"), most=lambda _address: ENOUGH, met=idle):
            if answer.status_code >= 400:
                dead[f"{at} → {address}"] = str(answer.status_code)
            if answer.status_code >= 300 or answer.mimetype != "text/html":
                continue
            if "<main" not in answer.text:
                dead[f"{at} → {address}"] = "an empty page"
            for form in Forms(answer.text).found:
                if not (form.post and form.buttons):
                    continue
                if typed_in_lines(form) and not form.idle:
                    dead[f"{address} → {form.action}"] = "Enter in a line sends it"
                for mark in (signature(address, form, button) for button in form.buttons):
                    idle[kind(address)] = idle[kind(address)] if mark in forms else 0
                    forms.setdefault(mark, []).append(address)
        return forms, dead

    def send(self, address, mark):
        """Return why a form was refused, or None when it was taken; its page is asked for anew, as it is now."""
        page = self.client.get(address)
        for form in Forms(page.text).found:
            for button in form.buttons:
                if signature(address, form, button) == mark:
                    data = self.fill(form, button, page.text, mark[0])
                    answer = self.client.post(form.action or address, data=data)
                    plain = all(one.kind == "hidden" for one in form.inputs.values())
                    step = plain or button[0] == "then" or mark[0] in ASKED_ABOUT  # what may be asked about
                    return self.refusal(self.agree(form.action or address, answer, button) if step else answer)
        return "the form is no longer there"

    def agree(self, address, answer, button):
        """Return the answer of one button once what it asks has its yes."""
        asked = next((form for form in Forms(answer.text).found if "_confirm" in form.inputs), None)
        if answer.status_code != 422 or asked is None:
            return answer
        yes = {"_confirm": asked.inputs["_confirm"].options} | ({button[0]: button[1]} if button[0] else {})
        return self.client.post(address, data=asked.data() | yes)

    def fill(self, form, button, text, target):
        """Return what is sent: what the page filled in, and something fitting where something is missing."""
        data = form.data() | ({button[0]: button[1]} if button[0] else {}) | OTHERWISE.get(target, {})
        combos = Counter()
        for one in form.inputs.values():
            name = one.name.rpartition("-")[2]
            if one.name == "target":  # not the store that the goods come from
                data["target"] = one.options[-1]
            elif one.name == "names" and target == "/tokens/new":  # a token of no right opens nothing
                data["names"] = one.options[0]
            elif one.name == "topics" and target == "/webhooks/new":  # nor does a webhook of no fact tell anything
                data["topics"] = one.options[0]
            elif one.name == "ids":
                data["ids"] = next(option for option in one.options if option != "on")
            elif "data-combo" in one.given and not data.get(one.name) and "required" in one.given:
                combos[one.given["data-combo"]] += 1
                data[one.name] = self.choose(one, combos[one.given["data-combo"]])
            elif not data.get(one.name) and one.kind not in ("hidden", "box"):
                data[one.name] = self.value(one, name, text, target)
        if target.endswith("/allocate") and not any(each for name, each in data.items() if name.startswith("q-")):
            data[next(name for name in data if name.startswith("q-"))] = "1"  # the share of what is scarce may be none
        return {name: each for name, each in data.items() if each is not None} | {"_key": str(uuid4())}

    def choose(self, one, turn):
        """Return what is chosen from a list: an article in the store, else the next of the list."""
        if one.given.get("data-field") == "product" and self.product:
            return self.product
        results = self.client.get(one.given["data-combo"]).json["results"]
        results = [
            each for each in results if each["value"] != "CAMEBU"
        ] or results  # nobody supplies the central store
        if one.name == "stand_in":  # another one than himself
            return results[-1]["value"]
        return results[min(turn, len(results)) - 1]["value"] if results else ""

    def value(self, one, name, text, target):
        """Return a valid value of a field that the page left empty, or None where it may stay empty."""
        if one.options:
            asked = "required" in one.given or name == "ward"  # this or another one, in words
            return next((option for option in one.options if option), "") if asked else None
        if one.kind == "file" and "image" in one.given.get("accept", ""):
            return BytesIO(picture()), "photo.jpg"
        if one.kind == "file":
            template = self.client.get(target.replace("/new/", "/download/") + ".csv")
            return BytesIO(template.data), "liste.csv"
        if name == "lot":
            return self.lot
        if target == "/profile/second-factor":
            return pyotp.TOTP(re.sub(r"\s", "", re.search(r'class="once">([A-Z2-7 ]+)<', text)[1])).now()
        if name in SAID:
            return SAID[name]
        if "required" not in one.given:
            return None
        if one.kind == "date" or "data-date" in one.given:
            return f"{today():%d/%m/%Y}"
        return NUMBERS.get(one.given.get("inputmode"), "Comme convenu")

    def refusal(self, answer):
        """Return the words of a refusal, or None when the form was taken."""
        if answer.status_code in (302, 303):
            after = self.client.get(answer.location)
            return (said(after) or None) if after.mimetype == "text/html" else None
        return None if answer.status_code == 200 else f"{answer.status_code} {said(answer)}"


def said(answer):
    """Return what a page says is wrong."""
    return " / ".join(re.sub(r"<[^>]+>|\s+", " ", part) for part in REFUSED.findall(answer.text))[:600]


@pytest.mark.parametrize("login", LOGINS)
def test_every_form_of_every_page_can_be_sent(demonstration, login):
    person = Person(demonstration, login)
    forms, faults = person.look_around()
    for mark, addresses in forms.items():
        if mark[0] in ELSEWHERE or (not person.product and STORE_WORK.match(mark[0])):
            continue
        why = ""
        for address in addresses[:TRIES]:
            why = person.send(address, mark)
            person.restore()
            if why is None:
                break
        if why is not None and mark[0] not in MAY_REFUSE:
            faults[f"{addresses[0]} → {mark[0]} {mark[1]}"] = why
    assert not faults, "\n".join(f"{where}: {why}" for where, why in faults.items())
