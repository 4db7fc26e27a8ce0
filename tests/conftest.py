"""What all tests share: the sample campaigns, and how long Hypothesis searches."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import xdist.scheduler
from hypothesis import HealthCheck, settings

from wbwz_eval import Campaign, open_campaign

ROOT = Path(__file__).parents[1]

COSTLY = {
    "tests/browser/test_bulletin.py",
    "tests/browser/test_lab.py",
    "tests/browser/test_lab_app.py",
    "tests/browser/test_site.py",
    "tests/house/test_manual.py",
    "tests/house/test_readme.py",
    "tests/house/test_story.py",
    "tests/reporting/test_every_edition.py",
    "tests/reporting/test_review_sections.py",
    "tests/review/test_data_quality.py",
}
"""What the tests of such a file look at takes so long to make that one worker makes it for all of them."""


class _Scheduling(xdist.scheduler.LoadScopeScheduling):
    """Gives a worker one test at a time, but the costly files whole, and those first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return file if file in COSTLY else nodeid


def pytest_xdist_make_scheduler(config, log):
    """Tell how tests are given to workers."""
    return _Scheduling(config, log)


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
