"""Which action leads an alert from which state to which. One table; what is not in it is refused."""

from __future__ import annotations

ALERT = {
    ("open", "acknowledge"): "acknowledged",
    ("acknowledged", "reopen"): "open",
    ("open", "resolve"): "resolved",
    ("acknowledged", "resolve"): "resolved",
}


class NotAllowed(Exception):
    """An action that the present state does not allow."""

    def __init__(self, state: str, action: str) -> None:
        super().__init__(f"An alert that is {state} cannot {action}")
        self.state = state
        self.action = action


def alert_after(state: str, action: str) -> str:
    """The state after an action. Raises ``NotAllowed``."""
    try:
        return ALERT[state, action]
    except KeyError:
        raise NotAllowed(state, action) from None
