"""What the user asked for: a configuration file and the command line -> options, for each file its own.

The nearest folder that has a configuration decides, as with Ruff. Knows nothing of TOML.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import uuid4

from lrmigrate.model import Applicability, Target
from lrmigrate.options import Around, Options
from lrmigrate.project.config_file import BadConfig, Config, assigned, in_folder, read
from lrmigrate.project.patterns import EXCLUDED, BadPath, Exclusion, Patterns, is_pattern, matches
from lrmigrate.selection import Layer, UnknownCode, codes_of, resolve, resolve_fixes, safety


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says; what it leaves open is for the configuration to say."""

    layer: Layer = field(default_factory=Layer)
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    target: Target | None = None
    config: str | None = None  # the one file to read
    isolated: bool = False  # read none
    unsafe: bool | None = None
    fix: bool = False
    write: bool = False
    force_exclude: bool | None = None
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()  # `key = value`, over every configuration


class Settings:
    """The options and the exclusions of every file, as the flags and the files' configurations have it.

    Every method raises BadConfig, the constructor UnknownCode, BadPath and BadConfig.
    """

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        _check(flags)
        if flags.config and flags.isolated:
            raise BadConfig("--config names a configuration, --isolated wants none: give one of them")
        self._assigned = assigned(flags.assignments) if flags.assignments else {}
        self._named = self._over(read(flags.config)) if flags.config else None
        self._configs: dict[str, Config] = {}
        self._options: dict[Config, Options] = {}
        self._by_folder: dict[str, Options] = {}
        self._around = Around("", uuid4().hex)

    def look_around(self, paths: Iterable[str]) -> None:
        """Say which paths the run is about: the program is looked for around them."""
        folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths if path != "-"]
        try:
            base = os.path.commonpath(map(os.path.abspath, folders)) if folders else ""
        except ValueError:  # on several drives
            base = ""
        self._around = replace(self._around, base=base)
        self._options.clear()
        self._by_folder.clear()

    def keep(self, folder: str) -> None:
        """Say in which cache summaries of the program are kept for the next run; "" for the project's."""
        self._around = replace(self._around, kept=folder)

    @property
    def output_format(self) -> str | None:
        """The format of the report, which is one for all files: that of the working folder."""
        return self._config(os.getcwd()).output_format

    def options(self, path: str) -> Options:
        """The options for one file."""
        folder = os.path.dirname(path)
        if folder not in self._by_folder:
            config = self._config(folder)
            if config not in self._options:
                self._options[config] = self._merged(config)
            self._by_folder[folder] = self._options[config]
        return self._by_folder[folder]

    def config(self, path: str) -> Config:
        """The configuration that holds for one file."""
        return self._config(os.path.dirname(path))

    def forces(self, path: str) -> bool:
        """Whether a file is passed over where it is excluded, though it was named."""
        forced = self.flags.force_exclude
        return self.config(path).force_exclude if forced is None else forced

    def exclusion(self, folder: str) -> Exclusion:
        """What is not looked at in one folder."""
        config, flags = self._config(folder), self.flags
        replaced = config.exclude if flags.exclude is None else flags.exclude
        base = config.folder if flags.exclude is None else ""
        patterns = [
            Patterns(base, replaced or ()),
            Patterns(config.folder, config.extend_exclude),
            Patterns("", flags.extend_exclude),
        ]
        names = EXCLUDED if replaced is None else frozenset()
        return Exclusion(names, tuple(some for some in patterns if some.lines))

    def _config(self, folder: str) -> Config:
        """The configuration that holds in a folder: its own, or that of the nearest one above it."""
        if self._named or self.flags.isolated:
            return self._named or self._over(Config())
        folder = os.path.abspath(folder)
        if folder not in self._configs:
            above = os.path.dirname(folder)
            found = in_folder(folder)
            nearest = self._over(found) if found else None
            default = self._over(Config())
            self._configs[folder] = nearest or (self._config(above) if above != folder else default)
        return self._configs[folder]

    def _over(self, config: Config) -> Config:
        """A configuration with what the command line sets in its place."""
        return replace(config, **self._assigned) if self._assigned else config

    def _merged(self, config: Config) -> Options:
        """The options that a configuration and the flags give together."""
        unsafe = config.unsafe_fixes if self.flags.unsafe is None else self.flags.unsafe
        trusted, distrusted = safety(config.extend_safe_fixes, config.extend_unsafe_fixes)
        return Options(
            level=Applicability.UNSAFE if unsafe else Applicability.SAFE,
            fix=self.flags.fix,
            write=self.flags.write,
            codes=resolve([config.layer, self.flags.layer]),
            unfixed=self._unfixed(config),
            trusted=trusted,
            distrusted=distrusted,
            target=self.flags.target or config.target,
            folder=config.folder,
            per_file_ignores=config.per_file_ignores,
            names=config.names,
            around=self._program(config),
        )

    def _unfixed(self, config: Config) -> frozenset[str]:
        """The codes whose fixes the user does not want."""
        fixable = config.fixable if self.flags.fixable is None else self.flags.fixable
        return resolve_fixes(fixable, (*config.unfixable, *self.flags.unfixable))

    def _program(self, config: Config) -> Around:
        """Where the program of a configuration's files is looked for."""
        if not config.program:
            return self._around
        return replace(self._around, root=config.folder, folders=config.program)


def _check(flags: Flags) -> None:
    """Raise UnknownCode, with the options that may have it, where the command line has a wrong code, and
    BadPath where it has a pattern that is none.
    """
    for pattern in (*(flags.exclude or ()), *flags.extend_exclude):
        if not is_pattern(pattern):
            raise BadPath(f"{pattern!r} is no pattern of .gitignore's")
    try:
        resolve([flags.layer])
    except UnknownCode as error:
        raise UnknownCode(f"--select, --extend-select or --ignore: {error}") from None
    try:
        resolve_fixes(flags.fixable, flags.unfixable)
    except UnknownCode as error:
        raise UnknownCode(f"--fixable or --unfixable: {error}") from None


def narrowed(options: Options, path: str) -> Options:
    """The options for one file with the rules that are in force in it.

    Loads the library for patterns where any are given, so ask when something was found. ``!`` before a
    pattern turns it round, as in Ruff.
    """
    codes = options.codes
    for pattern, prefixes in options.per_file_ignores:
        if matches(path, options.folder, pattern.removeprefix("!")) != pattern.startswith("!"):
            codes = codes.difference(*map(codes_of, prefixes))
    return replace(options, codes=codes, per_file_ignores=())
