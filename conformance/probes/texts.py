"""Probes of what is neither chat nor a list: text completions, embeddings, ranking, transcription."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from conformance.probes.asking import SHORT, ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_DOCUMENTS = ("Bread is baked from flour.", "Snow falls in winter.", "A cat sleeps most of the day.")
_BOUNDARY = "llm-conformance-part"
_RATE = 8000


@probe()
def completions_plain(target: Target) -> Calls:
    """Asks for a text completion by a prompt, and by messages."""
    for operation in target.of_kind("completion"):
        prompted = ask(target, operation)
        yield target.call(operation, prompted)
        talked = {name: value for name, value in prompted.items() if name != "prompt"}
        yield target.call(operation, {**talked, "messages": [{"role": "user", "content": SHORT}]})


@probe()
def embeddings_plain(target: Target) -> Calls:
    """Asks for the vector of one text, and for those of three."""
    for operation in target.of_kind("embedding"):
        yield target.call(operation, ask(target, operation, _DOCUMENTS[0]))
        yield target.call(operation, ask(target, operation, input=list(_DOCUMENTS)))


@probe()
def rerank_plain(target: Target) -> Calls:
    """Asks for all documents by rank, and for the best two."""
    model = target.embedding_model if "rerank" in target.embedding_model.lower() else target.model
    for operation in target.of_kind("rerank"):
        body = ask(target, operation, model=model, query="What is the weather in winter?", documents=list(_DOCUMENTS))
        yield target.call(operation, body)
        yield target.call(operation, {**body, "top_n": 2})


@probe()
def transcription_plain(target: Target) -> Calls:
    """Sends half a second of silence to be written down."""
    typed = (("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}"),)
    for operation in target.of_kind("transcription"):
        yield target.call(operation, _form(target.model, _silence()), headers=typed)


def _form(model: str, sound: bytes) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}\r\n--{_BOUNDARY}\r\n'
    named = 'Content-Disposition: form-data; name="file"; filename="silence.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    return f"{head}{named}".encode() + sound + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _silence() -> bytes:
    """Return a mono 16-bit PCM WAVE file."""
    samples = bytes(_RATE)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    content = b"WAVE" + form + struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI", b"RIFF", len(content)) + content
