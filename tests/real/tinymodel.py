"""Makes a tiny language model with random weights in the GGUF format: `python tinymodel.py FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, HIDDEN, LAYERS, HEADS, CONTEXT = 64, 128, 2, 4, 2048
"""Sizes of the model; the context in tokens."""
CONSTANT = 4.0
"""What the first dimension always holds, so that the output can go by it: no layer writes there."""
AVERSION = -40.0
"""Weight of that dimension in the output of the tokens that are never written."""
_SPECIAL = ("<unk>", "<s>", "</s>")
_LETTERS = tuple(chr(code) for code in range(0x21, 0x7F))
_WORDS = ("▁", "▁the", "▁a", "▁of", "▁one", "▁two", "▁red", "▁blue", "▁ok", "ing", "er", "es", ",", ".", "\n")


def write(path: Path, seed: int = 7) -> None:
    """Write the model; the same seed writes the same weights.

    It reads any text and writes printable ASCII alone, so that no odd character of an answer is the model's doing.
    """
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _weights(writer, _vocabulary(writer), np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary(writer: gguf.GGUFWriter) -> list[str]:
    """Write a vocabulary that has a token for every byte, so that any text can be read."""
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    tokens = list(dict.fromkeys([*_SPECIAL, *bytes_, *_WORDS, *_LETTERS]))
    kinds = [
        gguf.TokenType.UNKNOWN
        if token == "<unk>"
        else gguf.TokenType.CONTROL
        if token in _SPECIAL
        else gguf.TokenType.BYTE
        if token in bytes_
        else gguf.TokenType.NORMAL
        for token in tokens
    ]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([float(-index) for index in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_vocab_size(len(tokens))
    return tokens


def _weights(writer: gguf.GGUFWriter, tokens: list[str], random: np.random.Generator) -> None:
    def drawn(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.3).astype(np.float32)

    def ones(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, dtype=np.float32))

    def beside_constant(name: str, *shape: int) -> None:
        weights = drawn(*shape)
        weights[0] = 0
        writer.add_tensor(name, weights)

    embedding, output = drawn(len(tokens), WIDTH), drawn(len(tokens), WIDTH)
    embedding[:, 0] = CONSTANT
    output[:, 0] = [0.0 if token in {"</s>", *_WORDS, *_LETTERS} else AVERSION for token in tokens]
    writer.add_tensor("token_embd.weight", embedding)
    for layer in range(LAYERS):
        ones(f"blk.{layer}.attn_norm.weight")
        for part in ("attn_q", "attn_k", "attn_v"):
            writer.add_tensor(f"blk.{layer}.{part}.weight", drawn(WIDTH, WIDTH))
        beside_constant(f"blk.{layer}.attn_output.weight", WIDTH, WIDTH)
        ones(f"blk.{layer}.ffn_norm.weight")
        for part in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{part}.weight", drawn(HIDDEN, WIDTH))
        beside_constant(f"blk.{layer}.ffn_down.weight", WIDTH, HIDDEN)
    ones("output_norm.weight")
    writer.add_tensor("output.weight", output)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
