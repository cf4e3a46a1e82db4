"""A checkout seen as source files: which package, which room, what it imports, calls and says."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

SOURCES = ("shared/*/src", "services/*/src", "deploy/local/src")
# Built, fetched or private: never part of what is released.
NOT_OURS = frozenset({".git", ".venv", ".tools", ".run", ".hypothesis", "build", "dist", "node_modules", "__pycache__"})
CACHE_SUFFIX = "_cache"


@dataclass(frozen=True)
class SourceFile:
    """One Python file; `module` is its dotted name below its src folder, or its path below the root for a test."""

    path: Path
    module: str

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return parsed(self.path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            error.filename = str(self.path)
            raise

    @property
    def package(self) -> str:
        return self.module.split(".")[0]

    @property
    def room(self) -> str:
        """The part of a service it stands in: domain, adapters, bootstrap...; empty for the package itself."""
        return self.module.partition(".")[2].partition(".")[0]

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                yield node.lineno, self._absolute(node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        own = self.module.split(".")
        drop = node.level - (self.path.name == "__init__.py")
        return ".".join(own[: len(own) - drop] + ([node.module] if node.module else []))

    def texts(self) -> Iterator[tuple[int, str]]:
        """Line and value of every string that is not a docstring."""
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node.lineno, node.value


@lru_cache(maxsize=2_000)  # every rule walks the same few hundred files, in the checkout and in its copies
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def sources(root: Path) -> Iterator[SourceFile]:
    """Every released Python file of every package."""
    for pattern in SOURCES:
        for base in sorted(root.glob(pattern)):
            for path in sorted(base.rglob("*.py")):
                parts = path.relative_to(base).with_suffix("").parts
                yield SourceFile(path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def services(root: Path) -> list[Path]:
    """The package folder of every service."""
    return sorted(path for path in root.glob("services/*/src/saldo_*") if path.is_dir())


def all_files(root: Path) -> Iterator[Path]:
    """Every file of the checkout that is ours, of any kind."""
    for path in sorted(root.iterdir()):
        if path.name in NOT_OURS or path.name.endswith((CACHE_SUFFIX, ".egg-info")):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from all_files(path)
        elif path.is_file():
            yield path


def python_files(root: Path) -> Iterator[SourceFile]:
    """Every Python file of the checkout: sources, tests, scripts."""
    for path in all_files(root):
        if path.suffix == ".py":
            yield SourceFile(path, ".".join(path.relative_to(root).with_suffix("").parts))
