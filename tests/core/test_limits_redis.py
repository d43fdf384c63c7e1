"""The counters of programs in Redis: shared by processes, kept for a minute, and no reason to refuse when it is down."""

import pytest
from limits.storage import RedisStorage

from core.web import limits
from tests.programs import program

pytestmark = pytest.mark.redis


@pytest.fixture
def counted(app, world, redis_url, monkeypatch):
    """Count in Redis, at most three requests a minute, as two processes do: return both counters."""
    for name, value in {"REDIS_URL": redis_url, "API_PER_MINUTE": 3}.items():
        monkeypatch.setitem(app.config, name, value)
    two = limits.Limits(app), limits.Limits(app)
    assert isinstance(two[0].counter.storage, RedisStorage)
    two[0].counter.storage.reset()
    monkeypatch.setitem(app.extensions, "amagara.limits", two[0])
    return two


def test_two_processes_count_together(app, world, counted, monkeypatch):
    asks = program(app, world, "admin", "core.facility.edit")
    assert [asks.get("core.facility").status_code for _each in range(2)] == [200, 200]
    monkeypatch.setitem(app.extensions, "amagara.limits", counted[1])
    assert [asks.get("core.facility").status_code for _each in range(2)] == [200, 429]
    assert 1 <= int(asks.get("core.facility").headers["Retry-After"]) <= 120
    assert program(app, world, "auditor", "core.user.view").get("core.user").status_code == 200  # each token by itself


def test_strangers_are_counted_there_too(app, world, counted, monkeypatch):
    monkeypatch.setattr(limits, "STRANGERS", limits.RateLimitItemPerSecond(2, 900, namespace="stranger"))
    client = app.test_client()
    wrong = {"Authorization": "Bearer amg_" + "A" * 43}
    assert [client.get("/api/v1/", headers=wrong).status_code for _each in range(3)] == [401, 401, 429]


def test_a_redis_that_is_down_holds_nobody_up(app, world, monkeypatch, caplog):
    monkeypatch.setitem(app.config, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(app.config, "API_PER_MINUTE", 1)
    monkeypatch.setitem(app.extensions, "amagara.limits", limits.Limits(app))
    asks = program(app, world, "admin", "core.facility.edit")
    assert [asks.get("core.facility").status_code for _each in range(3)] == [200] * 3
    assert "requests are not counted" in caplog.text
