"""The closed list of permissions, word for word."""

import re
from typing import get_args

from saldo_contracts.permissions import AGENT_PERMISSIONS, MEMBER_PERMISSIONS, Permission
from saldo_contracts.wire import PermissionCode


def test_the_list_is_that_of_the_architecture() -> None:
    areas = ("billing_information", "payment_methods", "subscriptions", "tax_exemption", "quotes")
    members = {f"{area}:{right}" for area in areas for right in ("view", "manage")} | {
        "licences:manage",
        "users:manage",
    }
    agents = {
        "refunds:issue",
        "offline_payments:record",
        "methods:validate",
        "exemptions:decide",
        "service:override",
    }
    assert {str(permission) for permission in Permission} == members | agents
    assert {str(permission) for permission in MEMBER_PERMISSIONS} == members
    assert {str(permission) for permission in AGENT_PERMISSIONS} == agents


def test_every_permission_may_stand_in_an_event() -> None:
    pattern = get_args(PermissionCode)[1].metadata[0].pattern
    assert all(re.match(pattern, permission) for permission in Permission)
