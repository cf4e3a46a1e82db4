"""What this service hears of subscriptions: services that went off and on, to tell of."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_contracts.events import Event
from saldo_messaging import Translator

from saldo_notifications.entrypoints.telling import telling

LISTENS: Mapping[type[Event], Translator] = telling("subscriptions")
