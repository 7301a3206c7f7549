"""What each response schema demands, written down by hand from the contract."""

from __future__ import annotations

from typing import Any, NamedTuple

from documents import quoted


class Shape(NamedTuple):
    """A full example, the schemas that judge it, and the members that each of them demands (RFC 6901 pointers).

    `nullable` are those of the demanded members that may be null.
    """

    api: str
    schema: str
    example: Any
    must: set[str]
    recommended: str = ""
    should: frozenset[str] | set[str] = frozenset()
    nullable: frozenset[str] | set[str] = frozenset()


def under(root: str, names: str) -> set[str]:
    """Return the pointers to these members of the object that the root leads to."""
    return {f"{root}/{name}" for name in names.split()}


def answered(**more: Any) -> dict[str, Any]:
    """Return a chat completion as OpenAI documents it."""
    message = {"role": "assistant", "content": "ok"}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "i", "object": "chat.completion", "model": "m", "choices": choices, "usage": usage, **more}


CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
FULL_CHUNK = {**CHUNK, "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
TEXT_COMPLETION = {
    "id": "i",
    "object": "text_completion",
    "created": 1,
    "model": "m",
    "choices": [{"text": "a", "index": 0, "logprobs": None, "finish_reason": "stop"}],
}
EMBEDDINGS = {
    "object": "list",
    "model": "m",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1]}],
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}
RERANKED = {"id": "i", "results": [{"index": 0, "relevance_score": 0.5, "document": {"text": "a"}}]}
OPENAI_LIST = {"object": "list", "data": [{"id": "/m", "object": "model", "created": 1, "owned_by": "o"}]}

MESSAGE = under("/choices/0/message", "role content")
CHOICE = {"/choices"} | under("/choices/0", "index message finish_reason") | MESSAGE
COUNTS = under("/usage", "prompt_tokens completion_tokens total_tokens")
USAGE = {"/usage"} | COUNTS
EVENT = under("", "id object created model choices") | under("/choices/0", "index delta")
PERMISSION = under(
    "/data/0/permission/0",
    "id object created allow_create_engine allow_sampling allow_logprobs allow_search_indices allow_view "
    "allow_fine_tuning organization group is_blocking",
)
ERROR = {"/error", "/error/message", "/error/type"}
ENVELOPE = {"/error", "/error/code", "/error/message"}
MODEL = "id name provider type status capabilities limits pricing"
LIMITS = under("/models/0/limits", "max_tokens context_window")
PRICING = under("/models/0/pricing", "input_per_1k_tokens output_per_1k_tokens")
BY_MODEL = under("/by_model/gemini-pro", "requests tokens cost") | under("/by_model/gpt-4", "requests tokens cost")

CLOUD_TEMPLE = [
    Shape(
        "cloud-temple",
        "ChatCompletion",
        quoted("cloud-temple", "GermanChatCompletion"),
        under("", "id object created model") | CHOICE | USAGE,
        "ChatCompletionRecommended",
        {"/backend", "/usage/reasoning_tokens"} | under("/backend", "engine_type machine_name"),
    ),
    Shape(
        "cloud-temple",
        "ModelList",
        quoted("cloud-temple", "ModelList"),
        under("", "object data") | under("/data/0", "id object created owned_by"),
        "ModelListRecommended",
        under("/data/0", "root aliases parent max_model_len permission"),
    ),
    Shape("cloud-temple", "ModelListPermissions", quoted("cloud-temple", "ModelList"), PERMISSION),
    Shape(
        "cloud-temple",
        "ChatCompletionChunk",
        FULL_CHUNK,
        set(),
        "ChatCompletionChunkRecommended",
        EVENT | {"/choices/0/finish_reason"},
    ),
    Shape(
        "cloud-temple",
        "EmbeddingList",
        EMBEDDINGS,
        under("", "object model data usage")
        | under("/data/0", "object index embedding")
        | under("/usage", "prompt_tokens total_tokens"),
    ),
    Shape(
        "cloud-temple",
        "Completion",
        TEXT_COMPLETION,
        under("", "id object created model choices") | under("/choices/0", "text index finish_reason"),
    ),
    Shape(
        "cloud-temple",
        "RerankResult",
        RERANKED,
        {"/id", "/results", "/results/0/document/text"} | under("/results/0", "index relevance_score"),
    ),
    Shape("cloud-temple", "Transcription", {"text": "a"}, {"/text"}),
    Shape("cloud-temple", "Error", {"error": {"message": "m", "type": "t", "param": None, "code": None}}, ERROR),
]
GENOS = [
    Shape(
        "genos",
        "ChatCompletion",
        answered(created=1),
        under("", "id object created model") | CHOICE | COUNTS,
        "ChatCompletionRecommended",
        {"/usage"},
    ),
    Shape(
        "genos",
        "ChatCompletionChunk",
        quoted("genos", "ChatCompletionChunk"),
        EVENT,
        "ChatCompletionChunkRecommended",
        under("/choices/0", "logprobs finish_reason stop_reason"),
    ),
    Shape(
        "genos",
        "ModelList",
        OPENAI_LIST,
        {"/data", "/data/0/id"},
        "ModelListRecommended",
        {"/object"} | under("/data/0", "object created owned_by"),
    ),
    Shape("genos", "Error", {"error": {"message": "m", "type": "t", "param": None, "code": 400}}, ERROR),
]
NEUROFLASH = [
    Shape("neuroflash", "ChatCompletion", answered(), under("", "id object model") | CHOICE | USAGE),
    Shape("neuroflash", "ChatCompletionChunk", FULL_CHUNK, EVENT | {"/choices/0/finish_reason"}),
]
MULTI_LLM = [
    Shape(
        "multi-llm",
        "GenerateResponse",
        quoted("multi-llm", "GenerateResponse"),
        under("", "id model cost") | CHOICE | USAGE | under("/cost", "input_cost output_cost total_cost"),
    ),
    Shape(
        "multi-llm",
        "StreamChunk",
        {"id": "stream_123", "choices": [{"delta": {"content": "春"}}]},
        {"/id", "/choices", "/choices/0/delta"},
        "StreamChunkRecommended",
    ),
    Shape(
        "multi-llm",
        "ModelList",
        quoted("multi-llm", "ModelList"),
        {"/models"} | under("/models/0", MODEL) | LIMITS | PRICING,
    ),
    Shape(
        "multi-llm",
        "ModelStatus",
        quoted("multi-llm", "ModelStatus"),
        under("", "model_id status health response_time_ms last_check error_rate"),
    ),
    Shape(
        "multi-llm",
        "Health",
        quoted("multi-llm", "Health"),
        under("", "status timestamp services models")
        | under("/services", "llm_service model_manager cost_tracker")
        | under("/models", "available healthy degraded unavailable"),
    ),
    Shape(
        "multi-llm",
        "UsageStats",
        quoted("multi-llm", "UsageStats"),
        under("", "period total_requests total_tokens total_cost by_model") | under("/period", "start end") | BY_MODEL,
    ),
    Shape(
        "multi-llm",
        "PerformanceStats",
        quoted("multi-llm", "PerformanceStats"),
        under("", "response_times success_rate error_rate throughput")
        | under("/response_times", "average_ms p50_ms p95_ms p99_ms")
        | under("/throughput", "requests_per_minute tokens_per_minute"),
    ),
    Shape(
        "multi-llm",
        "Error",
        quoted("multi-llm", "ModelUnavailable"),
        ENVELOPE,
        "ErrorRecommended",
        under("/error", "details request_id"),
    ),
    Shape(
        "multi-llm",
        "ErrorRecommended",
        quoted("multi-llm", "ModelUnavailable"),
        ENVELOPE | under("/error", "details request_id"),
        "ModelUnavailableRecommended",
        under("/error/details", "model reason retry_after"),
    ),
]
LISTED = under("", "object data data/0/id data/1/id")
DATED = {f"/data/{place}/{name}" for place in (0, 1) for name in ("object", "created", "owned_by")}
VECTORS = {f"/data/{place}/{name}" for place in (0, 1) for name in ("object", "index", "embedding")}
OPENAI = [
    Shape(
        "openai",
        "ChatCompletion",
        {**quoted("openai", "ChatCompletion"), "choices": answered()["choices"]},
        under("", "id object created model") | CHOICE | COUNTS,
        "ChatCompletionRecommended",
        {"/usage"},
        {"/choices/0/message/content"},
    ),
    Shape(
        "openai",
        "ChatCompletionChunk",
        quoted("openai", "ChatCompletionChunk"),
        EVENT,
        "ChatCompletionChunkRecommended",
        {"/choices/0/finish_reason"},
    ),
    Shape(
        "openai",
        "Completion",
        quoted("openai", "Completion"),
        under("", "id object created model choices") | under("/choices/0", "text index finish_reason") | COUNTS,
        "CompletionRecommended",
        {"/usage"},
    ),
    Shape(
        "openai",
        "CompletionChunk",
        TEXT_COMPLETION,
        under("", "id object created model choices") | under("/choices/0", "text index"),
        "CompletionChunkRecommended",
        {"/choices/0/finish_reason"},
    ),
    Shape(
        "openai",
        "EmbeddingList",
        quoted("openai", "EmbeddingList"),
        under("", "object model data usage") | VECTORS | under("/usage", "prompt_tokens total_tokens"),
    ),
    Shape(
        "openai",
        "Model",
        quoted("openai", "Model"),
        {"/id"},
        "ModelRecommended",
        under("", "object created owned_by"),
    ),
    Shape("openai", "ModelList", quoted("openai", "ModelList"), LISTED, "ModelListRecommended", DATED),
    Shape(
        "openai",
        "Error",
        quoted("openai", "Error"),
        ERROR,
        "ErrorRecommended",
        under("/error", "param code"),
        under("/error", "param code"),
    ),
]
SHAPES = [*CLOUD_TEMPLE, *GENOS, *NEUROFLASH, *MULTI_LLM, *OPENAI]
