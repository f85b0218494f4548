"""Where a model is asked, on AI Studio and on Vertex.

Sources, 2026-11: https://ai.google.dev/api/generate-content#method:-models.generatecontent,
https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/projects.locations.publishers.models, and Google's SDK,
google/genai/_transformers.py, ``t_model``. On Vertex, version, project and region stand before it (``Api.path``).
"""

from urllib.parse import quote

from translators.base import Destination

VERSION = "v1beta"
"""Of AI Studio's API: what Google's SDK takes where nothing is said."""
_COLLECTIONS = ("models/", "tunedModels/")
_RESOURCES = ("publishers/", "endpoints/")


def google_path(target: Destination, method: str) -> tuple[str, str]:
    """The path on AI Studio, and the model's name in full. ``api_version`` of a target pins the API's."""
    name = target.model if target.model.startswith(_COLLECTIONS) else f"models/{target.model}"
    return f"/{target.api_version or VERSION}/{_quoted(name)}:{method}", name


def vertex_path(model: str, method: str, publisher: str = "google") -> str:
    """The path on Vertex. A name may say its publisher, or be an endpoint of one's own."""
    name = model if model.startswith(_RESOURCES) else f"publishers/{publisher}/models/{model}"
    return f"/{_quoted(name)}:{method}"


def _quoted(name: str) -> str:
    """A name may be a client's own: it must not lead to another method, nor to a query."""
    return quote(name, safe="/@")
