"""What the engine says where nothing literal was asked, by language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The stock of one language; `about` has a place for a few words of the prompt."""

    opening: str
    about: str
    sentences: tuple[str, ...]
    gap: str = " "


STOCK = {
    "en": Phrases(
        "Hello! I am the reference model, and I am glad to help.",
        "You asked about “{topic}”.",
        (
            "There are two things worth knowing before going further.",
            "In short, it depends on what you want to achieve.",
            "A small example often says more than a long explanation.",
            "Most people begin with the simplest case and refine it later.",
            "It helps to write the steps down and to check each of them.",
            "If anything is unclear, feel free to ask again in other words.",
            "The details matter less than a clear goal.",
            "Spring comes slowly, and every garden keeps its own time.",
        ),
    ),
    "de": Phrases(
        "Hallo! Ich bin das Referenzmodell und helfe gern.",
        "Du fragst nach „{topic}“.",
        (
            "Zwei Dinge sollte man dazu vorab wissen.",
            "Kurz gesagt hängt es davon ab, was du erreichen möchtest.",
            "Ein kleines Beispiel erklärt oft mehr als ein langer Text.",
            "Die meisten beginnen mit dem einfachsten Fall und verfeinern ihn später.",
            "Es hilft, die Schritte aufzuschreiben und jeden einzeln zu prüfen.",
            "Wenn etwas unklar ist, frag gern noch einmal.",
            "Über die Einzelheiten lässt sich später in Ruhe sprechen.",
        ),
    ),
    "fr": Phrases(
        "Bonjour ! Je suis le modèle de référence, ravi de vous aider.",
        "Vous demandez « {topic} ».",
        (
            "Deux choses sont utiles à savoir avant de commencer.",
            "En bref, tout dépend de ce que vous voulez obtenir.",
            "Un petit exemple en dit souvent plus qu'une longue explication.",
            "La plupart des gens commencent par le cas le plus simple.",
            "Il est utile d'écrire les étapes et de les vérifier une à une.",
            "Si quelque chose n'est pas clair, n'hésitez pas à reposer la question.",
            "Les détails comptent moins qu'un objectif précis.",
        ),
    ),
    "es": Phrases(
        "¡Hola! Soy el modelo de referencia y con gusto te ayudo.",
        "Preguntas por «{topic}».",
        (
            "Hay dos cosas que conviene saber antes de seguir.",
            "En resumen, depende de lo que quieras conseguir.",
            "Un pequeño ejemplo suele decir más que una larga explicación.",
            "La mayoría empieza por el caso más sencillo y lo mejora después.",
            "Ayuda escribir los pasos y comprobar cada uno.",
            "Si algo no queda claro, pregunta otra vez con otras palabras.",
            "Los detalles importan menos que un objetivo claro.",
        ),
    ),
    "zh": Phrases(
        "你好！我是參考模型，很高興能幫忙。",
        "你問的是「{topic}」。",
        (
            "首先有兩件事值得了解。",
            "簡單來說，這取決於你想達成什麼目標。",
            "一個小例子往往勝過長篇的解釋。",
            "大多數人從最簡單的情況開始，再逐步改進。",
            "把步驟寫下來並逐一檢查會很有幫助。",
            "如果有不清楚的地方，歡迎再問一次。",
            "春天來了，花園裡的一切慢慢醒來。",
        ),
        gap="",
    ),
    "ko": Phrases(
        "안녕하세요! 저는 잘 지내고 있습니다. 무엇이든 물어보세요!",
        "“{topic}”에 대해 물어보셨군요.",
        (
            "먼저 알아두면 좋은 점이 두 가지 있습니다.",
            "간단히 말하면 무엇을 이루고 싶은지에 따라 다릅니다.",
            "작은 예시가 긴 설명보다 나을 때가 많습니다.",
            "대부분은 가장 쉬운 경우부터 시작합니다.",
            "단계를 적어 두고 하나씩 확인하면 도움이 됩니다.",
            "궁금한 점이 있으면 언제든지 다시 물어보세요.",
        ),
    ),
    "ja": Phrases(
        "こんにちは！参照モデルです。お手伝いします。",
        "「{topic}」についてのご質問ですね。",
        (
            "まず知っておくとよいことが二つあります。",
            "要するに、何を達成したいかによります。",
            "小さな例は長い説明よりも役に立ちます。",
            "多くの人はいちばん簡単な場合から始めます。",
            "手順を書き出して一つずつ確認しましょう。",
            "分からないことがあれば、もう一度聞いてください。",
        ),
        gap="",
    ),
    "ru": Phrases(
        "Здравствуйте! Я эталонная модель и рада помочь.",
        "Вы спрашиваете о «{topic}».",
        (
            "Сначала стоит знать две вещи.",
            "Короче говоря, всё зависит от вашей цели.",
            "Небольшой пример часто говорит больше, чем длинное объяснение.",
            "Большинство начинает с самого простого случая.",
            "Полезно записать шаги и проверить каждый из них.",
            "Если что-то неясно, спросите ещё раз.",
        ),
    ),
    "ar": Phrases(
        "مرحبا! أنا النموذج المرجعي ويسعدني أن أساعدك.",
        "تسأل عن «{topic}».",
        (
            "هناك أمران من المفيد معرفتهما أولا.",
            "باختصار، يعتمد الأمر على ما تريد تحقيقه.",
            "مثال صغير يقول أحيانا أكثر من شرح طويل.",
            "يبدأ معظم الناس بأبسط حالة.",
            "من المفيد كتابة الخطوات والتحقق من كل منها.",
            "إذا كان شيء غير واضح فاسأل مرة أخرى.",
        ),
    ),
}
"""Phrases by ISO 639-1 code."""
