"""The embedded server as it is really started: waiting writers, half-open lines, strange heads, an orderly end."""

import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager, nullcontext, suppress
from http.cookiejar import CookieJar

import pytest
from flask import Flask

from core.upkeep import serving
from core.web import documents
from core.web.forms import Form, Lines, QuantityField, SubForm
from tests.demonstration import AMAGARA, environment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return an instance folder with an empty, migrated database."""
    path = tmp_path_factory.mktemp("served")
    subprocess.run([*AMAGARA, "db", "upgrade"], env=environment(path), check=True, capture_output=True)
    return path


@contextmanager
def served(folder):
    """Yield (process, port) of a server that answers, begun as a script begins it in the background: without Ctrl-C."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    behind = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *AMAGARA, "run"]
    process = subprocess.Popen(behind, env=environment(folder, PORT=str(port)), stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/pulse", timeout=2)
            break
        except OSError:
            time.sleep(0.1)
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(folder):
    with served(folder) as found:
        yield found


def ask(port, head, seconds=5.0):
    """Return the first line of the answer to a raw request."""
    with closing(socket.create_connection(("127.0.0.1", port), seconds)) as line:
        line.sendall(head.encode())
        return line.recv(200).decode("latin-1").partition("\r\n")[0]


def stay(port):
    """Ask on one connection again and again, as an open page does, until the server closes it."""
    with (
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as line,
        suppress(OSError, http.client.HTTPException),
    ):
        line.auto_open = 0
        line.connect()
        while True:
            line.request("GET", "/api/pulse")
            line.getresponse().read()
            time.sleep(0.1)


def post(port, path, **data):
    """Return (status, text) of a form that was fetched and sent, as a browser does."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"http://127.0.0.1:{port}{path}", timeout=30).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    body = urllib.parse.urlencode(data | {"csrf_token": token}).encode()
    try:
        answer = opener.open(f"http://127.0.0.1:{port}{path}", body, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.read().decode()


def lock(folder):
    """Return a connection that holds the write lock."""
    holder = sqlite3.connect(folder / "amagara.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    return holder


def test_waiting_writers_do_not_freeze_the_sign_in_page_and_are_told(server, folder):
    _process, port = server
    with closing(lock(folder)):
        answers = []
        writers = [
            threading.Thread(target=lambda: answers.append(post(port, "/sign-in", login="admin", password="x")))
            for _n in range(20)
        ]
        start = time.monotonic()
        for writer in writers:
            writer.start()
        time.sleep(1.5)
        asked = time.monotonic()
        assert "200 OK" in ask(port, "GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n")
        assert time.monotonic() - asked < 2
        for writer in writers:
            writer.join(20)
        assert time.monotonic() - start < 11.5
    assert [status for status, _text in answers] == [503] * 20
    assert all('value="admin"' in text for _status, text in answers)


def test_half_open_lines_keep_nobody_out(server):
    _process, port = server
    lines = [socket.create_connection(("127.0.0.1", port)) for _n in range(300)]
    for line in lines:
        line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n")
    start = time.monotonic()
    assert "200 OK" in ask(port, "GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n")
    assert time.monotonic() - start < 2
    for line in lines:
        line.close()


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    "head",
    [
        "GET /sign-in HTTP/1.1\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: a\r\nhost : b\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: a/../b\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nX: " + "a" * 70_000 + "\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        f"POST /sign-in HTTP/1.1\r\nHost: x\r\n{FORM}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        f"POST /sign-in HTTP/1.1\r\nHost: x\r\n{FORM}Content-Length: -1\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
    ],
)
def test_a_head_that_two_servers_may_read_differently_is_refused(server, head):
    assert re.match(r"HTTP/1\.[01] 4[03][0-9]", ask(server[1], head)), head[:90]


def test_a_form_of_twenty_thousand_lines_is_told_so_at_once(app):
    class Line(SubForm):
        quantity = QuantityField("Quantité")

    class Sheet(Form):
        lines = Lines(Line, "Lignes")

    data = {f"lines-{n}-quantity": "1" for n in range(20_000)}
    start = time.monotonic()
    with app.test_request_context("/", method="POST", data=data):
        form = Sheet()
        assert not form.validate()
        assert "1000" in str(form.lines.errors) and len(form.lines.entries) == 1000
    assert time.monotonic() - start < 4


def test_an_ending_server_answers_what_is_in_flight_and_takes_nothing_more(folder):
    with served(folder) as (process, port):
        holder, answers = lock(folder), []
        writer = threading.Thread(target=lambda: answers.append(post(port, "/sign-in", login="admin", password="x")))
        writer.start()
        visitor = threading.Thread(target=stay, args=(port,), daemon=True)
        visitor.start()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionError):
            ask(port, "GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n", 2)
        holder.close()
        writer.join(10)
        assert [status for status, _text in answers] == [422]
        assert process.wait(5) == 0, "a page that is open somewhere keeps no server alive"


def test_few_pages_are_computed_at_once_and_neither_forms_nor_papers_hold_them_up():
    inside, most, go = [], [], threading.Event()

    def page(environ, _start):
        drawing = documents._a_place_less() if environ.get("draws") else nullcontext()
        with Flask("x").test_request_context(environ_overrides=environ), drawing:
            inside.append(environ)
            most.append(len(inside))
            go.wait(10)
            inside.remove(environ)
        return []

    app = serving.few_at_once(page)
    few = [{"draws": True}] * serving.READERS + [{}] * serving.READERS + [{"REQUEST_METHOD": "POST"}]
    asked = [threading.Thread(target=app, args=({"REQUEST_METHOD": "GET"} | more, None)) for more in few + [{}] * 9]
    for thread in asked[: len(few)]:
        thread.start()
    end = time.monotonic() + 5
    while len(inside) < len(few) and time.monotonic() < end:
        time.sleep(0.001)
    assert len(inside) == len(few)
    for thread in asked[len(few) :]:
        thread.start()
    go.set()
    for thread in asked:
        thread.join(5)
    assert len(most) == len(asked) and max(most) == len(few)


def test_a_taken_port_is_told_in_one_line_before_anything_else(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for words in (["run", "--check"], ["run"]):
            told = subprocess.run(
                [*AMAGARA, *words], env=environment(folder, PORT=str(port)), capture_output=True, text=True
            )
            assert (told.returncode, told.stdout) == (1, "")
            assert told.stderr == f"Error: port {port} is taken by another program: try make run PORT={port + 1}\n"
