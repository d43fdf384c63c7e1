"""The server after many thousand varied requests is as large as after a thousand: `make soak`."""

import http.cookiejar
import os
import random
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from core.users.demo import PASSWORD
from tests.core.test_import_limits import FILES
from tests.demonstration import AMAGARA, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]
REQUESTS, LARGEST, PORT = int(os.environ.get("AMAGARA_SOAK", "10000")), 200, 18_431
ANSWERED = (404, 413, 422, 429)
PAGES = [
    "/", "/imports/", "/imports/new/elmis.movement", "/inbox/", "/facilities/", "/stock/", "/catalogue/products", "/orders/",
    "/store/", "/counts/", "/journal/", "/imports/download/elmis.product.csv", "/catalogue/products?format=xlsx", "/nowhere",
    "/facilities/?q=" + "%C3%A9" * 200, "/catalogue/products?page=99999999999999999999",
]  # fmt: skip


def test_the_size_of_the_server_stays_flat(instance, tmp_path):
    server = subprocess.Popen([*AMAGARA, "run"], env=environment(instance, PORT=str(PORT)), stdout=subprocess.DEVNULL)
    try:
        client = signed_in(f"http://127.0.0.1:{PORT}")
        files = {name: data() for name, data in FILES.items()}
        draw, sizes = random.Random(11), []
        for turn in range(REQUESTS):
            if turn % 250 == 249:
                send(client, *draw.choice(list(files.items())))
            else:
                client(draw.choice(PAGES))
            if turn % (REQUESTS // 20) == 0:
                sizes.append(size_of(server.pid))
        print(f"{REQUESTS} requests, MB: {sizes}", file=sys.stderr)
        assert max(sizes) <= LARGEST and sizes[-1] <= 1.1 * max(sizes[: len(sizes) // 2])
    finally:
        server.terminate()
        server.wait(20)


def signed_in(address):
    """Return a function that asks the server as the administrator and returns the answer's text."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(path, data=None, **headers):
        request = urllib.request.Request(address + path, data, headers)
        try:
            with opener.open(request, timeout=120) as answer:
                return answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            if error.code not in ANSWERED:
                raise
            return error.read().decode("utf-8", "replace")

    for _turn in range(240):
        try:
            page = ask("/sign-in")
            break
        except OSError:
            time.sleep(0.25)
    form = hidden(page) | {"login": "admin", "password": PASSWORD}
    ask("/sign-in", urllib.parse.urlencode(form).encode())
    assert "Choisir" in ask("/imports/"), "not signed in"
    return ask


def hidden(page):
    """Return the hidden fields of the last form of a page."""
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name, value = (re.search(rf'{what}="([^"]*)"', tag) for what in ("name", "value"))
        found[name[1]] = value[1] if value else ""
    return found


def send(client, name, data):
    """Send a file on the page of an import."""
    fields = hidden(client("/imports/new/elmis.product")) | {"_key": str(uuid4())}
    mark = uuid4().hex.encode()
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (k.encode(), v.encode()) for k, v in fields.items()
    ]
    parts.append(b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode() + data)
    body = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"
    client("/imports/new/elmis.product", body, **{"Content-Type": f"multipart/form-data; boundary={mark.decode()}"})


def size_of(pid):
    """Return what a process holds in memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024
