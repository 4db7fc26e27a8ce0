"""Mail: one message to each, nobody's to another, never twice, every failure told."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import socket
import zipfile
from email import message_from_bytes, policy

import pytest
from handing import BULLETIN, CASE, PERIOD, SECRETS, Office, snapshot
from smtp_desk import PEM, open_desk
from typer.testing import CliRunner

from wbwz_eval import open_campaign
from wbwz_eval.cli import app
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling import mail as mailing
from wbwz_eval.scheduling import smtp
from wbwz_eval.scheduling.mail import Posting, mail, parse_sender
from wbwz_eval.scheduling.smtp import Server, parse_server

LINES = """{id: U01, kind: entity, address: u01@units.example}
{id: U02, kind: entity, address: u02@units.example}
{id: ju, kind: leaders, name: 局领导, address: leaders@ju.example}"""
BOXES = {"U01": "u01@units.example", "U02": "u02@units.example", "ju": "leaders@ju.example"}
FROM = "office@ju.example"
DAY = dt.datetime(2012, 10, 15, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path, LINES)
    made.usual()
    made.lay()
    return made


def post(office: Office, desk=None, *, again=(), **server):
    campaign = open_campaign(office.campaign)
    given = None
    if desk is not None:
        host, port = parse_server(desk if isinstance(desk, str) else desk.address)
        given = Server(host, port, name="ju.example", timeout=10, **server)
    posting = Posting(given, FROM, again, lambda: DAY)
    found = mail(campaign, campaign.period(PERIOD), office.root, posting)
    return {one.recipient: one for one in found if one.state != "no_address"}


def states(mailed):
    return {name: one.state for name, one in mailed.items()}


def wbwz(office: Office, *arguments: object):
    command = ["mail", office.campaign, PERIOD, "--outbox", office.root, *arguments]
    return CliRunner().invoke(app, [str(argument) for argument in command])


def opened(got):
    return message_from_bytes(got.data, policy=policy.default)


def attached(got) -> dict[str, bytes]:
    (part,) = opened(got).iter_attachments()
    with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_each_gets_one_message_with_what_is_theirs(office):
    with open_desk() as desk:
        mailed = post(office, desk)
    assert states(mailed) == dict.fromkeys(BOXES, "sent")
    assert {(got.sender, *got.recipients) for got in desk.got} == {(FROM, box) for box in BOXES.values()}
    for got in desk.got:
        (name,) = (name for name, box in BOXES.items() if box == got.recipients[0])
        assert attached(got) == {path.name: path.read_bytes() for path in office.folder(name).iterdir()}
        message = opened(got)
        shown = {"U01": "河东站", "U02": "河西站", "ju": "局领导"}[name]
        assert message["To"] == f"{shown} <{BOXES[name]}>"
        assert message["Subject"] == "市交通运输局“五比五争”助推黄蓝战略实施主题实践活动：2012年第三季度报告"
        assert str(message["From"]) == '"活动工作小组办公室(局人事科)" <office@ju.example>'
        assert message["Date"].datetime == DAY
        text = message.get_body().get_content()
        assert text.splitlines()[0] == f"{shown}："
        (part,) = message.iter_attachments()
        assert part.get_filename() == f"{PERIOD}-{name}.zip"
        assert hashlib.sha256(part.get_content()).hexdigest() in text
        # no recipient learns of another, not even by address
        for other in set(BOXES) - {name}:
            assert BOXES[other].encode() not in got.data


def test_every_byte_on_the_wire_is_ascii_and_every_line_short(office):
    with open_desk() as desk:
        post(office, desk)
    for got in desk.got:
        assert got.data.isascii()
        assert max(len(line) for line in got.data.split(b"\r\n")) <= 998
        assert b"\n" not in got.data.replace(b"\r\n", b"")


def test_nothing_restricted_and_no_other_entitys_profile_is_mailed(office):
    with open_desk() as desk:
        post(office, desk)
    planted = {**SECRETS, "ju": BULLETIN, "nobody": CASE}
    for got in desk.got:
        text = b"".join(attached(got).values())
        held = {name for name, secret in planted.items() if secret.encode() in text}
        assert [BOXES[name] for name in held] == got.recipients


def test_without_send_nothing_is_connected_or_written(office, monkeypatch):
    before = snapshot(office.root)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    done = wbwz(office, "--smtp", "localhost:25", "--from", FROM)
    assert done.exit_code == 0
    assert "将寄出 3" in done.stdout
    assert "没有寄出" in done.stdout
    assert snapshot(office.root) == before


def test_a_second_run_sends_nothing_and_a_changed_set_goes_again(office):
    with open_desk() as desk:
        post(office, desk)
        assert states(post(office, desk)) == dict.fromkeys(BOXES, "before")
        assert len(desk.got) == 3
        first = {got.recipients[0]: opened(got)["Message-ID"] for got in desk.got}
        office.report("entity_profile", "internal", "unit", "U01", "改正后的画像")
        office.lay()
        assert states(post(office, desk)) == {"U01": "sent", "U02": "before", "ju": "before"}
        (got,) = desk.got[3:]
    assert opened(got)["Subject"].endswith("（更新）")
    assert "以这一次的为准" in opened(got).get_body().get_content()
    assert opened(got)["Message-ID"] != first["u01@units.example"]
    assert "改正后的画像".encode() in b"".join(attached(got).values())


def test_a_new_address_gets_it_too(office):
    with open_desk() as desk:
        post(office, desk)
        office.recipients(LINES.replace("u02@", "u02b@"))
        assert states(post(office, desk)) == {"U01": "before", "U02": "sent", "ju": "before"}
    assert desk.got[-1].recipients == ["u02b@units.example"]


def test_who_is_refused_is_told_and_alone_is_tried_again(office):
    with open_desk(refuses={"u02@units.example"}) as desk:
        mailed = post(office, desk)
        assert states(mailed) == {"U01": "sent", "U02": "failed", "ju": "sent"}
        assert mailed["U02"].error == "服务器答复 550 no such box"
        desk.manners.refuses.clear()
        assert states(post(office, desk)) == {"U01": "before", "U02": "sent", "ju": "before"}
    assert len(desk.got) == 3


def test_a_text_that_is_refused_is_a_failure(office):
    with open_desk(refuses_text=True) as desk:
        mailed = post(office, desk)
    assert {one.error for one in mailed.values()} == {"服务器答复 552 too large"}


def test_where_nobody_knows_whether_it_arrived_it_is_not_sent_again_unasked(office):
    with open_desk(hangs_up_on={"u01@units.example"}) as desk:
        assert states(post(office, desk)) == {"U01": "unclear", "U02": "sent", "ju": "sent"}
        mailed = post(office, desk)
        assert states(mailed) == {"U01": "unclear", "U02": "before", "ju": "before"}
        assert "--again U01" in mailed["U01"].error
        assert len(desk.got) == 3
        desk.manners.hangs_up_on.clear()
        assert states(post(office, desk, again=["U01"]))["U01"] == "sent"
        assert states(post(office, desk))["U01"] == "before"
    ids = [opened(got)["Message-ID"] for got in desk.got if got.recipients == ["u01@units.example"]]
    # the recipient's server can tell that it is the same
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_ended_while_the_text_is_on_its_way_counts_as_unknown(office, monkeypatch):
    def ended(*_):
        raise KeyboardInterrupt

    with open_desk() as desk:
        with monkeypatch.context() as patch:
            patch.setattr(mailing, "hand_over", ended)
            with pytest.raises(KeyboardInterrupt):
                post(office, desk)
        assert states(post(office, desk)) == {"U01": "unclear", "U02": "sent", "ju": "sent"}


def test_a_log_that_was_damaged_stops_everything(office):
    with open_desk() as desk:
        post(office, desk)
        log = office.root / "sent.jsonl"
        log.write_bytes(b"{}\n" + log.read_bytes())
        with pytest.raises(ReportError, match="第 1 行读不出来"):
            post(office, desk)
    assert len(desk.got) == 3


def test_a_line_cut_by_a_power_failure_is_no_line(office):
    with open_desk() as desk:
        post(office, desk)
        log = office.root / "sent.jsonl"
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:4]) + lines[4][:30])
        # what the leaders' line began is lost with the power
        assert states(post(office, desk)) == {"U01": "before", "U02": "before", "ju": "sent"}
        assert states(post(office, desk)) == dict.fromkeys(BOXES, "before")


def test_the_log_is_for_its_owner_alone(office):
    with open_desk() as desk:
        post(office, desk)
    log = office.root / "sent.jsonl"
    assert log.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(line["recipient"], line["state"]) for line in lines] == [
        (name, state) for name in BOXES for state in ("begun", "sent")
    ]


def test_nobody_listens_is_told_for_all_after_one_try(office, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tries = []
    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: tries.append(a) or connect(*a, **k))
    mailed = post(office, f"127.0.0.1:{port}")
    assert states(mailed) == dict.fromkeys(BOXES, "failed")
    assert len(tries) == 1


def test_what_was_altered_in_the_outbox_is_not_mailed(office):
    (office.folder("U01") / "entity_profile-U01-internal.html").write_text("改", encoding="utf-8")
    (office.folder("U02") / "别人放的.txt").write_text("x", encoding="utf-8")
    with open_desk() as desk:
        mailed = post(office, desk)
    assert states(mailed) == {"U01": "failed", "U02": "sent", "ju": "sent"}
    assert "与出报告时不同" in mailed["U01"].error
    assert not any("别人放的.txt" in attached(got) for got in desk.got)


def test_who_may_see_less_than_when_it_was_laid_out_is_not_sent_it(office):
    office.recipients(f"{LINES.replace('kind: leaders', 'kind: leaders, levels: [unit]')}")
    with open_desk() as desk:
        mailed = post(office, desk)
    assert mailed["ju"].state == "failed"
    assert "请重新运行 wbwz outbox" in mailed["ju"].error


def test_a_restricted_file_is_not_mailed_though_it_lies_in_a_folder_with_an_address(office):
    """By hand: what belongs to an authority, moved into the folder of the leaders."""
    source, target = office.folder("authority-局党委"), office.folder("ju")
    made = json.loads((source / "MANIFEST.json").read_text("utf-8")) | {"recipient": "ju"}
    (target / "MANIFEST.json").write_text(json.dumps(made), encoding="utf-8")
    name = made["files"][0]["file"]
    (target / name).write_bytes((source / name).read_bytes())
    with open_desk() as desk:
        assert post(office, desk)["ju"].state == "failed"
    assert len(desk.got) == 2


def test_encryption_is_used_when_it_is_offered(office, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    with open_desk(tls=True, login=True) as desk:
        assert states(post(office, desk, user="office", password="right", needs_tls=True)) == dict.fromkeys(
            BOXES, "sent"
        )
    assert {(got.encrypted, got.login) for got in desk.got} == {(True, "office")}


def test_a_port_that_speaks_tls_from_the_start(office, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    with open_desk(implicit=True, login=True) as desk:
        monkeypatch.setattr(smtp, "_IMPLICIT_TLS", desk.server_address[1])
        assert set(states(post(office, desk, user="office", password="right")).values()) == {"sent"}
    assert {(got.encrypted, got.login) for got in desk.got} == {(True, "office")}


def test_a_server_that_nobody_vouches_for_gets_nothing(office, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with open_desk(tls=True, login=True) as desk:
        mailed = post(office, desk, user="office", password="right")
    assert {one.error.split("：")[0] for one in mailed.values()} == {"服务器的证书不可信"}
    assert desk.got == []
    assert [line.strip() for line in desk.said] == [b"ehlo ju.example", b"STARTTLS"]


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ({"user": "office", "password": "right"}, "密码不能明文发送"),
        ({"needs_tls": True}, "按要求没有发送"),
    ],
)
def test_without_encryption_no_password_and_nothing_where_it_is_required(office, server, words):
    with open_desk(login=True) as desk:
        mailed = post(office, desk, **server)
    assert {one.state for one in mailed.values()} == {"failed"}
    assert words in mailed["U01"].error
    assert [line.strip() for line in desk.said] == [b"ehlo ju.example"]


def test_a_wrong_password_is_told_and_stands_nowhere(office, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    monkeypatch.setenv("WBWZ_SMTP_PASSWORD", "geheim-4711")
    with open_desk(tls=True, login=True) as desk:
        done = wbwz(office, "--send", "--smtp", desk.address, "--from", FROM, "--user", "office")
    assert done.exit_code == 1
    assert "535 no" in done.stdout
    assert "geheim-4711" not in done.output + (office.root / "sent.jsonl").read_text("utf-8")
    assert "geheim-4711" not in repr(Server("h", 25, "office", "geheim-4711"))


HOSTILE = '"活动\\nBcc: everyone@evil.example\\r\\nX: 倒\\u202e序"'


def test_names_do_not_become_headers(office):
    office.recipients(LINES, name=HOSTILE, office=HOSTILE)
    path = office.campaign / "entities.csv"
    name = '"河东\u202e站\nBcc: all@evil.example"'
    path.write_text(path.read_text(encoding="utf-8").replace("河东站", name), encoding="utf-8")
    office.lay()
    with open_desk() as desk:
        assert set(states(post(office, desk)).values()) == {"sent"}
    for got in desk.got:
        message = opened(got)
        assert message["Bcc"] is None
        assert message["X"] is None
        assert len(got.recipients) == 1
        assert len(message["To"].addresses) == 1
        for header in ("Subject", "From", "To"):
            assert "\u202e" not in str(message[header])
            assert "\n" not in str(message[header])


def test_the_message_names_neither_computer_nor_folder(office, monkeypatch):
    for name in ("gethostname", "getfqdn"):
        monkeypatch.setattr(socket, name, lambda *_: "geheimer-rechner")
    with open_desk() as desk:
        post(office, desk)
    for line in [*desk.said, *(got.data for got in desk.got)]:
        assert b"geheimer-rechner" not in line
        assert str(office.root.parent).encode() not in line


def test_the_command_tells_what_became_of_each(office):
    with open_desk(refuses={"u02@units.example"}) as desk:
        done = wbwz(office, "--send", "--smtp", desk.address, "--from", f"办公室 <{FROM}>")
        assert done.exit_code == 1
        assert "已寄出 2" in done.stdout
        assert "失败 1" in done.stdout
        assert "550 no such box" in done.stdout
        desk.manners.refuses.clear()
        done = wbwz(office, "--send", "--smtp", desk.address, "--from", FROM)
    assert done.exit_code == 0
    assert "以前寄过 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--send"], "请写 --smtp"),
        (["--send", "--smtp", "localhost:25", "--from", "office"], "发件地址 “office” 不对"),
        (["--send", "--smtp", "localhost", "--from", FROM], "邮件服务器 “localhost” 不对"),
        (["--send", "--smtp", "localhost:25", "--from", FROM, "--user", "office"], "没有密码"),
        (["--again", "U99"], "没有收件人 U99"),
    ],
)
def test_what_is_asked_wrongly_is_told_before_anything_is_sent(office, monkeypatch, arguments, words):
    monkeypatch.delenv("WBWZ_SMTP_PASSWORD", raising=False)
    done = wbwz(office, *arguments)
    assert done.exit_code == 1
    assert words in str(done.exception)


def test_an_outbox_without_the_period_says_so(office, tmp_path):
    campaign = open_campaign(office.campaign)
    for root, words in ((tmp_path / "none", "没有发件箱"), (office.root, "里没有 2012-Q2 的报告")):
        with pytest.raises(ReportError, match=words):
            mail(campaign, campaign.period("2012-Q2"), root, Posting())


@pytest.mark.parametrize("text", ["h:587", "mail.example.org:25", "[::1]:465"])
def test_servers(text):
    host, port = parse_server(text)
    assert (host, port) == (text.rpartition(":")[0].strip("[]"), int(text.rpartition(":")[2]))


@pytest.mark.parametrize(
    "text", ["", "h", ":25", "h:", "h:0", "h:65536", "h:２５", "::1:25", "h h:25", "h:-1"]
)
def test_what_is_no_server(text):
    with pytest.raises(ReportError, match="邮件服务器"):
        parse_server(text)


def test_senders():
    assert parse_sender(f"办公室 <{FROM}>") == FROM
    for text in ("", "x", "a@b.cn, c@d.cn x", "a@b.cn\nBcc: c@d.cn"):
        with pytest.raises(ReportError, match="发件地址"):
            parse_sender(text)
