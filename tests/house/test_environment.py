"""environment.yml, for conda, and requirements.txt, the lock, name the same versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from rattler import MatchSpec, PackageRecord
from rattler.package.build_string import BuildString

ROOT = Path(__file__).parents[2]

CONDA_NAMES = {"matplotlib": "matplotlib-base", "uv": None}
"""What conda calls by another name; None = conda users don't need it: conda does its work."""

LOCK_NAMES = {conda: name for name, conda in CONDA_NAMES.items()}


def _locked():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def _environment():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = [entry for entry in entries if isinstance(entry, str)]
    pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    return conda, pip


def _direct():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["dependencies"]) | set(project["optional-dependencies"]["test"])


def _matches(spec, name, version):
    record = PackageRecord(name, version, BuildString("0"), 0, "noarch")
    return MatchSpec(spec).matches(record)


def test_conda_gets_the_locked_versions():
    locked = _locked()
    conda, _ = _environment()
    for spec in conda:
        own = MatchSpec(spec).name.normalized
        if own in {"python", "pip"}:
            continue
        version = locked[LOCK_NAMES.get(own, own)]
        assert _matches(spec, own, version), f"{spec}: the lock has {version}"
        assert spec == f"{own}={version}", f"{spec} admits other versions than {version}"


def test_pip_gets_the_locked_versions():
    locked = _locked()
    _, pip = _environment()
    for line in pip:
        name, version = line.split("==")
        assert locked[name] == version, line


def test_every_direct_dependency_is_in_both():
    conda, pip = _environment()
    named = {MatchSpec(spec).name.normalized for spec in conda} | {line.split("==")[0] for line in pip}
    wanted = {CONDA_NAMES.get(name, name) for name in _direct()} - {None}
    assert wanted <= named
    assert _direct() <= set(_locked())


def test_conda_gets_the_python_that_the_project_asks_for():
    conda, _ = _environment()
    python = next(spec for spec in conda if MatchSpec(spec).name.normalized == "python")
    assert _matches(python, "python", "3.11.7")
    assert not _matches(python, "python", "3.12.1")


def test_the_channel_is_named_without_an_address():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]


def test_the_check_can_fail():
    assert not _matches("numpy=1.0", "numpy", _locked()["numpy"])


def test_every_pin_has_a_hash_and_no_address_stands_anywhere():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block
    for name in ("requirements.txt", "environment.yml", "pyproject.toml", "Makefile", ".ci/run"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name
