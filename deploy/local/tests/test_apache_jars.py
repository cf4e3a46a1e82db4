"""Where Apache Kafka cannot run, one sentence says what is missing; nothing is skipped and nothing pretends."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from saldo_local import apache_jars
from saldo_local.addresses import Part
from saldo_local.children import ChildFailed
from saldo_local.kafka_choice import APACHE, APACHE_CLUSTER, EMBEDDED, KafkaChoice, UnknownKafka
from saldo_local.stack import Stack, StackFailed


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which a program is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv(apache_jars.JARS_VARIABLE, raising=False)
    return tmp_path


def put(folder: Path, name: str, says: str, *, code: int = 0) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("choice", [EMBEDDED, APACHE, APACHE_CLUSTER, KafkaChoice.of("a:1,b:2")])
def test_a_choice_is_named_by_a_word(choice: KafkaChoice) -> None:
    assert KafkaChoice.of(choice.word) == choice
    assert choice.stands_elsewhere is ("a:1" in choice.word)


@pytest.mark.parametrize("word", ["Apache", "apache-2", "host", "host:", "a:1,b"])
def test_a_word_that_names_no_kafka_is_refused(word: str) -> None:
    with pytest.raises(UnknownKafka, match="give `embedded`, `apache`, `apache-3`"):
        KafkaChoice.of(word)


def test_only_three_nodes_keep_three_copies() -> None:
    assert [one.replication_factor for one in (EMBEDDED, APACHE, APACHE_CLUSTER)] == [1, 1, 3]


def test_a_stack_without_java_says_so(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_KAFKA", "apache")
    with pytest.raises(StackFailed, match="needs Java 17 or later, and there is no `java` here"):
        Stack({Part.KAFKA}).start()


def test_an_old_java_is_refused(programs: Path) -> None:
    put(programs, "java", 'openjdk version "11.0.2"')
    with pytest.raises(ChildFailed, match=r"needs Java 17 or later; .* says: openjdk"):
        apache_jars.java()


def test_a_stack_without_the_jars_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apache_jars.JARS_VARIABLE, str(tmp_path))
    with pytest.raises(ChildFailed, match="run `make kafka`"):
        apache_jars.jars()


def test_jars_of_another_pom_are_refused(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apache_jars, "JARS", programs)
    (programs / "kafka_2.13-4.0.0.jar").touch()
    (programs / "pom.xml").write_text("<project/>")
    with pytest.raises(ChildFailed, match="another version than the pom asks for: run `make kafka`"):
        apache_jars.jars()


def test_no_maven_is_one_sentence(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apache_jars, "JARS", programs / "jars")
    put(programs, "java", 'openjdk version "21.0.1"')
    assert apache_jars.fetch() == 1
    assert capsys.readouterr().err == "kafka: Apache Kafka's jars come through Maven, and there is no `mvn` here.\n"


def test_mavens_own_words_are_quoted_and_nothing_is_left_half_done(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apache_jars, "JARS", programs / "jars")
    put(programs, "java", 'openjdk version "21.0.1"')
    put(programs, "mvn", "no route to host", code=1)
    assert apache_jars.fetch() == 1
    assert "It said:\nno route to host" in capsys.readouterr().err
    assert not (programs / "jars").exists()


def test_the_pom_names_no_address_of_a_repository() -> None:
    text = apache_jars.POM.read_text()
    assert "<repositories>" not in text and "<url>" not in text
    assert text.count("http") == 1, "the namespace of Maven's poms is the only one"
