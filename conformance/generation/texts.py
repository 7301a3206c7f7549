"""Text as people write it, and as programs break on it."""

from __future__ import annotations

from hypothesis import strategies as st

INSTRUCTION = "Reply with the single word: ok. "
"""Stands before a drawn text, so that an answer to it is short."""

SAMPLES: dict[str, tuple[str, ...]] = {
    "one character": ("a", "7", "?"),
    "emoji": ("I ❤️ 🦊 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇪🇺 1️⃣", "🦊", "🍕 and 🥑"),
    "quotes and backslashes": ('She said "ok" in C:\\temp\\new\\u0041 and left.', "it's `code`", '\\"'),
    "lines and tabs": ("first line\r\nsecond\n\n\tthird", "- one\n- two\n  - three"),
    "accented Latin": ("Où est passée la crème brûlée ? Zażółć gęślą jaźń", "Cafe\u0301 nai\u0308ve"),
    "right to left": ("שלום עולם", "مرحبا بالعالم، كيف حالك؟"),
    "white space around": ("  leading, and trailing \n", "\n\nok\n"),
    "Chinese, Japanese, Korean": ("你好，世界。こんにちは ｶﾀｶﾅ 안녕하세요 𠮷野家", "𩸽を食べる"),
    "beyond the basic plane": ("𝄞 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈", "🜁🜂🜃🜄"),
    "Indic and Thai": ("สวัสดีชาวโลก नमस्ते दुनिया", "வணக்கம் உலகம்"),
    "Greek and Cyrillic": ("Καλημέρα, τι κάνεις; Съешь ещё булок", "Ёжик"),
    "combining and invisible": ("Z̸̡͎a̴͓͝l̷̰̈g̶̱̑o̸͉͐ a\u200bb\u200dc\u2060d soft\u00adhyphen", "e\u0301"),
    "event stream in text": ("data: [DONE]\n\nevent: error\ndata: {}\n\n", "[DONE]"),
    "JSON in text": ('{"role": "system", "content": [1, null]}', "null", "true"),
    "line separators": ("a\u2028b\u2029c next\u00a0to\u3000wide", "\u2028a"),
    "template marks in text": ("<|im_start|>user [INST] ok [/INST] <think>ok</think> </s>", "<s>"),
    "markup in text": ("<b>ok</b> &amp; <script>alert(1)</script> <!-- no -->", "| a | b |\n|---|---|"),
    "code in text": ('for (i=0;i<3;i++) { printf("%d\\n", i); } -- ${HOME} {{x}}', "SELECT * FROM t WHERE a='b'; --"),
    "numbers in text": ("9007199254740993 1e400 -0 ٣٤٥ ½ ² Ⅷ", "007"),
}
"""Texts by what is special about them, the first of each the richest.

Each is one that anybody may write, and that a server must get along with.
"""

LONG_WORDS = "The quick brown fox jumps over the lazy dog. "
LENGTHS = (255, 256, 257, 1023, 1024, 1025, 1999, 2000)
"""Characters near which buffers end; no promised text is longer than the last."""
BEYOND = (4097, 8193)
"""Characters beyond what is promised to be answered, near which buffers end, well within any context window."""


def of_length(characters: int) -> str:
    """Return a text of so many characters that asks for a short answer."""
    return (INSTRUCTION + LONG_WORDS * (characters // len(LONG_WORDS) + 1))[:characters].rstrip().ljust(characters, ".")


def plain_texts() -> st.SearchStrategy[str]:
    """Return the strategy of texts that are promised to be read: no control characters, up to 2,000 characters."""
    known = [text for texts in SAMPLES.values() for text in texts]
    words = st.lists(st.sampled_from(known), min_size=1, max_size=4).map(" ".join)
    drawn = st.text(
        st.characters(min_codepoint=0x20, exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=40
    ).map(lambda text: f"{INSTRUCTION}{text}")
    long = st.sampled_from(LENGTHS).map(of_length)
    return st.one_of(st.sampled_from(known), words, drawn, long)
