"""A cluster whose nodes learn of a new topic one after another: what is only new is not called wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import pytest
from saldo_contracts.topics import PARTITIONS, topics_of
from saldo_messaging import topics
from saldo_messaging.topics import TopicsDiffer, TopicsMissing

NAMES = [topic.name for topic in topics_of("notifications")]
UNTOLD: dict[str, int] = {}
HALF_TOLD = {NAMES[0]: PARTITIONS, NAMES[1]: 0}
TOLD = dict.fromkeys(NAMES, PARTITIONS)


class Cluster:
    """Stands where aiokafka's administrator stands; each question meets the next of these nodes."""

    def __init__(self, *nodes: dict[str, int]) -> None:
        self._nodes = chain(nodes, repeat(nodes[-1]))
        self._node = nodes[0]
        self.asked = 0

    async def list_topics(self) -> list[str]:
        self._node = next(self._nodes)
        self.asked += 1
        return list(self._node)

    async def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [object()] * self._node.get(name, 0)} for name in names]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "TOLD_POLL_SECONDS", 0.0)


async def test_creation_waits_until_the_nodes_agree() -> None:
    cluster = Cluster(UNTOLD, TOLD, HALF_TOLD, TOLD)
    await topics._told_around(cluster, NAMES)
    assert cluster.asked == 3 + topics.AGREED_ANSWERS


async def test_a_topic_that_never_appears_is_missing() -> None:
    with pytest.raises(TopicsMissing, match=f"{NAMES[1]} is missing"):
        await topics._told_around(Cluster(HALF_TOLD), NAMES)


async def test_a_topic_of_other_partitions_is_no_matter_of_waiting() -> None:
    cluster = Cluster({NAMES[0]: 4})
    with pytest.raises(TopicsDiffer, match=f"{NAMES[1]} is missing; {NAMES[0]} has 4 partitions, the contracts say 24"):
        await topics._told_around(cluster, NAMES)
    assert cluster.asked == 1
