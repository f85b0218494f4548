"""Words by which vendors of OpenAI's wire say more than their statuses do.

Each vendor has its own for a prompt that is too long, one that a filter stopped, a model that there is none of, an
account that is empty. Sources, beside the vendors' own pages, 2026-11: https://docs.z.ai/api-reference/api-code;
UKGovernmentBEIS/inspect_ai#2267 (xAI: "Content violates usage guidelines" is a 403, as a refused key is);
microsoft/copilot-intellij-feedback#94; marimo-team/marimo#8565 (GitHub); google-gemini/gemini-cli#4231;
OpenBMB/MiniCPM-V#1048 (vLLM); huggingface/chat-ui#340 and meta-llama/llama#1103 (text-generation-inference);
tmc/langchaingo#1233 (Mistral); deepwn/addi#13 (DeepSeek); MuiseDestiny/zotero-gpt#483 (OpenRouter);
BerriAI/litellm#908 (Perplexity); what too long a prompt is to each host: badlogic/pi-mono, packages/ai/src/utils.
"""

from translators.facts import FailureKind
from translators.providers.refusals import Refusals, Words

_SPENT = Words(
    # Not "billing" or "quota" alone: texts of ordinary rate limits name the page where one may pay for more.
    FailureKind.EXHAUSTED,
    frozenset({400, 401, 403, 429}),
    (
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "enforced_spend_limit_reached",
        "insufficient balance",
        "insufficient credit",
        "not enough credit",
        "requires more credits",
        "any credits",
        "out of credits",
        "available credits",
        "included credits",
        "credit balance",
        "spending limit",
        "spend limit",
        "in arrears",  # Z.ai, 1113
    ),
)
_WORDS = (
    Words(
        FailureKind.CONTENT_FILTER,
        frozenset({400, 403, 422}),
        (
            "content_filter",
            "content_policy",
            "responsibleaipolicyviolation",
            "content management policy",
            "content policy",
            "content exists risk",
            "requires moderation",
            "flagged",
            "violates usage guidelines",  # xAI, under a 403
            "unsafe or sensitive content",  # Z.ai, 1301
            "sensitive words",
        ),
    ),
    Words(
        FailureKind.CONTEXT_LENGTH,
        frozenset({400, 413, 422}),
        (
            "context_length_exceeded",
            "exceed_context_size",
            "context length",
            "context window",
            "context size",
            "prompt is too long",
            "input is too long",
            "maximum prompt length",
            "too many tokens",
            "reduce the length",
            "request too large for model",
            "prompt token count of",  # Copilot
            "tokens_limit_reached",  # GitHub
            "maximum number of tokens allowed",  # Google
            "maximum model length",  # vLLM
            "prompt too long; exceeded",  # Ollama
            "prompt exceeds max length",  # Z.ai, 1261
            "exceeded model token limit",  # Kimi's models, wherever they are served
            "maximum allowed input length",  # OpenRouter's smaller hosts
            "`inputs` tokens + `max_new_tokens`",  # Hugging Face's text-generation-inference, as the next one
            "`inputs` must have less than",
        ),
    ),
    Words(
        FailureKind.NOT_FOUND,
        frozenset({400, 403, 422}),
        (
            "model_not_found",
            "model_decommissioned",
            "invalid_model",  # Mistral, Perplexity
            "unknown_model",  # GitHub
            "model not exist",  # DeepSeek
            "is not a valid model id",  # OpenRouter
            "unknown model",  # Z.ai, 1211
            "model does not exist",  # the same, in its documentation
        ),
    ),
    Words(
        FailureKind.AUTH,
        frozenset({400}),
        ("invalid_api_key", "incorrect api key", "invalid api key", "api key not valid", "api key expired"),
    ),
)
REFUSALS = Refusals((_SPENT, *_WORDS))
LIMITS = Refusals(_WORDS)
"""Where an answer says when to come back: that is a limit, and not an empty account, whatever it is called."""
