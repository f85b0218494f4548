"""OpenAI's own models: at OpenAI, at Azure, and at GitHub's two doors to them."""

from translators.providers.vendors.vendor import NOT_IN_TURNS, OPENAI_ALONE, Vendor

_THOUGHT = NOT_IN_TURNS | {"reasoning_opaque"}
_HIDDEN = frozenset({"logit_bias", "logprobs", "top_logprobs", "n", "user", "metadata", "service_tier", "prediction"})

OPENAI = Vendor(
    "openai",
    "https://api.openai.com/v1",
    "OPENAI_API_KEY",
    "https://platform.openai.com/docs/api-reference/chat/create",
    thinkers=True,
    developer_role=True,
)

AZURE = Vendor(
    "azure",
    None,
    "AZURE_OPENAI_API_KEY",
    "https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle and …/openai/latest (v1)",
    base_tails=("/openai/v1", "/openai"),  # the two SDKs differ in what they call the base URL
    path="/openai/v1/chat/completions",
    dated_path="/openai/deployments/{model}/chat/completions?api-version={version}",
    thinkers=True,  # a deployment may have any name, and mostly has its model's
    developer_role=True,
    lacks=frozenset({"web_search_options"}),  # …/how-to/web-search: through the Responses API alone
    # Changes between versions, as the page of the life cycle lists them; the last dated one is 2025-04-01-preview.
    since={
        "response_format.json_schema": "2024-08-01",
        "tools[].function.strict": "2024-08-01",
        "max_completion_tokens": "2024-09-01",
        "parallel_tool_calls": "2024-09-01",
        "store": "2024-10-01",
        "metadata": "2024-10-01",
        "reasoning_effort": "2024-12-01",
        "prediction": "2025-01-01",
        "modalities": "2025-01-01",
        "audio": "2025-01-01",
        "messages[].content[].input_audio": "2025-01-01",
        "verbosity": "v1",
        "safety_identifier": "v1",
        "prompt_cache_key": "v1",
        "prompt_cache_retention": "v1",
        "tools[].custom": "v1",
        "tool_choice.custom": "v1",
        "tool_choice.allowed_tools": "v1",
    },
    before={"max_completion_tokens": "max_tokens"},
)

GITHUB = Vendor(
    "github",
    "https://models.github.ai/inference",
    "GITHUB_TOKEN",
    "https://docs.github.com/en/rest/models/inference",
    thinkers=True,
    developer_role=True,
    headers={"x-github-api-version": "2022-11-28"},
    # The page's list of body parameters; max_completion_tokens and reasoning_effort go to the models behind, whose
    # newer ones take no max_tokens.
    lacks=OPENAI_ALONE - {"modalities", "audio", "messages[].content[].input_audio"}
    | _HIDDEN
    | {"parallel_tool_calls", "prompt_cache_key"},
)

COPILOT = Vendor(
    "copilot",
    "https://api.githubcopilot.com",
    "GITHUB_COPILOT_TOKEN",
    "https://docs.docker.com/ai/docker-agent/providers/github-copilot and "
    "https://github.com/nilcaream/bobai/blob/main/docs/copilot-api-integration.md (no official page)",
    developer_role=True,
    headers={"copilot-integration-id": "vscode-chat", "editor-version": "vscode/1.107.0"},
    image_headers={"copilot-vision-request": "true"},
    message_drops=_THOUGHT,
)

ROWS = (OPENAI, AZURE, GITHUB, COPILOT)
