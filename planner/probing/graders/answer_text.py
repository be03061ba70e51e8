"""What is stripped from an answer before it is compared, each step for a habit that models have.

| Habit | Step |
|---|---|
| a reasoning block before the answer | `<think>...</think>` and its like are cut, also one that is never closed |
| a lone `</think>`: the chat template opened it | everything up to it is cut; a tag in backticks is text |
| channels of gpt-oss | what stands in the final channel is the answer |
| `<answer>Paris</answer>` | what stands in the last such tag |
| the whole answer in a code fence | the fence is cut |
| 'Answer: Paris', 'The answer is Paris.' | the prefix is cut |
| **Paris**, "Paris", `Paris` | marks around the whole answer are cut |
| 'Paris.' | one final full stop is cut, unless it belongs to an abbreviation such as 'U.S.' |
| full-width digits, ligatures, odd spaces | Unicode NFKC, runs of white space to one space |
"""

import re
import unicodedata
from typing import Final

from planner.probing.graders.reading.words import count_words_of, tokens_of

_TAG: Final = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|begin_of_thought|end_of_thought)"
_OPENING: Final = rf"(?:<\|?{_TAG}\|?>|\[THINK\]|◁think▷)"
_CLOSING: Final = rf"(?:</{_TAG}>|<\|end_of_thought\|>|<\|/{_TAG}\|>|\[/THINK\]|◁/think▷)"
_THOUGHT: Final = re.compile(rf"(?<!`)(?:(?P<opening>{_OPENING})|{_CLOSING})(?!`)", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"\A.*<\|channel\|>final(?:<\|constrain\|>\w+)?<\|message\|>", re.DOTALL)
_CHANNEL_END: Final = re.compile(r"<\|(?:end|return|im_end|eot_id|endoftext)\|>\s*\Z")
_ANSWER: Final = re.compile(r"<(answer|final_answer|final|solution)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE: Final = re.compile(r"\A```[\w+-]*[ \t]*\n(.*?)\n?```\Z", re.DOTALL)
_PREFIX: Final = re.compile(
    r"\A(?:(?:so[,:]? |therefore[,:]? )?(?:the |my )?(?:final |correct |best |short )?"
    r"(?:answer|label|category|class|classification|result|output|intent|sentiment|translation|summary)"
    r"(?: is|:| would be)+:?\s+"
    r"|(?:(?:die |la |a |il |l['’])?(?:richtige |korrekte |bonne )?"
    r"(?:antwort|lösung|réponse|respuesta|resposta|risposta|antwoord|ответ|cevap|जवाब|उत्तर|الجواب|الإجابة)"
    r"(?: correcta| corretta| certa)?"
    r"(?:(?: ist| lautet| est| es| é| è| is|\s?:| है| هو| هي)+:?\s+))"
    r"|(?:正确)?(?:最终)?(?:答案|答え|正解|回答|答|정답|답)(?:是|为|為|は|은|는|이|가)?\s?[:]?\s*)",
    re.IGNORECASE,
)
_MARKS: Final = (("**", "**"), ("__", "__"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"), ("*", "*"))
_ABBREVIATION: Final = re.compile(r"(?:^|[\s.])\w\.$")


def spoken(answer: str) -> str:
    """The answer without reasoning blocks, in NFC, outer white space and zero-width marks cut; line breaks stay."""
    text = _CHANNEL_END.sub("", _CHANNEL.sub("", answer.replace("\r\n", "\n")))
    text = _without_thoughts(text)
    return unicodedata.normalize("NFC", text).strip().strip("\u200b\ufeff").strip()


def _without_thoughts(text: str) -> str:
    """The text outside reasoning tags; a closing tag that nothing opened cuts all before it, an open one all behind."""
    kept: list[str] = []
    place, opened = 0, False
    for tag in _THOUGHT.finditer(text):
        if tag["opening"]:
            if not opened:
                kept.append(text[place : tag.start()])
            opened = True
            continue
        if not opened:
            kept.clear()
        place, opened = tag.end(), False
    return "".join(kept) + ("" if opened else text[place:])


def unfenced(text: str) -> str:
    """What stands in the code fence when the whole text is one."""
    found = _FENCE.match(text)
    return found[1].strip() if found else text


def bare(answer: str) -> str:
    """The short answer inside the usual wrapping: fences, 'Answer:', quotes, bold, the final full stop."""
    text = spoken(answer)
    tagged = _ANSWER.findall(text)
    text = unfenced(tagged[-1][1].strip() if tagged else text)
    while True:
        before = text
        text = _PREFIX.sub("", text).strip()
        for opening, closing in _MARKS:
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and inner and closing not in inner:
                text = inner.strip()
        if text.endswith((".", "。", "।", "．")) and not text.endswith("..") and not _ABBREVIATION.search(text):
            text = text[:-1].rstrip()
        if text == before:
            return text


def folded(text: str, *, ignore_case: bool = True) -> str:
    """NFKC, one space for any white space, straight quotes, and lower case if wanted."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    plain = " ".join(plain.split())
    return plain.casefold() if ignore_case else plain


def tokens(text: str) -> list[str]:
    """Words and numbers in lower case, without punctuation; a Chinese, Japanese or Thai character is a word."""
    return tokens_of(folded(text))


def occurs(wanted: str, text: str) -> bool:
    """Whether folded `wanted` stands in folded `text` as words: 5 is not in 25, 2.5 or 1,500."""
    return count_of(wanted, text) > 0


def count_of(wanted: str, text: str) -> int:
    """How often folded `wanted` stands in folded `text` as words."""
    return count_words_of(wanted, text)
