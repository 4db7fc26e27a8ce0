"""The pages of the public site: what stands on each, and how they lead to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting import show
from wbwz_eval.reporting.pieces import Piece, Prose
from wbwz_eval.reporting.portraits import portrait_of
from wbwz_eval.reporting.sections.header import report_title, running_line
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.sections.ranking import ranking_table
from wbwz_eval.reporting.site_downloads import FOLDER
from wbwz_eval.reporting.view import peers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wbwz_eval.reporting.site_content import LevelContent, SiteContent
    from wbwz_eval.reporting.site_downloads import Bulletins
    from wbwz_eval.scoring.scores import Scores

_TEMPLATES = Path(__file__).parent / "templates" / "site"
_FORMS = {"csv": "得分（CSV）", "xlsx": "全部表格（XLSX）", "pdf": "通报（PDF）"}


@dataclass(frozen=True)
class Link:
    """A link by its path on the site, with a word about what is there."""

    href: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: pieces, then links."""

    heading: str = ""
    pieces: tuple[Piece, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def parts(self) -> list[Markup]:
        """The pieces as HTML, each of which has escaped its own texts."""
        return [Markup(piece._repr_html_()) for piece in self.pieces]  # noqa: S704


@dataclass(frozen=True)
class Page:
    """A page: its place, title, what it stands on, and sections; ``head`` replaces the title."""

    path: str
    title: str
    stands: str
    sections: tuple[Section, ...]
    head: Markup | None = None

    @property
    def root(self) -> str:
        """The way from the page to the first one."""
        return "../" * self.path.count("/")


_NAVIGATION = (
    Link("index.html", "最新结果"),
    Link("periods.html", "各期"),
    Link("entities.html", "各对象"),
    Link("method.html", "评价办法"),
    Link("practices.html", "典型经验"),
    Link("downloads.html", "下载"),
    Link("changes.html", "更正与变化"),
)


def pages(content: SiteContent, offered: Mapping[str, bytes], shown: Bulletins) -> dict[str, str]:
    """Return every page as HTML, by its path.

    Args:
        content: What may be shown.
        offered: The files to take away, by path.
        shown: See :func:`wbwz_eval.reporting.site_downloads.bulletins`.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    template = environment.get_template("page.html.j2")
    latest = content.levels[0].latest
    site = {
        "name": content.campaign.name,
        "organiser": content.campaign.organiser,
        "office": content.campaign.office,
        "mark": latest.header["mark"],
        "warning": show.header(latest).warning,
        "navigation": _NAVIGATION,
    }
    every = [
        _index(content),
        _periods(content),
        _entities(content),
        _method(content),
        _practices(content),
        _downloads(content, offered),
        _changes(content),
        *(
            _period(level, period, shown[level.level, period])
            for level in content.levels
            for period in level.scores
        ),
        *(page for level in content.levels for page in _entity_pages(level)),
    ]
    return {page.path: template.render(site=site, page=page) for page in every}


def _page(path: str, title: str, content: SiteContent, sections: Iterable[Section]) -> Page:
    return Page(path, title, running_line(content.levels[0].latest), tuple(sections))


def _index(content: SiteContent) -> Page:
    sections = []
    for level in content.levels:
        scores = level.latest
        tables = tuple(ranking_table(scores, group, shorten=True) for group in peers(scores))
        period = str(scores.header["period"])
        links = (
            Link(_period_path(level, period), f"{report_title(scores)}全文"),
            Link(f"{FOLDER}/{period}-{level.level}.pdf", "通报（PDF）"),
        )
        sections.append(Section(report_title(scores), (show.findings(scores), *tables), links))
    said = "；".join(f"{name}：{reason}" for name, reason in content.left_out)
    if said:
        sections.append(Section("没有列出的", (Prose((f"{said}。",), "note"),)))
    return _page("index.html", "最新结果", content, sections)


def _periods(content: SiteContent) -> Page:
    sections = [
        Section(
            level.name,
            links=tuple(
                Link(_period_path(level, period), report_title(scores), f"截止 {scores.header['cutoff']}")
                for period, scores in reversed(level.scores.items())
            ),
        )
        for level in content.levels
    ]
    return _page("periods.html", "各期", content, sections)


def _period(level: LevelContent, period: str, shown: Sequence[tuple[str, Sequence[Piece]]]) -> Page:
    scores = level.scores[period]
    (_, (head,)), *rest = shown
    taken = tuple(Link(f"{FOLDER}/{period}-{level.level}.{form}", text) for form, text in _FORMS.items())
    sections = [Section(heading, tuple(pieces)) for heading, pieces in rest]
    return Page(
        _period_path(level, period),
        report_title(scores),
        running_line(scores),
        (
            *sections,
            Section("各对象", links=_entity_links(scores)),
            Section("下载", links=taken),
            Section("评价办法", links=(Link("method.html", str(scores.header["methodology_title"])),)),
        ),
        Markup(head._repr_html_()),  # noqa: S704
    )


def _period_path(level: LevelContent, period: str) -> str:
    return f"periods/{period}-{level.level}.html"


def _entity_links(scores: Scores) -> tuple[Link, ...]:
    table = scores.scores.sort_values(["group", "entity_id"], kind="stable")
    return tuple(
        Link(f"entities/{row['entity_id']}.html", str(row["name"]), str(row["group_name"]))
        for row in table.to_dict("records")
    )


def _entities(content: SiteContent) -> Page:
    sections = [Section(level.name, links=_entity_links(level.latest)) for level in content.levels]
    return _page("entities.html", "各对象", content, sections)


def _entity_pages(level: LevelContent) -> list[Page]:
    """Return a page for everybody who was ever evaluated, with the last results that they have."""
    made = []
    last = level.history.drop_duplicates("entity_id", keep="last")
    for row in last.sort_values("entity_id").to_dict("records"):
        entity, period = str(row["entity_id"]), str(row["period"])
        scores = level.scores[period]
        portrait = portrait_of(scores, level.history, entity)
        periods = level.history.loc[level.history["entity_id"] == entity, "period"]
        sections = (
            Section("位置", (show.place_among_peers(portrait), show.trend(portrait))),
            Section("五维", (show.five_dimensions(portrait),)),
            Section("失分和扣分", (show.lost_points(portrait),)),
            Section(
                "各期",
                links=tuple(
                    Link(_period_path(level, str(each)), report_title(level.scores[str(each)]))
                    for each in reversed(list(periods))
                ),
            ),
        )
        title = f"{row['name']}（{scores.header['period_name']}）"
        made.append(Page(f"entities/{entity}.html", title, running_line(scores), sections))
    return made


def _method(content: SiteContent) -> Page:
    sections = []
    for level in content.levels:
        head = level.latest.header
        approved = "、".join(f"{each['on']} {each['document']}".strip() for each in head["approvals"])
        said = f"{head['methodology_title']}，版本 {head['methodology_version']}，{approved or '未批准'}。"
        digest_said = f"办法文件的 SHA-256：{head['methodology_digest']}。"
        sections.append(Section(level.name, (Prose((said, digest_said)), show.method(level.latest))))
    return _page("method.html", "评价办法", content, sections)


def _practices(content: SiteContent) -> Page:
    sections = [
        Section(
            f"{level.name} {level.scores[period].header['period_name']}",
            (show.practices(level.ledgers[period]),),
        )
        for level in content.levels
        for period in reversed(list(dict.fromkeys(level.history["period"])))
    ]
    return _page("practices.html", "典型经验", content, sections)


def _downloads(content: SiteContent, offered: Mapping[str, bytes]) -> Page:
    sections = []
    for level in content.levels:
        links = [
            Link(path, f"{report_title(scores)} {text}", _about(offered[path]))
            for period, scores in reversed(level.scores.items())
            for form, text in _FORMS.items()
            if (path := f"{FOLDER}/{period}-{level.level}.{form}") in offered
        ]
        sections.append(Section(level.name, links=tuple(links)))
    return _page("downloads.html", "下载", content, sections)


def _about(data: bytes) -> str:
    return f"{len(data) / 1024:.0f} KB，SHA-256 {digest(data)[:16]}…"


def _changes(content: SiteContent) -> Page:
    campaign = content.campaign
    versions = tuple(
        f"{one.version} 自 {one.effective_from} 起施行。" for one in campaign.methodology_versions
    )
    sections = [Section("评价办法的版本", (Prose(versions),))]
    for level in content.levels:
        sections.append(Section(f"{level.name}：发布后的更正", (_restated(level),)))
        news: Sequence[Link] = [
            Link(_period_path(level, period), report_title(scores), f"截止 {scores.header['cutoff']}")
            for period, scores in sorted(
                level.scores.items(), key=lambda each: str(each[1].header["cutoff"]), reverse=True
            )
        ]
        sections.append(Section(f"{level.name}：先后发布的结果", links=tuple(news)))
    return _page("changes.html", "更正与变化", content, sections)


def _restated(level: LevelContent) -> Piece:
    if level.restated.empty:
        return Prose(("各期结果发布后没有更正。",))
    columns = (
        Shown("name", "对象", below="period"),
        Shown("item", "项目", "text"),
        Shown("old", "原", "text"),
        Shown("new", "现", "text"),
    )
    return listing("更正表", level.restated, columns, most=len(level.restated))
