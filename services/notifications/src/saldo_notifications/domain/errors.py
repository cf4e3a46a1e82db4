"""What can be wrong with a request to tell somebody something."""

from __future__ import annotations


class NotificationsError(Exception):
    """Base of every rule of this service that says no; public attributes are the facts that travel to the caller."""


class IllegalTransition(NotificationsError):
    """The notice stands in a state from which this step does not lead."""

    def __init__(self, notice_id: str, state: str, step: str) -> None:
        super().__init__(f"a notice that is {state} cannot be {step}")
        self.notice_id, self.state, self.step = notice_id, str(state), step


class ClaimLost(NotificationsError):
    """A delivery that took longer than its lease brings its answer after somebody else took the notice up."""

    def __init__(self, notice_id: str, *, claim: int, claim_now: int) -> None:
        super().__init__("the notice was taken up by somebody else in the meantime")
        self.notice_id, self.claim, self.claim_now = notice_id, claim, claim_now


class RecipientErased(NotificationsError):
    """The recipient asked to be forgotten, so nothing can be sent again."""

    def __init__(self, contact_id: str | None) -> None:
        super().__init__("the recipient of the notice was erased")
        self.contact_id = contact_id


class NotDueYet(NotificationsError):
    """Somebody else was faster, or the notice was given a later time since it was found."""

    def __init__(self, notice_id: str) -> None:
        super().__init__("the notice is not to be sent now")
        self.notice_id = notice_id
