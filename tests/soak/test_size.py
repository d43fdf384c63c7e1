"""The server after many thousand varied requests is as large as after a thousand: `make soak`."""

import http.cookiejar
import os
import random
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from core.users.data.people import PEOPLE
from core.users.demo import PASSWORD
from tests.core.test_import_limits import FILES
from tests.demonstration import AMAGARA, environment
from tests.pages import Forms, kind, links

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]
REQUESTS, LARGEST, PORT = int(os.environ.get("AMAGARA_SOAK", "10000")), 200, 18_431
REFUSED = (400, 403, 404, 409, 413, 422, 429, 503)
PASSED_OVER = re.compile(
    r"sign-|/static/|password|/profile|/users|factor|sessions|/preferences"
)  # one's own session goes on
STRANGE = ["/nowhere", "/facilities/?q=" + "%C3%A9" * 200, "/elmis/catalogue/?page=99999999999999999999"]
PAPER = re.compile(r"\.pdf|/paper")
MOST = 60  # pages of one kind: the rest is drawn from all that were seen


def test_the_size_of_the_server_stays_flat(instance):
    """Eight people follow every link, take lists and papers away, and send forms and files, all at once."""
    process = subprocess.Popen([*AMAGARA, "run"], env=environment(instance, PORT=str(PORT)), stdout=subprocess.DEVNULL)
    try:
        people = [Person(login) for login in (person.login for person in PEOPLE if person.shown)]
        for person in people:
            person.start()
        sizes = []  # each second: (requests, MB)
        while any(person.is_alive() for person in people):
            sizes.append((sum(person.kinds.total() for person in people), size_of(process.pid)))
            time.sleep(1)
        told(people, sizes)
        assert not [fault for person in people for fault in person.faults]
        half = REQUESTS // 2
        first, second = ([size for done, size in sizes if (done > half) is late] for late in (False, True))
        assert max(first + second) <= LARGEST and max(second) <= 1.1 * max(first)
    finally:
        process.terminate()
        process.wait(20)


def told(people, sizes):
    """Print how large the server was after each twentieth of the requests, and what was asked of it."""
    course = [next((size for done, size in sizes if done >= REQUESTS * n // 20), sizes[-1][1]) for n in range(21)]
    kinds, answers = (sum((getattr(person, name) for person in people), Counter()) for name in ("kinds", "answers"))
    print(f"{kinds.total()} requests of {len(kinds)} kinds, answers {dict(answers)}", file=sys.stderr)
    print({name: number for name, number in kinds.most_common() if name.startswith("POST")}, file=sys.stderr)
    print(f"MB: {course}, at most {max(size for _done, size in sizes)}, {len(sizes)} s", file=sys.stderr)


class Person(threading.Thread):
    """Somebody at a browser who follows links, and now and then sends a form, or a file that is hard to read."""

    def __init__(self, login):
        super().__init__(daemon=True)
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.draw, self.kinds, self.answers, self.faults = random.Random(login), Counter(), Counter(), []
        self.known, self.waiting, self.perkind = set(), ["/"], Counter()
        self.imports = login == "camebu"  # who may import the list of articles
        self.sign_in(login)

    def ask(self, path, data=None, **headers):
        """Return the text of an answer; what is neither given nor refused in words is a fault."""
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, headers)
        try:
            with self.opener.open(request, timeout=300) as answer:
                status, content, text = answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            status, content, text = error.code, "text/html", error.read()
            if status not in REFUSED:
                self.faults.append((status, path))
        self.kinds[("POST " if data else "") + kind(path.partition("?")[0])] += 1
        self.answers[f"{'POST ' if data else ''}{status} {content.rpartition('/')[2][-9:]}"] += 1
        return text.decode("utf-8", "replace") if content == "text/html" else ""

    def sign_in(self, login):
        """Sign in, as soon as the server answers."""
        for _turn in range(240):
            try:
                page = self.ask("/sign-in")
                break
            except OSError:
                time.sleep(0.25)
        form = next(form for form in Forms(page).found if "login" in form.inputs)
        data = form.data() | {"login": login, "password": PASSWORD}
        assert "/sign-out" in self.ask("/sign-in", urllib.parse.urlencode(data).encode()), f"{login} is not signed in"

    def run(self):
        """Ask until the share of one person is done; what stops him is a fault."""
        try:
            self.walk()
        except Exception as error:
            self.faults.append(error)
            raise

    def walk(self):
        """Follow links, and send forms and files."""
        files, turn, share = {name: data() for name, data in FILES.items()} if self.imports else {}, 0, REQUESTS // 8
        while self.kinds.total() < share:
            turn += 1
            path = self.next_page()
            page = self.ask(path)
            for link in links(page):
                if link not in self.known and not PASSED_OVER.search(link) and self.perkind[kind(link)] < MOST:
                    self.perkind[kind(link)] += 1
                    self.known.add(link)
                    self.waiting.append(link)
            if turn == 50:
                self.ask_for_an_easy_password()
            if turn % 4 == 0:
                self.send_a_form(path, page)
            if files and turn % 60 == 0:
                self.send_a_file(*self.draw.choice(list(files.items())))
        if "/sign-out" not in self.ask("/"):
            self.faults.append("signed out on the way")

    def next_page(self):
        """Return a link that was not followed yet, else one of all."""
        if self.draw.random() < 0.01:
            return self.draw.choice(STRANGE)
        papers = [link for link in self.known if PAPER.search(link)]
        if papers and self.draw.random() < 0.04:
            return self.draw.choice(sorted(papers))
        if self.waiting:
            return self.waiting.pop(self.draw.randrange(len(self.waiting)))
        return self.draw.choice(sorted(self.known))

    def send_a_form(self, path, page):
        """Send a form of the page as it stands; who has seen none goes on."""
        forms = [
            form for form in Forms(page).found
            if form.post and form.buttons and not PASSED_OVER.search(form.action or path)
            and not any(one.kind == "file" for one in form.inputs.values())
        ]  # fmt: skip
        if forms:
            form = self.draw.choice(forms)
            name, value = self.draw.choice(form.buttons)
            data = form.data() | ({name: value} if name else {})
            self.ask(form.action or path, urllib.parse.urlencode(data).encode())

    def ask_for_an_easy_password(self):
        """Have a password refused: what it is compared with is large."""
        form = next(form for form in Forms(self.ask("/password")).found if "again" in form.inputs)
        data = form.data() | {"old": PASSWORD, "password": "azerty123456", "again": "azerty123456"}
        if 'name="again"' not in self.ask("/password", urllib.parse.urlencode(data).encode()):
            self.faults.append("an easy password was not refused")

    def send_a_file(self, name, content):
        """Send a file on the page of an import."""
        page = self.ask("/imports/new/elmis.product")
        form = next(form for form in Forms(page).found if any(one.kind == "file" for one in form.inputs.values()))
        fields = form.data() | {"_key": str(uuid4())}
        mark = uuid4().hex.encode()
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (key.encode(), value.encode())
            for key, value in fields.items() if key != "file"
        ]  # fmt: skip
        parts.append(b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode() + content)
        body = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"
        self.ask(
            "/imports/new/elmis.product", body, **{"Content-Type": f"multipart/form-data; boundary={mark.decode()}"}
        )


def size_of(pid):
    """Return what a process holds in memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024
