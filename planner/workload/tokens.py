"""Counting tokens without a network: tiktoken with the vocabularies that litellm's wheel carries."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from planner.errors import OfflineError

if TYPE_CHECKING:
    import tiktoken

Tokenizer: TypeAlias = Literal["o200k_base", "cl100k_base"]
TOKENIZERS: Final[tuple[Tokenizer, ...]] = ("o200k_base", "cl100k_base")
"""o200k_base: OpenAI's models since GPT-4o; cl100k_base: GPT-4 and GPT-3.5. Others lie within some 15 % on English."""
_VOCABULARY: Final[dict[Tokenizer, str]] = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
"""tiktoken's cache names: SHA-1 of the address that the vocabulary comes from."""
_CACHE_SETTING: Final = "TIKTOKEN_CACHE_DIR"
_LOCK: Final = threading.Lock()


def count_tokens(texts: Sequence[str], tokenizer: Tokenizer = "o200k_base") -> list[int]:
    """Tokens of each text; special tokens in the text count as ordinary text.

    Raises:
        OfflineError: The vocabulary is not in the installed litellm; nothing is fetched.

    """
    return [len(tokens) for tokens in encode(texts, tokenizer)]


def encode(texts: Sequence[str], tokenizer: Tokenizer = "o200k_base") -> list[list[int]]:
    """Token ids of each text."""
    encoding = _encoding(tokenizer)
    return [encoding.encode_ordinary(text) for text in texts]


@lru_cache(maxsize=len(TOKENIZERS))
def _encoding(tokenizer: Tokenizer) -> "tiktoken.Encoding":
    import tiktoken  # noqa: PLC0415 (a late import: counting is rare and the library heavy)

    folder = _vocabulary_folder()
    if folder is None or not (folder / _VOCABULARY[tokenizer]).is_file():
        msg = (
            f"the vocabulary {tokenizer} is not in the installed litellm and is not fetched; give token counts instead"
        )
        raise OfflineError(msg)
    with _LOCK, _cache_at(folder):
        return tiktoken.get_encoding(tokenizer)


def _vocabulary_folder() -> Path | None:
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "litellm_core_utils" / "tokenizers"


@contextmanager
def _cache_at(folder: Path) -> Iterator[None]:
    """Point tiktoken at the folder, its only way to be told, and put the setting back."""
    before = os.environ.get(_CACHE_SETTING)
    os.environ[_CACHE_SETTING] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE_SETTING]
        else:
            os.environ[_CACHE_SETTING] = before
