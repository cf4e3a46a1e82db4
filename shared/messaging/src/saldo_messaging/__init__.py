"""How words travel with exactly-once effects: outbox, inbox, relay, listener, runner, timers, dead letters."""

from saldo_messaging.backlog import ReadBacklog, Readings
from saldo_messaging.command_line import main
from saldo_messaging.database import Database
from saldo_messaging.loops import ClaimLoop, Step
from saldo_messaging.outgoing import Announce
from saldo_messaging.process_settings import ProcessSettings
from saldo_messaging.service import Runtime, Service, run_process
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.stored import Group, MappingRefused, Stored
from saldo_messaging.timer_loop import BuildCommand
from saldo_messaging.translation import Translator
from saldo_messaging.unit_of_work import SqlUnitOfWork

__all__ = [
    "Announce",
    "BuildCommand",
    "ClaimLoop",
    "Database",
    "Group",
    "MappingRefused",
    "MessagingSettings",
    "ProcessSettings",
    "ReadBacklog",
    "Readings",
    "Runtime",
    "Service",
    "SqlUnitOfWork",
    "Step",
    "Stored",
    "Translator",
    "main",
    "run_process",
]
