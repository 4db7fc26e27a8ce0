"""The engine is general: no word or count of one campaign is wired into the package."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "wbwz_eval"


def test_no_name_of_a_campaign_stands_in_the_package():
    words = re.compile("五比五争|比境界|比业绩|比创新|比服务|比作风|黄蓝|盘锦|交通运输局")
    found = {
        path.relative_to(PACKAGE).as_posix(): words.findall(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".j2", ".css", ".html", ".yaml"}
    }
    named = {name: sorted(set(hits)) for name, hits in found.items() if hits}
    assert not named
