"""The two operations that only Cloud Temple's later public reference offers: reranking, transcription."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING
from uuid import uuid4

from conformance.reference.answer import Answer
from conformance.reference.engine.choice import digest
from conformance.reference.engine.embeddings import likeness, vector
from conformance.reference.engine.wording import answer_text
from conformance.reference.jsonbody import LARGEST, demanded
from conformance.reference.openai.chat import model_name
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming
    from conformance.reference.fields import Fields

RERANKER = "bge-reranker-v2-m3"
"""The only model for reranking; any name is taken."""
_MOST_DOCUMENTS = 1000


def rerank(incoming: Incoming) -> Answer:
    """Return the documents that are nearest to the query, best first, at most `top_n`."""
    request = demanded(incoming)
    model_name(request)
    request.required("query")
    query = vector(request.text("query") or "")
    documents = _documents(request)
    most = request.integer("top_n", low=1) or len(documents)
    scores = [round((likeness(query, vector(text)) + 1) / 2, 6) for text in documents]
    order = sorted(range(len(documents)), key=lambda i: (-scores[i], i))[:most]
    results = [{"index": i, "relevance_score": scores[i], "document": {"text": documents[i]}} for i in order]
    return Answer(body={"id": str(uuid4()), "results": results, "usage": {"billed_units": {"search_units": 1}}})


def _documents(request: Fields) -> list[str]:
    request.required("documents")
    said = request.array("documents") or []
    texts = [each.get("text") if isinstance(each, dict) else each for each in said]
    if not texts or len(texts) > _MOST_DOCUMENTS or not all(isinstance(text, str) for text in texts):
        raise request.wrong("documents", f"an array of 1 to {_MOST_DOCUMENTS} strings or objects with a text")
    return [str(text) for text in texts]


def transcribe(incoming: Incoming) -> Answer:
    """Return a text for any audio file that is sent as the part `file` of a multipart form."""
    if not incoming.headers.get("content-type", "").strip().lower().startswith("multipart/form-data"):
        raise Refusal(415, "The body must be sent as multipart/form-data.", "media-type")
    if len(incoming.body) > LARGEST:
        raise Refusal(413, f"The body is longer than {LARGEST} bytes.", "too-large")
    audio = _part(incoming, "file")
    if audio is None:
        raise Refusal(400, "The part 'file' is required.", "missing", "file")
    return Answer(body={"text": answer_text("", digest(audio.hex()))})


def _part(incoming: Incoming, name: str) -> bytes | None:
    head = f"Content-Type: {incoming.headers['content-type']}\r\n\r\n".encode("utf-8", "surrogateescape")
    form = message_from_bytes(head + incoming.body)
    parts = form.get_payload() if form.is_multipart() else ()
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Message) and part.get_param("name", header="content-disposition") == name:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    return None
