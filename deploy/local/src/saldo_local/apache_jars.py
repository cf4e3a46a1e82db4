"""Apache Kafka's jars: copied once by Maven, with the machine's own settings, and found again by every start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from saldo_local.children import ChildFailed

JARS_VARIABLE = "SALDO_KAFKA_JARS"
CHECKOUT = Path(__file__).resolve().parents[4]
POM = CHECKOUT / "deploy" / "local" / "kafka" / "pom.xml"
JARS = CHECKOUT / ".tools" / "kafka"
JAVA_MIN = 17  # what a broker of Apache Kafka 4 asks for
ANSWER_SECONDS_MAX = 60
FETCH_SECONDS_MAX = 900  # 45 MB and Maven's own plugins through a slow line
LINES_QUOTED = 15


def java() -> str:
    """A Java that runs Apache Kafka. Raises ChildFailed."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    if found is None:
        raise ChildFailed(f"Apache Kafka needs Java {JAVA_MIN} or later, and there is no `java` here.")
    said = _said([found, "-version"])
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < JAVA_MIN:
        raise ChildFailed(f"Apache Kafka needs Java {JAVA_MIN} or later; {found} says: {said.strip()}")
    return found


def jars() -> Path:
    """The folder of the jars. Raises ChildFailed where `make kafka` was not run, or not since the pom changed."""
    named = os.environ.get(JARS_VARIABLE)
    folder = Path(named) if named else JARS
    if not any(folder.glob("kafka_2.13-*.jar")):
        raise ChildFailed(f"Apache Kafka's jars are not in {folder}: run `make kafka`.")
    if not named and not _is_fresh():
        raise ChildFailed("Apache Kafka's jars are of another version than the pom asks for: run `make kafka`.")
    return folder


def fetch() -> int:
    """What `make kafka` does; ends at once when the jars of this pom are there."""
    try:
        version = _said([java(), "-version"]).splitlines()[0]
        if _is_fresh():
            print(f"kafka: the jars are in {JARS} already ({version})")
            return 0
        print(f"kafka: copying the jars with Maven into {JARS} (once; about 45 MB)", flush=True)
        _copy()
    except ChildFailed as failure:
        print(f"kafka: {failure}", file=sys.stderr)
        return 1
    print(f"kafka: done; SALDO_KAFKA=apache or apache-3 uses them ({version})")
    return 0


def _copy() -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ChildFailed("Apache Kafka's jars come through Maven, and there is no `mvn` here.")
    newborn = JARS.with_name("kafka.new")
    shutil.rmtree(newborn, ignore_errors=True)
    command = [maven, "--batch-mode", "--quiet", "--no-transfer-progress", "--file", str(POM), f"-Djars={newborn}"]
    done = subprocess.run(  # noqa: S603  the command is ours
        command, check=False, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX
    )
    if done.returncode != 0:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LINES_QUOTED:])
        raise ChildFailed(f"Maven could not copy Apache Kafka's jars. It said:\n{words}")
    shutil.copyfile(POM, newborn / POM.name)
    shutil.rmtree(JARS, ignore_errors=True)
    newborn.rename(JARS)


def _is_fresh() -> bool:
    """The pom that they were copied by lies beside them."""
    copy = JARS / POM.name
    return copy.is_file() and POM.is_file() and copy.read_bytes() == POM.read_bytes()


def _said(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603  the command is ours
        command, check=False, capture_output=True, text=True, timeout=ANSWER_SECONDS_MAX
    )
    return done.stdout + done.stderr
