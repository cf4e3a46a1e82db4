"""The permission walk: every operation of every service is asked by everybody who must not get in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from saldo_contracts.permissions import Permission
from saldo_local.suite import SERVICES

from tests.contracts.house import House, unwired
from tests.contracts.operations import SANDBOX_PATHS, Operation, operations
from tests.contracts.world import OTHER_SELLER, SELLER, Resident, World, bodies

ROOT = Path(__file__).parents[2]

# Doors that stand open, all of them: a door that opens without being on this list fails the test.
HEALTH: Final = frozenset({"GET /health/live", "GET /health/ready"})
PUBLIC_DOORS: Final[Mapping[str, frozenset[str]]] = {
    "subscriptions": HEALTH,
    "invoicing": HEALTH,
    "payments": HEALTH | {"POST /v1/webhooks/stripe"},
    "notifications": HEALTH | {"GET /health/mail-server"},
}
UNDOCUMENTED: Final = frozenset({"/openapi.json"})  # the document does not describe itself

# Operations that name no resource of one account: what keeps another seller out there, or why nothing has to.
WITHOUT_RESOURCE: Final[Mapping[str, str]] = {
    "open_account": "the seller in the body must be one of the token's",
    "read_catalogue": "the seller in the query must be one of the token's",
    "read_invariants": "counts over all accounts, no data of any; customers are refused",
    "read_clock": "sandbox only",
    "move_clock": "sandbox only",
    "read_quiescence": "sandbox only",
}
QUERIES: Final[Mapping[str, Mapping[str, str]]] = {"read_catalogue": {"seller_id": SELLER}}

pytestmark = pytest.mark.timeout(300)  # the house is built in the first test's time, on a busy machine too

PROBLEM_MEMBERS: Final = frozenset({"type", "title", "status", "code", "detail"})

Faults: TypeAlias = list[str]


# -- the document ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def app(service: str) -> FastAPI:
    """As production wires it, without sandbox doors."""
    return unwired(service)[1]


def test_every_route_is_in_the_document(app: FastAPI) -> None:
    documented = {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}
    routed = {
        (method, str(getattr(route, "path_format", "")))
        for route in app.router.routes
        for method in getattr(route, "methods", None) or {"no method"}
    }
    assert {route for route in routed if route[1] not in UNDOCUMENTED} == documented


def test_every_operation_declares_who_may_use_it_and_only_listed_doors_are_open(service: str, app: FastAPI) -> None:
    found = list(operations(service, app.openapi()))
    known = {permission.value for permission in Permission} | {"public"}
    assert [str(operation) for operation in found if operation.permission not in known] == []
    open_doors = {f"{operation.method.upper()} {operation.path}" for operation in found if operation.is_public}
    assert open_doors == PUBLIC_DOORS[service]
    assert all(operation.about["x-saldo-public-because"] for operation in found if operation.is_public)
    assert all(operation.about["security"] for operation in found if not operation.is_public)


def test_the_committed_document_is_what_the_service_says(service: str, app: FastAPI) -> None:
    committed = ROOT / "services" / service / "openapi.json"
    assert committed.exists(), "run `python -m saldo_local openapi write`"
    assert json.loads(committed.read_text()) == json.loads(json.dumps(app.openapi()))


async def test_a_running_service_says_the_same_and_its_sandbox_doors(house: House, service: str, app: FastAPI) -> None:
    running = await house.document(service)
    assert set(running["paths"]) - set(app.openapi()["paths"]) == SANDBOX_PATHS
    own = {path: item for path, item in running["paths"].items() if path not in SANDBOX_PATHS}
    assert own == json.loads(json.dumps(app.openapi()["paths"]))


# -- the walk --------------------------------------------------------------------------------------------------------


class Walk:
    """Asks every guarded operation of one service in the name of somebody, and collects what went wrong."""

    def __init__(self, world: World, service: str, document: Mapping[str, Any]) -> None:
        self.world = world
        self.service = service
        self.guarded = [one for one in operations(service, document) if not one.is_public]

    async def ask(
        self, operation: Operation, token: str | None, values: Mapping[str, str], body: object | None = None
    ) -> httpx2.Response:
        """With a body that would be accepted."""
        wish = body if body is not None else bodies(self.world.resident).get(operation.name)
        if operation.takes_body:
            assert wish is not None, f"{operation}: no body is known for {operation.name} (world.bodies)"
        async with self.world.house.client(self.service, token) as client:
            return await client.request(
                operation.method.upper(),
                operation.url(values),
                params=QUERIES.get(operation.name, {}),
                json=wish if operation.takes_body else None,
                headers=operation.headers(),
            )

    def on_resources(self) -> Iterable[Operation]:
        """Those whose path names something of an account."""
        for operation in self.guarded:
            if operation.path_parameters:
                yield operation
            else:
                assert operation.name in WITHOUT_RESOURCE, f"{operation}: who keeps another seller out?"


@pytest.fixture(scope="module")
async def walk(world: World, service: str) -> Walk:
    return Walk(world, service, await world.house.document(service))


async def test_without_a_token_nobody_gets_in(walk: Walk) -> None:
    faults: Faults = []
    for operation in walk.guarded:
        answer = await walk.ask(operation, None, walk.world.resident.values)
        if (answer.status_code, code_of(answer)) != (401, "token-missing"):
            faults.append(f"{operation}: {answer.status_code} {answer.text}")
    assert faults == []


async def test_every_other_permission_together_is_not_the_one_that_is_missing(walk: Walk) -> None:
    faults: Faults = []
    for operation in walk.guarded:
        others = [permission for permission in Permission if permission.value != operation.permission]
        answer = await walk.ask(
            operation, walk.world.house.tokens.issue(permissions=others), walk.world.resident.values
        )
        named = answer.json().get("permission") if answer.status_code == httpx2.codes.FORBIDDEN else None
        if named != operation.permission:
            faults.append(f"{operation}: {answer.status_code} {answer.text}")
    assert faults == []


async def test_each_other_permission_alone_is_not_enough(walk: Walk) -> None:
    tokens = {one: walk.world.house.tokens.issue(permissions=[one]) for one in Permission}
    faults: Faults = []
    for operation in walk.guarded:
        for permission, token in tokens.items():
            if permission.value == operation.permission:
                continue
            answer = await walk.ask(operation, token, walk.world.resident.values)
            if answer.status_code != httpx2.codes.FORBIDDEN:
                faults.append(f"{operation} with {permission}: {answer.status_code} {answer.text}")
    assert faults == []


Stranger = Callable[[World], str]

STRANGERS: Final[Mapping[str, Stranger]] = {
    "another seller's agent": lambda world: world.house.tokens.issue(sellers=[OTHER_SELLER]),
    "another seller's agent who names the account": lambda world: world.house.tokens.issue(
        sellers=[OTHER_SELLER], accounts=[world.resident.account_id]
    ),
    "another account's customer": lambda world: customer(world, world.neighbour),
    "an agent of the seller for another account": lambda world: world.house.tokens.issue(
        sellers=[SELLER], accounts=[world.neighbour.account_id]
    ),
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_to_a_stranger_nothing_is_there_and_nothing_leaks(walk: Walk, stranger: str) -> None:
    """A read of what exists and of what does not is answered alike. A write to an account that nobody knows is told
    `not-yet-known` (its copy may be on the way), so only its silence about what exists can be asked for."""
    token = STRANGERS[stranger](walk.world)
    nothing = {name: str(uuid4()) for name in walk.world.resident.values}
    faults: Faults = []
    for operation in walk.on_resources():
        existing = await walk.ask(operation, token, walk.world.resident.values)
        if existing.status_code != httpx2.codes.NOT_FOUND:
            faults.append(f"{operation}: {existing.status_code} {existing.text}")
        elif operation.method == "get":
            absent = await walk.ask(operation, token, nothing)
            if shape_of(existing, walk.world.resident.values) != shape_of(absent, nothing):
                faults.append(f"{operation}: {existing.text} tells apart from {absent.text}")
        elif told_beyond(existing, operation, walk.world.resident):
            faults.append(f"{operation}: {existing.text} says more than that nothing is there")
    assert faults == []


async def test_a_neighbours_things_are_not_found_under_ones_own_account(walk: Walk) -> None:
    world = walk.world
    token = customer(world, world.neighbour)
    mixed = {**world.resident.values, "account_id": world.neighbour.account_id}
    faults: Faults = []
    for operation in walk.on_resources():
        if set(operation.path_parameters) - {"account_id"}:
            answer = await walk.ask(operation, token, mixed)
            if answer.status_code != httpx2.codes.NOT_FOUND:
                faults.append(f"{operation}: {answer.status_code} {answer.text}")
    assert faults == []


async def test_a_neighbours_things_in_a_body_are_not_found_either(world: World) -> None:
    walk = Walk(world, "payments", await world.house.document("payments"))
    (pay,) = [operation for operation in walk.guarded if operation.name == "make_one_time_payment"]
    wish = bodies(world.resident)["make_one_time_payment"]
    foreign = [
        {**wish, "payment_method_id": world.resident.values["method_id"]},
        {
            **wish,
            "payment_method_id": world.neighbour.values["method_id"],
            "invoice_id": world.resident.values["invoice_id"],
        },
    ]
    for body in foreign:
        answer = await walk.ask(pay, customer(world, world.neighbour), world.neighbour.values, body)
        assert answer.status_code in (404, 409), answer.text
        assert world.resident.account_id not in answer.text


async def test_where_no_resource_is_named_the_seller_decides(world: World) -> None:
    walks = {name: Walk(world, name, await world.house.document(name)) for name in SERVICES}
    by_name = {operation.name: (walk, operation) for walk in walks.values() for operation in walk.guarded}
    elsewhere = world.house.tokens.issue(sellers=[OTHER_SELLER])
    for name in ("open_account", "read_catalogue"):
        walk, operation = by_name[name]
        answer = await walk.ask(operation, elsewhere, {})
        assert answer.status_code == httpx2.codes.NOT_FOUND, f"{operation}: {answer.text}"
    walk, invariants = by_name["read_invariants"]
    answer = await walk.ask(invariants, customer(world, world.resident), {})
    assert answer.status_code == httpx2.codes.FORBIDDEN, answer.text


async def test_whoever_has_the_permission_and_reaches_the_account_gets_in(walk: Walk) -> None:
    """So that the walk before refused for the right reason; deletions last, since others need what they delete."""
    faults: Faults = []
    for operation in sorted(walk.guarded, key=lambda one: one.method == "delete"):
        token = walk.world.house.tokens.issue(permissions=[Permission(str(operation.permission))], sellers=[SELLER])
        answer = await walk.ask(operation, token, walk.world.resident.values)
        refused = answer.status_code >= httpx2.codes.BAD_REQUEST and code_of(answer) in (
            "token-missing",
            "token-invalid",
            "permission-missing",
            "not-found",
            "invalid-request",
            "internal-error",
        )
        if refused or (operation.method == "get" and answer.status_code != httpx2.codes.OK):
            faults.append(f"{operation}: {answer.status_code} {answer.text}")
    assert faults == []


def customer(world: World, resident: Resident) -> str:
    """A customer of this account who has every permission there is."""
    return world.house.tokens.issue(kind="customer", sellers=[resident.seller_id], accounts=[resident.account_id])


def told_beyond(answer: httpx2.Response, operation: Operation, resident: Resident) -> set[str]:
    """Members of a problem that say more than the path did."""
    sent = {resident.values[name] for name in operation.path_parameters}
    return {name for name, value in answer.json().items() if name not in PROBLEM_MEMBERS and value not in sent}


def code_of(answer: httpx2.Response) -> str:
    """The problem's code."""
    return str(answer.json().get("code"))


def shape_of(answer: httpx2.Response, values: Mapping[str, str]) -> tuple[int, str, tuple[str, ...]]:
    """All that a stranger sees, but for the ids that were sent in the path."""
    text = answer.text
    for name, value in values.items():
        text = text.replace(value, name)
    return answer.status_code, text, tuple(sorted(answer.headers))
