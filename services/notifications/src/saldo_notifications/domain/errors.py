"""What can be wrong with a request to tell somebody something."""

from __future__ import annotations


class NotificationsError(Exception):
    """Base of every rule of this service that says no."""


class IllegalTransition(NotificationsError):
    """The notice stands in a state from which this step does not lead."""

    def __init__(self, notice_id: str, state: str, step: str) -> None:
        super().__init__(f"a notice that is {state} cannot be {step}")
        self.facts = {"notice_id": notice_id, "state": state, "step": step}


class ClaimLost(NotificationsError):
    """A delivery that took longer than its lease brings its answer after somebody else took the notice up."""

    def __init__(self, notice_id: str, *, claim: int, claim_now: int) -> None:
        super().__init__("the notice was taken up by somebody else in the meantime")
        self.facts = {"notice_id": notice_id, "claim": claim, "claim_now": claim_now}


class RecipientErased(NotificationsError):
    """The recipient asked to be forgotten, so nothing can be sent again."""

    def __init__(self, contact_id: str) -> None:
        super().__init__("the recipient of the notice was erased")
        self.facts = {"contact_id": contact_id}


class NotDueYet(NotificationsError):
    """Somebody else was faster, or the notice was given a later time since it was found."""

    def __init__(self, notice_id: str) -> None:
        super().__init__("the notice is not to be sent now")
        self.facts = {"notice_id": notice_id}
