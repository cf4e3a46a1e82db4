"""Whether the books are right, over HTTP: for agents, since it speaks of all accounts at once."""

from __future__ import annotations

from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, Problem, SecuredRouter
from saldo_work import ActorKind

from saldo_invoicing.application.read_books import Books
from saldo_invoicing.entrypoints.http.shapes import Answer


class InvariantAnswer(Answer):
    """Something that must always hold, and how often it does not."""

    name: str
    statement: str
    violations: int


class InvariantsAnswer(Answer):
    """All of them; `violations` is their sum and must be 0."""

    violations: int
    items: tuple[InvariantAnswer, ...]


def invariant_routes(books: Books) -> SecuredRouter:
    """The route of the invariants."""
    router = SecuredRouter(prefix="/v1", tags=["invariants"])

    @router.get("/invariants", permission=Permission.BILLING_INFORMATION_VIEW)
    async def read_invariants(actor: CurrentActor) -> InvariantsAnswer:
        if actor.kind is ActorKind.CUSTOMER:
            raise Problem(403, "agents-only", "This is for agents and services.")
        items = tuple(
            InvariantAnswer(name=view.name, statement=view.statement, violations=view.violations)
            for view in await books.invariants()
        )
        return InvariantsAnswer(violations=sum(item.violations for item in items), items=items)

    return router
