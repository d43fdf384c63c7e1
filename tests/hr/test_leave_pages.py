"""Leave by its pages: the agent, the head, the officer, and the agent again; what comes twice, late or from elsewhere."""

import re
from datetime import date
from io import BytesIO

import pypdfium2
import time_machine
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from plugins.hr.leave import services
from plugins.hr.leave.models import LeaveCause, LeaveRequest
from tests import make
from tests.hr.leaves import NOON, approved, asked, do, kind, row


def signed(app, login):
    client = app.test_client()
    make.sign_in(client, login)
    return client


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ").replace("\u202f", " ")


def on_paper(answer):
    return pypdfium2.PdfDocument(BytesIO(answer.data))[0].get_textpage().get_text_range()


def request_form(**more):
    return {"kind": str(kind().id), "first_day": "22/06/2026", "last_day": "01/07/2026", **more}


def key_of(client, url):
    return re.search(r'name="_key" [^>]*value="([^"]+)"', client.get(url).text)[1]


def test_four_people_take_a_leave_from_the_request_to_the_return(app, unit):
    with time_machine.travel(NOON, tick=False):
        nurse, chief, officer = (signed(app, login) for login in ("nurse", "chief", "rh"))
        mine = nurse.get("/hr/leave/mine")
        assert "40 jours disponibles" in text(mine)
        form = nurse.get("/hr/leave/new")
        assert f'<option selected value="{kind().id}">' in form.text, "the most usual kind is chosen already"
        sent = nurse.post("/hr/leave/new", data=request_form())
        id = db.session.scalars(select(LeaveRequest.id)).one()
        assert sent.location == f"/hr/leave/{id}"
        assert "8 jours, reprise le 02/07/2026" in text(nurse.get(sent.location))

        inbox = chief.get("/inbox")
        assert "Habonimana demande un congé du 22" in text(inbox)
        asks = chief.get(f"/do/hr.leave.favour/{id}")
        assert "Rose Ndikumana" in asks.text
        assert "Rose Habonimana</option>" not in asks.text
        said = {"stand_in": str(unit.people["other"]), "reason": "Service assuré"}
        assert chief.post(f"/do/hr.leave.favour/{id}", data=said).status_code == 302

        assert "l’accorder" in text(officer.get("/inbox"))
        page = officer.get(f"/do/hr.leave.approve/{id}")
        assert f'<option selected value="{unit.people["other"]}">' in page.text, "whom the head named is chosen already"
        assert officer.post(f"/do/hr.leave.approve/{id}", data={"stand_in": said["stand_in"]}).status_code == 302
        account = text(officer.get(f"/hr/leave/account/{unit.people['nurse']}/{kind().id}"))
        for words in ("= solde d’aujourd’hui 40", "− accordés, à venir 8", "= disponible 32", "Loi d’essai"):
            assert words in account, words
    with time_machine.travel("2026-06-29 08:00:00+02:00", tick=False):
        nurse, chief = (signed(app, login) for login in ("nurse", "chief"))
        assert "Votre congé prend fin" in text(nurse.get("/inbox"))
        assert "Rose Habonimana" in text(chief.get("/hr/leave/?view=away"))
        assert "En congé" in text(chief.get("/hr/leave/?f.state=under_way"))
        assert "Rose Habonimana" in text(chief.get("/hr/leave/month?month=2026-07"))
    with time_machine.travel("2026-07-03 08:00:00+02:00", tick=False):
        nurse, chief = (signed(app, login) for login in ("nurse", "chief"))
        assert "Rose Habonimana n’a pas repris le service" in text(chief.get("/inbox"))
        assert "Reprise en retard" in text(chief.get(f"/hr/leave/{id}"))
        done = nurse.post(f"/do/hr.leave.resume/{id}", data={"resumed_on": "02/07/2026"})
        assert done.status_code == 302
        assert "Service repris" in text(nurse.get(done.location))
        assert "n’a pas repris" not in text(chief.get("/inbox"))
        paper = chief.get(f"/hr/leave/{id}/paper")
        words = on_paper(paper)
        for one in (row(id).number, "Rose Habonimana", "Rose Ndikumana", "02/07/2026"):
            assert one in words, one


def test_what_comes_twice_is_one_request_and_what_is_wrong_stays_typed(app, unit):
    with time_machine.travel(NOON, tick=False):
        nurse = signed(app, "nurse")
        key = key_of(nurse, "/hr/leave/new")
        for _again in range(2):
            assert nurse.post("/hr/leave/new", data=request_form(_key=key)).status_code == 302
        assert len(db.session.scalars(select(LeaveRequest.id)).all()) == 1
        wrong = nurse.post("/hr/leave/new", data=request_form(first_day="24/06/2026", note="mariage de ma sœur"))
        assert wrong.status_code == 422
        assert "couvre déjà ces jours" in wrong.text
        assert "mariage de ma sœur" in wrong.text
        unread = nurse.post("/hr/leave/new", data=request_form(first_day="31/06/2026", last_day=""))
        assert unread.status_code == 422
        assert "Cette date n’existe pas" in text(unread)
        kept = nurse.post(
            "/hr/leave/new", data=request_form(first_day="14/09/2026", last_day="16/09/2026", then="draft")
        )
        assert "gardé comme brouillon" in text(nurse.get(kept.location))


def test_a_form_that_comes_late_is_refused(app, unit):
    with time_machine.travel(NOON, tick=False):
        id = asked(unit, "nurse", date(2026, 6, 22))
        chief, officer = signed(app, "chief"), signed(app, "rh")
        seen = dict(re.findall(r'name="(_steps?|_saw)" value="([^"]*)"', chief.get(f"/do/hr.leave.favour/{id}").text))
        do(unit, "nurse", services.cancel, id)
        late = chief.post(f"/do/hr.leave.favour/{id}", data={"reason": "d’accord", **seen})
        assert late.status_code in (409, 422)
        assert "n’est plus possible" in text(late) or "entre-temps" in text(late)
        assert officer.get(f"/do/hr.leave.approve/{id}").status_code == 409
        assert row(id).state == "cancelled"


def test_nobody_finds_the_leave_of_others(app, unit):
    """By no page, list, file, search, paper, account, error text or program."""
    with time_machine.travel(NOON, tick=False):
        with unit_of_work(unit.access("nurse")):
            id = services.ask(kind=kind("sick"), first_day=date(2026, 6, 15), number=4, note="CANARI-OPERATION").id
        number, cause = row(id).number, db.session.scalars(select(LeaveCause.id)).one()
        other, chief, elsewhere = (signed(app, login) for login in ("other", "chief", "rh2"))
        pages = [
            f"/hr/leave/{id}", f"/hr/leave/{id}/paper", f"/hr/leave/account/{unit.people['nurse']}/{kind().id}",
            f"/hr/leave-causes/{cause}", f"/do/hr.leave.cancel/{id}", f"/api/v1/hr.leave/{id}",
        ]  # fmt: skip
        for client in (other, elsewhere):
            for url in pages:
                assert client.get(url).status_code in (401, 403, 404, 405), url
            lists = ("/hr/leave/", "/hr/leave/?format=csv", f"/search?q={number}", "/hr/leave/mine", "/inbox", "/")
            for url in lists:
                assert "Habonimana" not in client.get(url, follow_redirects=True).text, url
        for url in ("/hr/leave/", "/hr/leave/?format=csv", f"/hr/leave/{id}", "/hr/leave/month", f"/search?q={number}",
                    "/inbox", f"/hr/leave/{id}/paper"):  # fmt: skip
            answer = chief.get(url, follow_redirects=True)
            assert answer.status_code == 200, url
            words = on_paper(answer) if url.endswith("paper") else answer.text
            assert "CANARI" not in words, url
            assert "maladie" not in words, url
        assert "Documents et photos" not in chief.get(f"/hr/leave/{id}").text, "they hang on the reason"
        assert chief.get(f"/hr/leave-causes/{cause}").status_code == 404
        assert chief.post(f"/do/hr.leave.cancel/{id}").status_code in (403, 404)
        officer = signed(app, "rh")
        reason = officer.get(f"/hr/leave-causes/{cause}").text
        assert "CANARI-OPERATION" in reason
        assert "Documents et photos" in reason


def test_the_rules_are_kept_by_the_country_alone(app, unit):
    director, officer = signed(app, "director"), signed(app, "rh")
    assert officer.get("/do/hr.leave_type.add").status_code == 403
    said = {"code": "pilgrimage", "label_fr": "Congé de pèlerinage", "position": "90"}
    assert director.post("/do/hr.leave_type.add", data=said).status_code == 302
    rule = {"type": "pilgrimage", "source": "Ordonnance 1", "valid_from": "01/01/2026", "unit": "calendar", "periods": "1",
            "rounding": "none", "year_month": "1", "most_each": "30", "after_months": "0", "beyond": "refuse"}  # fmt: skip
    wrong = director.post("/do/hr.leave_policy.add", data={**rule, "most_each": ""})
    assert wrong.status_code == 422
    assert "Dites combien de jours par an" in text(wrong)
    made = director.post("/do/hr.leave_policy.add", data=rule)
    assert "Congé de pèlerinage" in text(director.get(made.location))
    assert "Ordonnance 1" in text(officer.get("/hr/leave-rules/"))
    entry = {"kind": str(kind().id), "entry": "opening", "on": "01/06/2026", "days": "7,5", "decision": "Fiche 12"}
    made = officer.post(f"/do/hr.person.leave_entry/{unit.people['nurse']}", data={**entry, "on": "02/03/2026"})
    assert made.status_code == 302
    assert "Fiche 12" in text(officer.get(made.location))


def test_whom_a_holiday_touches_is_listed_and_counted_again(app, unit):
    with time_machine.travel(NOON, tick=False):
        id = approved(unit, "nurse", first=date(2026, 6, 22))
        with unit_of_work(Access.system("test")):
            from core.calendar import services as calendar

            day = calendar.add(unit["BI"], date(2026, 6, 24), "Deuil national").id
        officer = signed(app, "rh")
        assert "5 → 4" in text(officer.get("/hr/leave/touched"))
        assert row(id).number in officer.get(f"/calendar/{day}").text
        assert officer.post(f"/do/hr.leave.recount/{id}").status_code == 302
        assert "Le calendrier ne touche aucun congé" in text(officer.get("/hr/leave/touched"))
        assert row(id).days == 4
