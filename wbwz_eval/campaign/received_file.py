"""A file as received, whatever its name says it is."""

from __future__ import annotations

from wbwz_eval.campaign.csv_text import read_csv
from wbwz_eval.campaign.grid import Sheets, UnreadableError
from wbwz_eval.campaign.xlsx import read_xlsx

MOST_FILE_BYTES = 50_000_000

_SAVE_AS = "用 Excel 或 WPS 打开后另存为 xlsx"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    (b"%PDF", "是 PDF,不是表格"),
    (b"\x89PNG", "是图片,不是表格"),
    (b"\xff\xd8\xff", "是图片,不是表格"),
    (b"Rar!", "是压缩包,不是工作簿"),
    (b"7z\xbc\xaf", "是压缩包,不是工作簿"),
)
_MARKUP = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")


def read_received(data: bytes) -> Sheets:
    """Read a workbook or a CSV file, told apart by content.

    Raises:
        UnreadableError: It is neither, or cannot be read.
    """
    if len(data) > MOST_FILE_BYTES:
        raise UnreadableError(
            f"有 {len(data) / 1e6:.0f} MB", f"不超过 {MOST_FILE_BYTES / 1e6:.0f} MB,图片等作为附件另报"
        )
    if not data.strip():
        raise UnreadableError("文件是空的", "xlsx 或 csv 文件")
    if data.startswith(b"PK"):
        return read_xlsx(data)
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise UnreadableError("设了打开密码", "取消密码后另存再报送")
        raise UnreadableError("是老格式的文件(如 xls、et)", _SAVE_AS)
    for mark, message in _OTHERS:
        if data.startswith(mark):
            raise UnreadableError(message, "xlsx 或 csv 文件")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:9].lower().startswith(_MARKUP):
        raise UnreadableError("是网页格式,只是名字像表格", _SAVE_AS)
    return Sheets((read_csv(data),))
