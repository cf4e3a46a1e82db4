"""What messaging needs to know of a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BrokerProfile:
    """How to talk to one kind of broker; why each value is as it is stands in docs/decisions/0007."""

    session_timeout_ms: int
    heartbeat_interval_ms: int
    fetch_max_wait_ms: int
    idempotent_producer: bool
    static_members: bool  # a worker that comes back after a crash takes its old place, without a rebalance


PROFILES: dict[str, BrokerProfile] = {
    # its joins take half a session and a dead member two; it never answers a long poll early
    "embedded": BrokerProfile(
        session_timeout_ms=3_000,
        heartbeat_interval_ms=1_000,
        fetch_max_wait_ms=50,
        idempotent_producer=False,
        static_members=False,
    ),
    "apache": BrokerProfile(
        session_timeout_ms=30_000,
        heartbeat_interval_ms=3_000,
        fetch_max_wait_ms=500,
        idempotent_producer=True,
        static_members=True,
    ),
}


@dataclass(frozen=True, slots=True)
class MessagingSettings:
    """One process's view of its database, its broker and its place among the replicas."""

    dsn: str
    kafka_bootstrap: str
    kafka_profile: Literal["embedded", "apache"] = "apache"
    clock: Literal["system", "movable"] = "system"
    replica: str = "0"
    http_host: str = "127.0.0.1"
    api_port: int = 0
    worker_port: int = 0
    inbox_retention_days: int | None = None  # None: a cause is never forgotten
    replication_factor: int = 1

    @property
    def broker(self) -> BrokerProfile:
        """The profile's values."""
        return PROFILES[self.kafka_profile]
