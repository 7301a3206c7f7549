"""What the multi-llm dialect does: its own formats, either credential, and a state that remembers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from conformance.reference.server import DEFAULT_KEY

CONFIGURATION = {
    "enabled": True,
    "priority": 1,
    "rate_limit": {"requests_per_minute": 60, "tokens_per_minute": 10000},
    "fallback_models": ["gemini-pro", "gpt-3.5-turbo"],
    "parameters": {"default_temperature": 0.7, "max_tokens": 2000},
}
BALANCING = {
    "strategy": "round_robin",
    "health_check_interval": 30,
    "failure_threshold": 3,
    "recovery_threshold": 2,
    "weights": {"gemini-pro": 0.4, "gpt-4": 0.3, "claude-3": 0.3},
}
TABLE = {400: "INVALID_REQUEST", 401: "UNAUTHORIZED", 404: "MODEL_NOT_FOUND", 503: "MODEL_UNAVAILABLE"}


def test_either_credential_is_enough(multi_llm):
    """A key alone, a token alone, or both are taken; none, or one that is wrong, gets 401."""
    del multi_llm.headers["Authorization"]
    right, wrong = {"X-API-Key": DEFAULT_KEY}, {"X-API-Key": "wrong"}
    token, bad = {"Authorization": f"Bearer {DEFAULT_KEY}"}, {"Authorization": "Bearer wrong"}

    taken = [multi_llm.get("/models", headers=headers).status_code for headers in (right, token, right | token)]
    refused = [multi_llm.get("/models", headers=h).status_code for h in ({}, wrong, bad, right | bad, wrong | token)]
    assert (taken, refused) == ([200] * 3, [401] * 5)


def test_errors_have_the_documented_envelope(multi_llm):
    """Every error has code, message, details and request id; table codes go with table statuses only."""
    responses = [
        multi_llm.chat(temperature=9),
        multi_llm.get("/health", headers={"Authorization": "Bearer x"}),
        multi_llm.get("/models/none/status"),
        multi_llm.get("/nope"),
        multi_llm.delete("/generate"),
        multi_llm.post("/generate", content=b"x"),
    ]

    for response in responses:
        error = response.json()["error"]
        assert error.keys() == {"code", "message", "details", "request_id"}
        assert error["code"] == TABLE.get(response.status_code, error["code"])
        assert (error["code"] in TABLE.values()) == (response.status_code in TABLE)


def test_costs_add_up_as_printed(multi_llm):
    """The total cost is the sum of the two others, digit for digit."""
    for model in ("gemini-pro", "gpt-4", "claude-3", "org/model:1"):
        for prompt in ("Hello", "Write a long text about spring"):
            body = multi_llm.body(prompt) | {"model": model}
            text = multi_llm.post("/generate", json=body).text
            cost = json.loads(text, parse_float=Decimal)["cost"]
            assert cost["total_cost"] == cost["input_cost"] + cost["output_cost"]


def test_the_stream_operation_always_streams(multi_llm):
    """With `stream` true, false or absent the operation streams chunks that share an id."""
    whole = multi_llm.chat("寫一首詩").json()["choices"][0]["message"]["content"]
    for parameters in ({}, {"stream": True}, {"stream": False}):
        response = multi_llm.post("/generate/stream", json=multi_llm.body("寫一首詩", **parameters))
        *events, done, rest = response.text.split("\n\n")
        chunks = [json.loads(event.removeprefix("data: ")) for event in events]

        assert response.headers["content-type"] == "text/event-stream"
        assert (done, rest) == ("data: [DONE]", "")
        assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == whole
        assert len({chunk["id"] for chunk in chunks}) == 1


def test_the_stream_parameter_of_generate_changes_nothing(multi_llm):
    """`/generate` answers one JSON object, whatever `stream` says."""
    assert multi_llm.chat(stream=True).json()["choices"][0]["message"]["content"]


def test_models_status_and_health_agree(multi_llm):
    """What the list, each model's status and the health say is the same."""
    models = multi_llm.get("/models").json()["models"]
    counts = multi_llm.get("/health").json()["models"]
    states = [multi_llm.get(f"/models/{m['id'].replace('/', '%2F')}/status").json() for m in models]

    assert [state["model_id"] for state in states] == [model["id"] for model in models]
    assert [state["status"] for state in states] == [model["status"] for model in models]
    assert counts["available"] == counts["healthy"] + counts["degraded"]
    assert counts["available"] + counts["unavailable"] == len(models)
    assert counts["degraded"] == 1
    assert all(model["limits"]["max_tokens"] <= model["limits"]["context_window"] for model in models)


def test_the_versioned_path_answers_alike(multi_llm):
    """`/api/v1/llm` is the same API, with the same state."""
    versioned = str(multi_llm.base_url).replace("/api/llm", "/api/v1/llm")
    multi_llm.put("/config/models/gpt-4", json={"enabled": False})

    assert multi_llm.get(f"{versioned}models").json() == multi_llm.get("/models").json()


def test_usage_counts_up(multi_llm):
    """Each generated answer is counted today, by its model, with its tokens and cost."""
    before = multi_llm.get("/stats/usage").json()
    tokens = multi_llm.chat().json()["usage"]["total_tokens"]
    multi_llm.post("/generate/stream", json=multi_llm.body() | {"model": "gpt-4"})
    after = multi_llm.get("/stats/usage").json()

    assert (before["total_requests"], before["by_model"]) == (0, {})
    assert after["total_requests"] == 2
    assert set(after["by_model"]) == {"gemini-pro", "gpt-4"}
    assert after["by_model"]["gemini-pro"]["tokens"] == tokens
    assert after["total_cost"] == pytest.approx(sum(model["cost"] for model in after["by_model"].values()))


def test_usage_is_of_the_period_and_model_asked_for(multi_llm):
    """The period is echoed; another period or model counts nothing of today."""
    multi_llm.chat()
    today = datetime.now(UTC).date()
    old = {"start_date": "2020-01-01", "end_date": "2020-02-01"}
    now = {"start_date": (today - timedelta(1)).isoformat(), "end_date": (today + timedelta(1)).isoformat()}

    assert multi_llm.get("/stats/usage", params=old).json()["total_requests"] == 0
    found = multi_llm.get("/stats/usage", params=now).json()
    assert found["period"] == {"start": now["start_date"], "end": now["end_date"]}
    assert found["total_requests"] == 1
    assert multi_llm.get("/stats/usage", params=now | {"model": "gemini-pro"}).json()["total_requests"] == 1
    assert multi_llm.get("/stats/usage", params=now | {"model": "gpt-4"}).json()["by_model"] == {}


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "01.02.2025", "end_date": "2025-03-01"},
        {"start_date": "2025-02-30", "end_date": "2025-03-01"},
        {"start_date": "2025-03-02", "end_date": "2025-03-01"},
        {"start_date": "", "end_date": "2025-03-01"},
        {"start_date": "20250101"},
        {"end_date": "２０２５-01-01"},
        {"start_date": "2025-01-01T00:00:00"},
    ],
    ids=str,
)
def test_a_bad_period_is_refused(multi_llm, query):
    """Another date form, no such day, or an end before the start gets 400."""
    assert multi_llm.get("/stats/usage", params=query).status_code == 400


def test_half_a_period_is_completed(multi_llm):
    """A start alone runs to today, an end alone is one day."""
    today = datetime.now(UTC).date().isoformat()

    assert multi_llm.get("/stats/usage", params={"start_date": "2025-01-01"}).json()["period"]["end"] >= today
    assert multi_llm.get("/stats/usage", params={"end_date": "2025-01-01"}).json()["period"]["start"] == "2025-01-01"


def test_performance_is_consistent(multi_llm):
    """Percentiles are in order, and the rates of success and error make one, before and after failures."""
    for _ in range(2):
        found = multi_llm.get("/stats/performance").json()
        times = found["response_times"]

        assert times["p50_ms"] <= times["p95_ms"] <= times["p99_ms"]
        assert found["success_rate"] + found["error_rate"] == pytest.approx(1)
        multi_llm.chat()
        multi_llm.put("/config/models/gemini-pro", json={"enabled": False})
        multi_llm.chat()
    assert found["error_rate"] == 0.5
    assert found["throughput"]["requests_per_minute"] == 2


def test_a_disabled_model_is_unavailable_until_enabled(multi_llm):
    """Disabled, a model says so everywhere and refuses with 503; enabled again, it answers."""
    multi_llm.put("/config/models/gemini-pro", json={"enabled": False})
    refused = multi_llm.chat()
    error = refused.json()["error"]

    assert (refused.status_code, error["code"]) == (503, "MODEL_UNAVAILABLE")
    assert error["details"].keys() == {"model", "reason", "retry_after"}
    assert refused.headers["retry-after"] == str(error["details"]["retry_after"])
    assert multi_llm.get("/models/gemini-pro/status").json()["status"] == "unavailable"
    assert multi_llm.get("/health").json()["models"]["unavailable"] == 1
    assert multi_llm.post("/generate/stream", json=multi_llm.body()).status_code == 503
    assert multi_llm.get("/stats/usage").json()["total_requests"] == 0

    multi_llm.put("/config/models/gemini-pro", json={"enabled": True})
    assert multi_llm.chat().status_code == 200


@pytest.mark.parametrize(("path", "body"), [("models/gpt-4", CONFIGURATION), ("load-balancing", BALANCING)])
def test_configuration_is_stored_and_repeatable(multi_llm, path, body):
    """The documented bodies are taken; sent twice, the answer is the same."""
    answers = [multi_llm.put(f"/config/{path}", json=body) for _ in range(2)]

    assert answers[0].status_code == 200
    assert answers[0].json() == answers[1].json()
    assert answers[0].json().items() >= body.items()
    assert multi_llm.put(f"/config/{path}", json={}).status_code == 200


def test_a_configured_cap_is_the_default(multi_llm):
    """Without a cap of its own a request has the model's configured one."""
    multi_llm.put("/config/models/gemini-pro", json={"parameters": {"max_tokens": 3}})

    assert multi_llm.chat().json()["usage"]["completion_tokens"] == 3
    assert multi_llm.chat(max_tokens=5).json()["usage"]["completion_tokens"] == 5


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("models/gpt-4", {"enabled": "yes"}),
        ("models/gpt-4", {"priority": "high"}),
        ("models/gpt-4", {"rate_limit": {"requests_per_minute": -1}}),
        ("models/gpt-4", {"rate_limit": []}),
        ("models/gpt-4", {"fallback_models": "gpt-4"}),
        ("models/gpt-4", {"fallback_models": [1]}),
        ("models/gpt-4", {"parameters": {"default_temperature": 3}}),
        ("models/gpt-4", {"parameters": {"max_tokens": 0}}),
        ("load-balancing", {"strategy": ""}),
        ("load-balancing", {"strategy": 5}),
        ("load-balancing", {"weights": {"a": -1}}),
        ("load-balancing", {"weights": {"a": "x"}}),
        ("load-balancing", {"failure_threshold": -1}),
        ("load-balancing", {"health_check_interval": 1.5}),
        ("load-balancing", []),
    ],
    ids=str,
)
def test_a_bad_configuration_is_refused(multi_llm, path, body):
    """Wrong types, negative limits and an empty strategy get 400."""
    response = multi_llm.put(f"/config/{path}", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_an_unknown_model_cannot_be_configured(multi_llm):
    """A model that does not exist gets 404."""
    assert multi_llm.put("/config/models/none", json=CONFIGURATION).json()["error"]["code"] == "MODEL_NOT_FOUND"
