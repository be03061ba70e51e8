"""What one request costs: at worst before it leaves, in fact after it came back."""

from collections.abc import Sequence
from typing import Final

from planner.catalog.price import Price
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.tokenizers import REFERENCE, Vocabulary, tokenizer_of
from planner.errors import InputError
from planner.probing.wire.questions import Answer, Message
from planner.store.records import Target
from planner.workload.tokens import count_tokens

_COUNTED_HERE: Final = frozenset({"openai", "azure"})
"""Providers that count as the vocabulary of a model says."""
_OWN_MARGIN: Final = 1.1
_JUDGED_MARGIN: Final = 2.0
"""A token of an answer holds no more than two short words, of which the judge's prompt is taken to be made."""
_MESSAGE_TOKENS: Final = 8
_TEMPLATE_TOKENS: Final = 100
"""A chat template may add a system message of its own (SmolLM2's has 20 tokens, gpt-oss's about 70)."""


def price_of(target: Target) -> Price:
    """Price of a target, long-context steps included; InputError when it is unknown."""
    if target.price is not None:
        return target.price
    if target.input_usd_per_mtok is None or target.output_usd_per_mtok is None:
        raise unknown_price(target.name)
    return Price(target.input_usd_per_mtok, target.output_usd_per_mtok, target.cached_input_usd_per_mtok)


def unknown_price(name: str) -> InputError:
    """The cap needs a price for every model."""
    allowed = "--price IN:OUT, USD per million tokens (0:0 for a server of your own); the spending cap needs it"
    return InputError("--models", name, found="a price that is unknown", allowed=allowed)


def is_free(target: Target) -> bool:
    """Whether its requests cost nothing: they may be asked again."""
    more = target.price is not None and (target.price.request_usd > 0.0 or bool(target.price.steps))
    return target.input_usd_per_mtok == 0 and target.output_usd_per_mtok == 0 and not more


def count_messages(messages: Sequence[Message], vocabulary: Vocabulary = REFERENCE) -> int:
    """Tokens of all messages by a vocabulary, without what a chat template adds."""
    return sum(count_tokens([message.content for message in messages], vocabulary))


def most_prompt_tokens(messages: Sequence[Message], counted: int, target: Target) -> int:
    """More tokens than any provider will bill for the prompt.

    By the model's own vocabulary where that is at hand. Otherwise a token is at least one byte of UTF-8: true of every
    vocabulary that splits text into bytes or whole characters, in any script; `counted` is by o200k_base.
    """
    extra = _MESSAGE_TOKENS * len(messages) + _TEMPLATE_TOKENS
    vocabulary = _vocabulary_of(target)
    if vocabulary is None:
        return sum(len(message.content.encode(errors="surrogatepass")) for message in messages) + extra
    own = counted if vocabulary == REFERENCE else count_messages(messages, vocabulary)
    return int(_OWN_MARGIN * own) + extra


def expected_prompt_tokens(messages: Sequence[Message], counted: int, target: Target) -> float:
    """Tokens that the prompt most likely has by the model's own tokenizer; `counted` is by o200k_base."""
    vocabulary = _vocabulary_of(target)
    if vocabulary is not None:
        return float(counted if vocabulary == REFERENCE else count_messages(messages, vocabulary))
    likely = counted * tokenizer_of(target.catalog_model).ratio
    return min(likely, float(most_prompt_tokens(messages, counted, target)))


def _vocabulary_of(target: Target) -> Vocabulary | None:
    """The vocabulary by which the provider surely counts; None where that is not known."""
    return tokenizer_of(target.catalog_model).vocabulary if target.provider in _COUNTED_HERE else None


def most_answer_tokens(target: Target, max_output_tokens: int) -> int:
    """How many words that a judge reads an answer may have that is as long as its own tokenizer lets it be."""
    return max_output_tokens if _vocabulary_of(target) is not None else int(_JUDGED_MARGIN * max_output_tokens)


def worst_usd(target: Target, prompt_tokens: int, max_output_tokens: int) -> float:
    """The most that a request may cost: an answer as long as it may be, on the dearest price step it may reach.

    The whole request is billed at the step that its prompt passes, so each level is charged at the longest prompt that
    stays on it; where the cached or the reasoning rate is the dearer one, all tokens are taken to be of that kind.
    """
    price = price_of(target)
    longest = [prompt_tokens, *(step.above_input_tokens for step in price.steps)]
    uses = [
        TokenUse(
            prompt,
            max_output_tokens - reasoning,
            cached_input_tokens=cached * prompt,
            reasoning_tokens=reasoning,
        )
        for prompt in longest
        if prompt <= prompt_tokens
        for cached in (0.0, 1.0)
        for reasoning in {0, max_output_tokens if price.reasoning_usd_per_mtok or price.steps else 0}
    ]
    return max(float(charge_usd(use, price)) for use in uses)


def answer_usd(target: Target, answer: Answer) -> float | None:
    """What an answer cost; None when the server did not say how many tokens it took and they are paid for."""
    if not answer.usage_stated and not is_free(target):
        return None
    reasoning = min(answer.reasoning_tokens, answer.completion_tokens)
    use = TokenUse(
        answer.prompt_tokens,
        answer.completion_tokens - reasoning,
        cached_input_tokens=min(answer.cached_tokens, answer.prompt_tokens),
        reasoning_tokens=reasoning,
    )
    return float(charge_usd(use, price_of(target)))
