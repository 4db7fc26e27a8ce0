"""What all tests share: the sample campaigns, and how long Hypothesis searches."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from wbwz_eval import Campaign, open_campaign

ROOT = Path(__file__).parents[1]

settings.register_profile(
    "here", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "here"))


@pytest.fixture(scope="session")
def sample() -> Campaign:
    """The synthetic sample campaign, opened once."""
    return open_campaign(ROOT / "data" / "wbwz-2011")


@pytest.fixture(scope="session")
def panjin() -> Campaign:
    """The real small campaign."""
    return open_campaign(ROOT / "data" / "panjin-2023")


@pytest.fixture
def sample_copy(tmp_path: Path) -> Path:
    """A copy of the sample campaign's folder, to break."""
    return copy_campaign("wbwz-2011", tmp_path)


@pytest.fixture
def panjin_copy(tmp_path: Path) -> Path:
    """A copy of the real small campaign's folder, to break."""
    return copy_campaign("panjin-2023", tmp_path)


def copy_campaign(name: str, to: Path) -> Path:
    """Copy a campaign's inputs, not its results."""
    folder = to / name
    shutil.copytree(ROOT / "data" / name, folder, ignore=shutil.ignore_patterns("results"))
    return folder
