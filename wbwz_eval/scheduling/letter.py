"""The message that goes with a parcel: Chinese, safe in every header, and silent about this computer."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import INTERNAL, PUBLIC

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scheduling.parcel import Manifest
    from wbwz_eval.scheduling.receivers import Receiver

_EDITIONS = {INTERNAL: "内部", PUBLIC: "公开"}
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_ID_DIGITS = 40


@dataclass(frozen=True)
class Letter:
    """What all messages of a round share.

    Attributes:
        campaign, period: What it is about.
        sender: The address that it comes from.
        at: The date that it bears.
        replaces: Whether something else of the period was sent before.
    """

    campaign: Campaign
    period: Period
    sender: str
    at: dt.datetime
    replaces: bool = False

    def message(self, who: Receiver, manifest: Manifest, packed: bytes) -> bytes:
        """Return the message to one receiver, with the zip attached.

        Only its date and the boundaries within it differ from one time to the next.
        """
        campaign, period = plain(self.campaign.name), label_zh(self.period)
        message = EmailMessage(policy=SMTP)
        message["Subject"] = f"{campaign}：{period}报告{'（更新）' if self.replaces else ''}"
        message["From"] = Address(plain(self.campaign.office), addr_spec=self.sender)
        message["To"] = Address(plain(who.name), addr_spec=who.address)
        message["Date"] = format_datetime(self.at)
        # made of the content, so that it names no computer, and servers know a message that comes twice
        told = f"{digest(manifest.to_bytes())} {who.address} {self.replaces}"
        domain = self.sender.partition("@")[2]
        message["Message-ID"] = f"<{digest(told.encode())[:_ID_DIGITS]}@{domain}>"
        message.set_content(self._text(who, manifest, packed), cte="base64")
        name = f"{self.period.id}-{who.id}.zip"
        message.add_attachment(packed, maintype="application", subtype="zip", filename=name)
        return message.as_bytes()

    def _text(self, who: Receiver, manifest: Manifest, packed: bytes) -> str:
        levels, period = self.campaign.levels, label_zh(self.period)
        shown = dict.fromkeys(
            f"  {one.title}（{levels.get(one.level, one.level)}，{_EDITIONS[one.edition]}）"
            for one in manifest.files
        )
        lines = [f"{plain(who.name)}：", ""]
        lines.append(f"附件是{plain(self.campaign.name)}{period}的报告，共 {len(manifest.files)} 个文件：")
        lines += shown
        if self.replaces:
            lines.append("这一期以前寄过的与此不同，以这一次的为准。")
        if not manifest.is_public:
            lines.append("其中有内部版，请勿转发。")
        if self.campaign.synthetic:
            lines.append(plain(self.campaign.synthetic_note))
        lines += [
            "",
            "压缩包里的 MANIFEST.json 列有每个文件的 SHA-256；",
            f"压缩包的 SHA-256 是 {digest(packed)}。",
            "",
            plain(self.campaign.office),
        ]
        return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return a text as a header can show it: in one line, without signs that nobody sees."""
    return " ".join(_UNSEEN.sub(" ", text).split())
