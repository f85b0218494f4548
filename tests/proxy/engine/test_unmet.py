"""What a client reads when no target can do what it asks for."""

from proxy.engine.unmet import cannot
from translators.facts import FailureKind


def test_it_names_parameters_and_targets() -> None:
    """And a parameter that is at fault everywhere."""
    failure = cannot({"a/m": ("n", "logprobs"), "b/m": ("logprobs", "n")})

    assert failure.message == "No target can honour logprobs, n: tried a/m, b/m."
    assert (failure.kind, failure.code, failure.param) == (FailureKind.BAD_REQUEST, "unsupported_parameter", "logprobs")


def test_it_says_who_lacks_what_where_they_differ() -> None:
    """Leaving out ``logprobs`` would not help; leaving out ``n`` would, at one of them."""
    failure = cannot({"a/m": ("n", "logprobs"), "b/m": ("n",)})

    assert failure.message == "No target can honour logprobs, n: tried a/m (logprobs, n), b/m (n)."
    assert failure.param == "n"


def test_where_nothing_is_lacking_everywhere_one_of_it_is_named() -> None:
    """Each target has a reason of its own."""
    assert cannot({"a/m": ("stop",), "b/m": ("n",)}).param == "n"


def test_names_that_no_client_wrote_are_explained() -> None:
    """LangChain sends tokens unless it is told not to; an application's author has to understand that."""
    message = cannot({"a/m": ("input.tokens",)}).message

    assert message == "No target can honour input.tokens (numbers of tokens in place of texts): tried a/m."
