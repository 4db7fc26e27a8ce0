"""A further version of the methodology, made of one that is there; none is ever edited in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import METHODOLOGY
from wbwz_eval.campaign.in_force import written_versions
from wbwz_eval.campaign.lock import writing
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.scoring.methodology_file import changed_text, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")


def write_version(
    campaign: Campaign, base: str, version: str, changes: Mapping[str, Any], *, why: str = ""
) -> Path:
    """Write a version with some changes as a file of its own, whole or not at all; returns the file.

    Args:
        campaign: The campaign.
        base: The version to start from.
        version: What the new one is called.
        changes: Place in the file → value; see :func:`.methodology_file.changed_text`.
        why: Said in the file's first line.

    Raises:
        CampaignError: a name that cannot be one, or is taken; no such base; nothing changes; a place
            that is not there; all that is wrong with the new version, at once.
    """
    if not _NAME.fullmatch(version):
        message = f"版本名 “{version}” 不行；应为字母、数字和连字符，如 2012-v2"
        raise CampaignError(message)
    if not changes:
        message = f"没有要改的：新版本 {version} 会与 {base} 一样"
        raise CampaignError(message)
    path = campaign.version_path(base)
    text = changed_text(path, campaign, {**changes, "version": version})
    said = " ".join(why.split())
    text = f"# 由 {base} 改出{f'：{said}' if said else ''}\n{text}"
    check_text(text, version, campaign)
    with writing(campaign.path):
        if version in written_versions(campaign.path / METHODOLOGY):
            message = f"版本 {version} 已经有了；已有的版本不改，请另起一个名字"
            raise CampaignError(message)
        final = campaign.path / METHODOLOGY / f"{version}.yaml"
        write_whole(final, text.encode())
    return final
