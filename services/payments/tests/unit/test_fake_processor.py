"""The fake keeps the promise that the real adapter keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.payments.tests.fake_processor import FakeProcessor
from services.payments.tests.processor_promise import CardProcessorPromise


class FakeRig:
    def __init__(self) -> None:
        self.processor = FakeProcessor()

    @asynccontextmanager
    async def silent(self, *, before_charging: bool) -> AsyncIterator[None]:
        with self.processor.silent(before_charging=before_charging):
            yield

    async def captured(self, attempt_id: str) -> int:
        return self.processor.captured[attempt_id]

    async def authenticate(self, attempt_id: str, url: str, *, approve: bool) -> None:
        self.processor.authenticate(attempt_id, approve=approve)


class TestFakeProcessor(CardProcessorPromise):
    @pytest.fixture
    def rig(self) -> FakeRig:
        return FakeRig()
