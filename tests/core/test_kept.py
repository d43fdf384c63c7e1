"""Questions that are kept for a set of rights: only the question is, and nobody asks that of another."""

import pytest
from sqlalchemy import select

from core.data.access import Access, acting, current
from core.data.db import db
from core.data.kept import per_rights
from core.facilities.models import Facility
from core.users.accounts.models import User

pytestmark = pytest.mark.both_databases
MADE = []


@per_rights
def _people(access: Access, first: str):
    MADE.append(first)
    return select(User).where(User.login >= first).order_by(User.login)


def _found(access, before="-"):
    with acting(access):
        return [row.login for row in db.session.scalars(_people(current(), f"{before}{db.engine.dialect.name}"))]


def test_a_kept_question_is_narrowed_for_each_person_and_put_together_once(app, world):
    MADE.clear()
    with acting(Access.system("test")):
        everybody = db.session.scalars(select(User.login).order_by(User.login)).all()
    names = ("admin", "nobody", "nobody", "admin")
    seen = {name: _found(world.access(name), "--") for name in names}  # a question that no other test has asked
    assert seen["admin"] == everybody
    assert seen["nobody"] == ["nobody"]
    assert len(MADE) == 2


def test_a_kept_question_is_asked_anew_when_rights_change(app, world):
    alone = world.access("nobody")
    at = world.user("nobody").facility.path
    wider = Access(alone.user_id, alone.label, (*alone.grants, ("core.user.view", at)))
    assert _found(alone) == ["nobody"]
    assert len(_found(wider)) > 1
    assert _found(alone) == ["nobody"]


def test_what_is_made_of_a_kept_question_is_narrowed_like_any_other(app, world):
    """Taken by another person, or widened by a table: the mark stands for the very statement and the very rights."""
    kept = _people(world.access("admin"), "")
    with acting(world.access("nobody")):
        assert [row.login for row in db.session.scalars(kept)] == ["nobody"]
        assert [row.login for row in db.session.scalars(kept.where(User.login > ""))] == ["nobody"]


@per_rights
def _places(access: Access):
    return select(Facility)


def test_a_table_that_is_added_to_a_kept_question_is_narrowed(app, world):
    with acting(world.access("nobody")):
        wider = _places(current()).join(User, User.facility_id == Facility.id).with_only_columns(User.login)
        assert db.session.scalars(wider).all() == ["nobody"]
