"""One spelling for the many that a model's name has: what surrounds the name is cut, what it is made of is kept.

| Written | What is cut |
|---|---|
| `us.anthropic.claude-...`, `arn:aws:bedrock:...:foundation-model/...` | the region and the maker of a Bedrock id |
| `...-20250929`, `...-2025-09-29`, `...@20250929`, `...@default`, `...-latest` | the day of a snapshot |
| `...-v1:0`, `...:free`, `...-maas` | a provider's own suffix |
| `...-FP8`, `...-AWQ`, `...-Q4_K_M-GGUF`, `...-bnb-4bit`, `...-MLX-8bit` | how the weights are stored |
| `...-Instruct`, `...-it`, `...-chat-hf` | how the model was tuned, left out as often as not |

A snapshot of four digits (2507, 0731) is never cut: makers sell such snapshots as models of their own.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_ARN: Final = re.compile(r"^arn:aws[\w-]*:bedrock:.*?/")
_PLACE: Final = re.compile(r"^(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|global)\.(?=[a-z0-9-]+\.)")
_DOTTED_MAKER: Final = re.compile(r"^(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai"
                                  r"|moonshot|nvidia|openai|qwen|writer|zai)\.(?=[a-z])")  # fmt: skip
_SUFFIX: Final = re.compile(
    r"(?:-v\d+:\d+|:\d+[km]?|:[a-z][a-z-]*|@[\w-]+|[-_](?:19|20)\d{2}-?[01]\d-?[0-3]\d|-00\d|-latest|-maas)$"
)
_STORED: Final = re.compile(
    r"[-_.](?:gguf|ggml|qat|awq|gptq|exl2|exl3|mlx|marlin|onnx|quantized|dynamic|unsloth|autoround|bnb|hqq|eetq|gs?\d{2,3}"
    r"|fp4|fp8|fp16|bf16|f16|nvfp4|mxfp4|int4|int8|[248]bit|w\d+a\d+(?:fp8)?|block|kv|i?q\d(?:_(?:[0-9k]|[a-z]{1,3}))*)$"
)
_DAY: Final = re.compile(r"[-_@](?:19|20)\d{2}-?[01]\d-?[0-3]\d(?=$|-v\d|:)")
_TUNED: Final = re.compile(r"[-_ ](?:instruct|it|chat|hf)(?=$|[-_ ])")
_VERSION: Final = re.compile(r"(?<=\d)[-p_](?=\d{1,2}(?:$|[^0-9a-z]))")
_MAKER_WORD: Final = re.compile(r"^(?:meta|databricks|fw|accounts|models|publishers|system\.ai)[-. ](?=[a-z])")
_GAPS: Final = re.compile(r"[-_. :]+")


def folded_name(name: str) -> str:
    """The name in NFKC and lower case, one kind of hyphen, without quotes and outer spaces."""
    text = unicodedata.normalize("NFKC", name).casefold().strip().strip("\"'`").strip()
    return re.sub(r"[‐‑‒–—−]", "-", " ".join(text.split()))


def tails(name: str) -> Iterator[str]:
    """The name, then what follows each of its slashes: 'a/b/c', 'b/c', 'c'."""
    yield name
    while "/" in name:
        name = name.split("/", 1)[1]
        yield name


def without_surroundings(name: str) -> Iterator[str]:
    """The name without place and maker, then without one suffix after the other; each spelling once, longest first."""
    text = _ARN.sub("", name)
    text = _DOTTED_MAKER.sub("", _PLACE.sub("", text))
    yield text
    while (cut := _SUFFIX.sub("", _STORED.sub("", text))) != text and cut:
        text = cut
        yield text


def plain(name: str) -> str:
    """Letters and digits of a name without maker, tuning word and gaps: 'Meta-Llama-3.1-8B-Instruct' is "llama3.1@8b".

    A hyphen inside a version is a point ('4-5' and '4p5' are '4.5'); two numbers that stand apart stay apart.
    """
    tail = _MAKER_WORD.sub("", name.rsplit("/", 1)[-1])
    tail = _VERSION.sub(".", _TUNED.sub("", tail))
    tail = re.sub(r"(?<=\d)\.(?=\d)", "\0", tail)
    tail = re.sub(r"(?<=\d)[-_. :]+(?=\d)", "@", tail)
    return _GAPS.sub("", tail).replace("\0", ".")


def is_copy(name: str) -> bool:
    """Whether a name says that the weights are stored otherwise than as published: a quantised copy."""
    return any(_STORED.search(one) for one in without_surroundings(folded_name(name)))


def is_snapshot(name: str) -> bool:
    """Whether a name ends in the day of a snapshot."""
    return _DAY.search(folded_name(name)) is not None
