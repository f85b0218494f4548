"""Why a connection is refused before there is a request: the cases, with status and code (RELIABILITY D1, D2, F17)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is closed."""

    status: int
    code: str
    message: str


class Refused(Exception):
    """Raised in a callback of the parser, which then stops and reports an error of its own."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def bad(message: str) -> Refusal:
    """Something that no two parsers may be trusted to read the same way (D1)."""
    return Refusal(400, "bad_http_request", message)


INVALID = bad("This is not a valid HTTP/1.1 request.")
HEAD_TOO_LARGE = Refusal(431, "headers_too_large", "The request's headers are too large or too many.")
URL_TOO_LONG = Refusal(414, "url_too_long", "The request's URL is too long.")
LATE_HEAD = Refusal(408, "request_timeout", "The request's headers did not arrive in time.")
LATE_BODY = Refusal(408, "request_timeout", "The request's body arrives too slowly.")
