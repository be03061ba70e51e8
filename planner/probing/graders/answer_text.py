"""What is stripped from an answer before it is compared, each step for a habit that models have.

| Habit | Step |
|---|---|
| a reasoning block before the answer | `<think>...</think>` is cut, also one that is never closed |
| the whole answer in a code fence | the fence is cut |
| 'Answer: Paris', 'The answer is Paris.' | the prefix is cut |
| **Paris**, "Paris", `Paris` | marks around the whole answer are cut |
| 'Paris.' | one final full stop is cut, unless it belongs to an abbreviation such as 'U.S.' |
| full-width digits, ligatures, odd spaces | Unicode NFKC, runs of white space to one space |
"""

import re
import unicodedata
from typing import Final

_THINK: Final = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE: Final = re.compile(r"\A```[\w+-]*[ \t]*\n(.*?)\n?```\Z", re.DOTALL)
_PREFIX: Final = re.compile(
    r"\A(?:so[,:]? |therefore[,:]? )?(?:the |my )?(?:final |correct |best |short )?"
    r"(?:answer|label|category|class|classification|result|output|intent|sentiment|translation|summary)"
    r"(?: is|:| would be)+:?\s+",
    re.IGNORECASE,
)
_MARKS: Final = (("**", "**"), ("__", "__"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"), ("*", "*"))
_ABBREVIATION: Final = re.compile(r"(?:^|[\s.])\w\.$")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_TOKEN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")


def spoken(answer: str) -> str:
    """The answer without reasoning blocks, in NFC, outer white space and zero-width marks cut; line breaks stay."""
    text = _THINK.sub("", answer).replace("\r\n", "\n")
    return unicodedata.normalize("NFC", text).strip().strip("\u200b\ufeff").strip()


def unfenced(text: str) -> str:
    """What stands in the code fence when the whole text is one."""
    found = _FENCE.match(text)
    return found[1].strip() if found else text


def bare(answer: str) -> str:
    """The short answer inside the usual wrapping: fences, 'Answer:', quotes, bold, the final full stop."""
    text = unfenced(spoken(answer))
    while True:
        before = text
        text = _PREFIX.sub("", text).strip()
        for opening, closing in _MARKS:
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and inner and closing not in inner:
                text = inner.strip()
        if text.endswith(".") and not text.endswith("..") and not _ABBREVIATION.search(text):
            text = text[:-1].rstrip()
        if text == before:
            return text


def folded(text: str, *, ignore_case: bool = True) -> str:
    """NFKC, one space for any white space, straight quotes, and lower case if wanted."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    plain = " ".join(plain.split())
    return plain.casefold() if ignore_case else plain


def tokens(text: str) -> list[str]:
    """Words and numbers in lower case, without punctuation; a Chinese or Japanese character is a word."""
    return _TOKEN.findall(folded(text))


def occurs(wanted: str, text: str) -> bool:
    """Whether folded `wanted` stands in folded `text` as words: 5 is not in 25, 2.5 or 1,500.

    Chinese and Japanese have no spaces between words: there it is plain containment.
    """
    return count_of(wanted, text) > 0


def count_of(wanted: str, text: str) -> int:
    """How often folded `wanted` stands in folded `text` as words."""
    if not wanted:
        return 0
    if _CJK.search(wanted):
        return text.count(wanted)
    before = r"(?<!\w)(?<!\d[.,])" if wanted[0].isdigit() else r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if wanted[-1].isdigit() else r"(?!\w)" if wanted[-1].isalnum() else ""
    return len(re.findall(before + re.escape(wanted) + after, text))
