"""Who is handed reports, and which: the section ``recipients`` of ``campaign.yaml``.

It adds to what holds without it, see :mod:`wbwz_eval.scheduling.receivers`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, StrictStr
from pydantic import Field as Described

from wbwz_eval.campaign.faults import one_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wbwz_eval.campaign.faults import FaultList
    from wbwz_eval.campaign.yaml_source import YamlSource

ReceiverKind = Literal["entity", "leaders", "office", "authority", "site"]

_Name = Annotated[StrictStr, Described(min_length=1, max_length=100)]

# What every system takes as the name of a folder, and none for something else.
_FOLDER = re.compile(r"\w(?:[\w.\-]{0,62}\w)?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
# One mailbox; what headers would have to encode or split is none.
_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?"
)


class Recipient(BaseModel):
    """Somebody to whom reports are handed.

    Attributes:
        id: An entity's id, or a level's for all its entities, where ``kind`` is ``entity``; any other
            kind chooses its own. It names a folder.
        name: What people call them; an entity has its own name.
        kind: ``authority`` is who decides on the cadres of the ``authority``: the restricted edition
            goes there, and nowhere else.
        levels: Only reports of these; empty for those that the kind sees by itself.
        editions: Which ones, of the reports that are not about a single entity; empty for those that
            the kind sees by itself.
        reports: Only these; empty for those that the kind sees by itself.
        address: Where mail goes; empty for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: _Name
    name: StrictStr = ""
    kind: ReceiverKind
    authority: StrictStr = ""
    levels: tuple[StrictStr, ...] = ()
    editions: tuple[Literal["internal", "public"], ...] = ()
    reports: tuple[StrictStr, ...] = ()
    address: StrictStr = ""


def is_folder_name(text: str) -> bool:
    """Return whether a text can name a folder on any system, and leads nowhere else."""
    return _FOLDER.fullmatch(text) is not None and _DEVICES.fullmatch(text) is None


def is_mailbox(text: str) -> bool:
    """Return whether a text is the address of one mailbox, in plain ASCII."""
    return _MAILBOX.fullmatch(text) is not None and ".." not in text


def check_recipients(
    recipients: tuple[Recipient, ...], levels: Collection[str], source: YamlSource, faults: FaultList
) -> None:
    """Tell what does not fit together in the section."""
    seen: set[str] = set()
    for index, one in enumerate(recipients):
        told = [*_faults(one, levels)]
        if one.id.casefold() in seen:
            told.append(("id", one.id, "重复，前面已有", "各不相同的编号"))
        seen.add(one.id.casefold())
        for key, value, message, expected in told:
            faults.add(
                source.name,
                message,
                expected=expected,
                value=value,
                line=source.line_of(("recipients", index, key)),
                key=f"recipients[{index}].{key}",
            )


def _faults(one: Recipient, levels: Collection[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield key, value, what is wrong, and what would be right."""
    if not is_folder_name(one.id):
        yield "id", one.id, "不能作文件夹名", "字母、数字、汉字、点和横线，至多 64 个"
    if any(unicodedata.category(sign).startswith("C") for sign in one.name):
        yield "name", one.name, "有看不见的控制符", "名称里只有能看见的字"
    for level in one.levels:
        if level not in levels:
            yield "levels", level, "不在 levels 里", one_of(levels, instead_of=level)
    if one.kind == "site" and "internal" in one.editions:
        yield "editions", "internal", "不能给站点", "public"
    yield from _faults_of_authority(one)
    if not one.address:
        return
    if not is_mailbox(one.address):
        yield "address", one.address, "不是一个邮箱地址", "如 name@example.org，只写一个"
    elif one.kind == "authority":
        yield "address", one.address, "限阅件不经邮件", "不写 address，另行送达"
    elif one.kind == "entity" and one.id in levels:
        yield "address", one.address, "一个地址不能收一个层级所有对象的报告", "每个对象各写一条"


def _faults_of_authority(one: Recipient) -> Iterator[tuple[str, str, str, str]]:
    if one.kind != "authority":
        if one.authority:
            yield "authority", one.authority, "只用于 kind: authority", "不写"
        return
    if not one.authority:
        yield "kind", one.kind, "没有写 authority", "authority: 问责台账里的管理权限"
    for key, given in (("levels", one.levels), ("editions", one.editions), ("reports", one.reports)):
        if given:
            yield key, "、".join(given), "不用于 kind: authority：它只收本管理权限的限阅件", "不写"
