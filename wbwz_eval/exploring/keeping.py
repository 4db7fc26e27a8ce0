"""What was found out, as a notebook that papermill runs again for any period."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat import v4

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}


def keep(path: Path | str, title: str, parameters: Mapping[str, Any], lines: Sequence[str]) -> Path:
    """Write a notebook: a title, a cell of parameters, and a cell for each line.

    Args:
        path: Where; what is there is never overwritten.
        title: Its heading.
        parameters: Name → value unless told otherwise; plain values.
        lines: What to run, a line or more a cell.

    Returns:
        The file.

    Raises:
        CampaignError: There is a file already; a name that Python does not take.
    """
    target = Path(path)
    if target.exists():
        message = f"{target} 已经有了，没有覆盖；请换个名字"
        raise CampaignError(message)
    wrong = [name for name in parameters if not name.isidentifier()]
    if wrong:
        message = f"参数名 {'、'.join(wrong)} 不行；应为字母、数字和下划线，不以数字开头"
        raise CampaignError(message)
    told = "\n".join(f"{name}: {type(value).__name__} = {value!r}" for name, value in parameters.items())
    nodes: Any = v4  # it carries no types
    made = nodes.new_notebook(
        cells=[
            nodes.new_markdown_cell(f"# {title}"),
            nodes.new_code_cell(told, metadata={"tags": ["parameters"]}),
            *(nodes.new_code_cell(line) for line in lines),
        ],
        metadata={"kernelspec": _KERNEL},
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, nodes.writes(made).encode())
    return target
