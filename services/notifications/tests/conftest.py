"""What the tests of this service share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from saldo_local.stack import Stack

from services.notifications.tests.mail_box import ARRIVAL_SECONDS, MailBox


@pytest.fixture
async def mail_box(mail_sink: Stack) -> AsyncIterator[MailBox]:
    """Without faults before and after."""
    async with httpx2.AsyncClient(base_url=mail_sink.mail_api_url, timeout=2 * ARRIVAL_SECONDS) as client:
        box = MailBox(client)
        await box.faults()
        yield box
        await box.faults()
