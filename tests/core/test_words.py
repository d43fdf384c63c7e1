"""Messages: what users typed stands in them as text, in whichever template they are shown."""

from core.contract.words import _, ngettext
from core.data.access import Access
from core.data.work import unit_of_work
from tests import make

EVIL = "<script>alert('x')</script>"


def test_a_users_words_inside_a_message_are_text_and_no_html(app):
    template = app.jinja_env.from_string("{{ one }}{{ many }}")
    shown = template.render(one=_("No code %(code)s.", code=EVIL), many=ngettext("%(x)s", "%(x)s", 2, x=EVIL))
    assert shown.count("&lt;script&gt;") == 2 and "<script>" not in shown


def test_a_name_in_the_title_of_a_page_is_text(app, world, client):
    with unit_of_work(Access.system("test")):
        world.user("nobody").name = EVIL
    make.sign_in(client, "admin")
    for path in ("/users/{}", "/users/{}/rights", "/users/{}/grant"):
        text = client.get(path.format(world.users["nobody"])).text
        assert "&lt;script&gt;" in text and "<script>alert" not in text, path
    text = client.post(f"/users/{world.users['nobody']}/invite").text
    assert "&lt;script&gt;" in text and "<script>alert" not in text
