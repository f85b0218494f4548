"""What holds while the shared store cannot be asked (H7): each policy says so, and nobody overspends by surprise."""

from proxy.state.outage.exposure import Exposure, worst_case
from proxy.state.outage.guard import OutageGuard

__all__ = ["Exposure", "OutageGuard", "worst_case"]
