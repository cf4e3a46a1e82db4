"""The rules of the house that import contracts cannot express: one function each, violations as sentences."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.architecture.tree import SourceFile, all_files, python_files, services, sources

Rule = Callable[[Path], Iterator[str]]

BROKER_CLIENTS = frozenset({"aiokafka", "faststream", "confluent_kafka", "kafka"})
BROKER_ROOMS = frozenset({"saldo_messaging", "saldo_testkit", "saldo_local"})

SQL_CLIENTS = frozenset({"sqlalchemy", "asyncpg", "alembic", "psycopg"})
SQL_ROOMS = frozenset({"adapters", "migrations"})
SQL_PACKAGES = frozenset({"saldo_messaging", "saldo_testkit", "saldo_local"})  # the core, and what starts servers
OWN_DATABASE = "saldo_telemetry.receiver."  # a developer's trace viewer on one SQLite file, no table of ours
SQL_WORDS = r"SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s"
# "Select a plan from the list" is a text for people.
SQL_TEXT = re.compile(rf"^\s*({SQL_WORDS}|{SQL_WORDS.lower()})", re.DOTALL)

CLOCK_MODULES = frozenset({"clock", "clocks", "machine_clock"})
CLOCK_READS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
)
# Machine time, argued one by one; `time.monotonic` is free for all, it cannot be mistaken for a date.
MACHINE_TIME = {
    "saldo_messaging.freshness": "how old a record is that is being read, by the time its broker gave it",
    "saldo_telemetry.tracing": "whether a stored trace is still young enough to be continued",
    "saldo_telemetry.receiver.store": "the age at which a kept trace is forgotten",
    "saldo_web.signing": "a token's times of issue and expiry",
    "saldo_local.tokens": "a token's expiry",
    "saldo_testkit.tokens": "a token's expiry",
    "saldo_testkit.teller": "the recorded time of what another service tells",
    "saldo_local.processor.webhooks": "the time in a signature, which its receiver holds against a tolerance",
    "saldo_local.mail_sink.store": "when a mail came in, shown to people",
    "saldo_local.run_directory": "the age of a file another process left",
}

FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "common", "commons", "helpers", "helper", "base", "misc", "shared", "platform", "manager"}
)

EVIDENCE_CALLS = frozenset({"saw_event", "saw_request"})
EVIDENCE_GIVERS = ("shared/testkit/src/saldo_testkit/", "shared/testkit/tests/")

ROOMS = frozenset({"__init__", "__main__", "bootstrap", "settings", "entrypoints", "adapters", "application", "domain"})
ROOMS_WITH_MIGRATIONS = ROOMS | {"migrations"}

# A module that belongs to what is declared: its name is part of the declared package's own interface.
PART_OF = {"pydantic_core": "pydantic", "starlette": "fastapi", "cryptography": "pyjwt", "markupsafe": "jinja2"}

OURS_IN_DOMAIN = frozenset({"saldo_money"})
OURS_IN_APPLICATION = frozenset({"saldo_money", "saldo_contracts", "saldo_work"})

# Written in halves, so that this file does not break its own rule.
REGISTRY_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "golang" + ".org", "maven" + ".org")
MACHINE_PATH = re.compile(r"(?<![\w.$}\-])/(?:work|root|home|Users|opt/wheels)" + "/")


def only_messaging_touches_the_broker(root: Path) -> Iterator[str]:
    """Subscribing and publishing have one place; test kit and embedded stack stand at the broker's other side."""
    for source in sources(root):
        if source.package not in BROKER_ROOMS:
            yield from _imported(source, BROKER_CLIENTS, "only saldo_messaging talks to a broker")


def only_adapters_write_sql(root: Path) -> Iterator[str]:
    """A use case or an entrypoint that holds SQL has a second truth about the tables."""
    for source in sources(root):
        if source.package in SQL_PACKAGES or source.room in SQL_ROOMS or source.module.startswith(OWN_DATABASE):
            continue
        yield from _imported(source, SQL_CLIENTS, "only adapters and migrations know the database")
        for line, text in source.texts():
            if SQL_TEXT.match(text):
                yield f"{source.module}:{line}: SQL outside adapters and migrations"


def only_clocks_read_the_time(root: Path) -> Iterator[str]:
    """Business time comes through the Clock port, or no test could move it."""
    for source in sources(root):
        if source.module.rpartition(".")[2] in CLOCK_MODULES or source.module in MACHINE_TIME:
            continue
        for line, call in _clock_reads(source):
            yield f"{source.module}:{line}: reads a clock by {call}; ask the Clock, or name the module in MACHINE_TIME"


def machine_time_is_named_only_where_it_is_read(root: Path) -> Iterator[str]:
    """A name on the list that no longer reads a clock would let it come back unseen."""
    reading = {source.module for source in sources(root) if any(_clock_reads(source))}
    for module in sorted(set(MACHINE_TIME) - reading):
        yield f"{module}: named in MACHINE_TIME and reads no clock"


def no_module_is_a_drawer(root: Path) -> Iterator[str]:
    """A name that means anything collects everything."""
    for source in python_files(root):
        for part in source.path.relative_to(root).with_suffix("").parts[1:]:
            if part in FORBIDDEN_NAMES:
                yield f"{source.module}: {part} is no noun of the business"


def no_file_names_a_registry_or_a_machine(root: Path) -> Iterator[str]:
    """Addresses and paths of one machine make the checkout useless on the next."""
    for path in all_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if any(host in line for host in REGISTRY_HOSTS) or MACHINE_PATH.search(line):
                yield f"{path.relative_to(root)}:{number}: names a registry host or a machine's path"


def the_imitated_broker_stays_in_unit_tests(root: Path) -> Iterator[str]:
    """FastStream's broker in memory keeps no offsets and loses nothing: what it shows says nothing about Kafka."""
    name = "Test" + "KafkaBroker"
    for source in python_files(root):
        if "unit" in source.path.parts:
            continue
        for node in ast.walk(source.tree):
            match node:
                case ast.Name(id=used) | ast.Attribute(attr=used) | ast.alias(name=used) if used == name:
                    yield f"{source.module}:{node.lineno}: {name} outside unit tests"


def every_service_has_the_same_rooms(root: Path) -> Iterator[str]:
    """Who has walked one service has walked all; one that can be started (`__main__`) has every room."""
    for service in services(root):
        found = {path.stem for path in service.iterdir() if path.suffix == ".py" or _is_room(path)}
        for stranger in sorted(found - ROOMS_WITH_MIGRATIONS):
            yield f"{service.name}: {stranger} is not a room"
        if "__main__" in found:
            for missing in sorted(ROOMS_WITH_MIGRATIONS - found):
                yield f"{service.name}: has no {missing}"


def every_module_opens_with_a_sentence(root: Path) -> Iterator[str]:
    """Business words first; only an empty `__init__` needs none."""
    for source in sources(root):
        if source.tree.body and not ast.get_docstring(source.tree):
            yield f"{source.module}: does not say what it is"


def the_domain_stands_on_the_standard_library_and_money(root: Path) -> Iterator[str]:
    """The whole list, where the import contract can only name packages that are known to tempt."""
    yield from _allowed_in_room(root, "domain", ours=OURS_IN_DOMAIN, own_rooms=frozenset({"domain"}))


def the_application_stands_on_domain_contracts_money_and_work(root: Path) -> Iterator[str]:
    """Nothing else, the standard library aside."""
    yield from _allowed_in_room(
        root, "application", ours=OURS_IN_APPLICATION, own_rooms=frozenset({"application", "domain"})
    )


def a_package_declares_what_it_imports(root: Path) -> Iterator[str]:
    """Each package is deployed alone: what only a neighbour in the workspace declares is missing there."""
    for source in sources(root):
        declared = _declared(source)
        for line, name in source.imports():
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and declared.isdisjoint(_distributions(top)):
                yield f"{source.module}:{line}: imports {name}, which its pyproject.toml does not name"


def only_the_test_kit_gives_evidence(root: Path) -> Iterator[str]:
    """A test that tells the recorder what it saw would prove its requirement by its own word."""
    for source in python_files(root):
        if source.path.relative_to(root).as_posix().startswith(EVIDENCE_GIVERS):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr in EVIDENCE_CALLS:
                yield f"{source.module}:{node.lineno}: calls {node.attr}"


RULES: tuple[Rule, ...] = (
    only_messaging_touches_the_broker,
    only_adapters_write_sql,
    only_clocks_read_the_time,
    machine_time_is_named_only_where_it_is_read,
    no_module_is_a_drawer,
    no_file_names_a_registry_or_a_machine,
    the_imitated_broker_stays_in_unit_tests,
    every_service_has_the_same_rooms,
    every_module_opens_with_a_sentence,
    the_domain_stands_on_the_standard_library_and_money,
    the_application_stands_on_domain_contracts_money_and_work,
    a_package_declares_what_it_imports,
    only_the_test_kit_gives_evidence,
)


def _imported(source: SourceFile, forbidden: frozenset[str], why: str) -> Iterator[str]:
    for line, name in source.imports():
        if name.split(".")[0] in forbidden:
            yield f"{source.module}:{line}: imports {name}; {why}"


def _clock_reads(source: SourceFile) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if f"{owner}.{node.attr}" in CLOCK_READS:
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from ((node.lineno, "time.time") for alias in node.names if alias.name in {"time", "time_ns"})


def _allowed_in_room(root: Path, room: str, *, ours: frozenset[str], own_rooms: frozenset[str]) -> Iterator[str]:
    packages = {service.name for service in services(root)}
    for source in sources(root):
        if source.package not in packages or source.room != room:
            continue
        for line, name in source.imports():
            top, _, rest = name.partition(".")
            own = top == source.package and rest.split(".")[0] in own_rooms
            if not own and top not in ours and top not in sys.stdlib_module_names:
                yield f"{source.module}:{line}: {room} imports {name}"


def _declared(source: SourceFile) -> frozenset[str]:
    member = next(folder for folder in source.path.parents if (folder / "pyproject.toml").exists())
    project = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(dependency for extra in extras for dependency in extra)]
    named = [re.split(r"[^\w.-]", dependency)[0] for dependency in wanted]
    return frozenset(_normalised(name) for name in [project["name"], *named])


@cache
def _distributions(module: str) -> frozenset[str]:
    """The distributions that bring a module; PEP 503 spelling."""
    wholes = [PART_OF[module]] if module in PART_OF else []
    return frozenset(_normalised(name) for name in [*_installed().get(module, []), module, *wholes])


@cache
def _installed() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_room(path: Path) -> bool:
    """A folder without Python is package data (rate tables, templates), not a room."""
    return path.is_dir() and any(path.rglob("*.py"))
