"""Signing in and out."""

from tests import make


def test_a_person_signs_in_and_out(app, world, client):
    assert client.get("/").status_code == 302
    make.sign_in(client, "admin")
    assert client.get("/").status_code == 200
    assert client.post("/sign-out").status_code == 302
    assert client.get("/").status_code == 302
