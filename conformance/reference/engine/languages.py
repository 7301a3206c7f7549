"""Tells in which language a prompt wants to be answered."""

from __future__ import annotations

import re

_ASKED = {
    "fr": r"auf französisch|in französisch|en français|in french|en francés",
    "de": r"auf deutsch|in german|en allemand|en alemán",
    "es": r"auf spanisch|in spanish|en espagnol|en español",
    "en": r"auf englisch|in english|en anglais|en inglés",
    "zh": r"in chinese|auf chinesisch|用中文",
    "ko": r"in korean|auf koreanisch|한국어로",
}
_SCRIPTS = (
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
)
_COMMON = {
    "de": re.compile(
        r"\b(der|die|das|und|ist|nicht|ein|eine|ich|du|wie|was|kannst|bitte|mit|auf|für|hallo|über|erkläre)\b"
    ),
    "fr": re.compile(r"\b(le|la|les|et|est|pas|un|une|je|tu|vous|comment|que|peux|avec|sur|pour|bonjour|salut|des)\b"),
    "es": re.compile(r"\b(el|la|los|y|es|no|un|una|yo|tú|usted|cómo|qué|puedes|con|sobre|para|hola|del|por|favor)\b"),
}


def language_of(prompt: str) -> str:
    """Return the language to answer in: the one asked for, else the prompt's own; English where in doubt."""
    said = prompt[:4000].lower()
    for language, pattern in _ASKED.items():
        if re.search(pattern, said):
            return language
    counts = [(len(pattern.findall(said)), language) for language, pattern in _SCRIPTS]
    most, language = max(counts, key=lambda pair: pair[0])
    if most * 4 > len(said.strip()):
        return "ja" if counts[1][0] and language == "zh" else language
    hits, latin = max((len(set(common.findall(said))), language) for language, common in _COMMON.items())
    return latin if hits >= 2 else "en"
