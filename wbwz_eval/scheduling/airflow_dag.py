"""A DAG for Airflow 3 that calls the command ``wbwz`` and imports nothing of this package.

Each report and period that is due is a task of its own, with retries, so that Airflow shows which one
failed. Two of them never run at once: ``run-due`` has the campaign to itself. What is made for each entity
is made before that, side by side, in a task for each entity: those mark nothing and need nobody's leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from wbwz_eval.scheduling.timers import Call

_BODY = '''
import json
import os
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, get_current_context, task

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow 3.0
    from airflow.exceptions import AirflowFailException

BLOCKED, FAILED = 4, 1
MOST = 500  # 一次最多分成几个任务：各期超过的由 rest 出，各对象超过的几个合成一个任务
SIDE_BY_SIDE = None  # 逐个对象的任务同时运行几个；None 为处理器有几个就几个


def day(context):
    """这一次运行是为哪一天：补跑（airflow backfill）时是那一天，手动启动而没有日期时是今天。"""
    end = context.get("data_interval_end") or context.get("logical_date")
    return [] if end is None else ["--date", str(end.astimezone(ZoneInfo(ZONE)).date())]


def environment(*, alerts):
    """没有完的还要再试，所以只有最后一个任务才通知。"""
    own = os.environ | ENVIRONMENT
    if not alerts:
        own = {name: value for name, value in own.items() if name not in ("WBWZ_ON_FAILURE", "WBWZ_WEBHOOK")}
    return own


def run_due(*options, alerts=False):
    """运行命令，逐行写进任务的日志；返回退出码。"""
    command = [*RUN_DUE, *day(get_current_context()), *options]
    with subprocess.Popen(
        command,
        cwd=WORK,
        env=environment(alerts=alerts),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
        except BaseException:
            process.terminate()
            raise
    return process.returncode


def judge(what, code):
    """受阻的不再试，失败的再试。"""
    if code == BLOCKED:
        raise AirflowFailException(f"{what} 受阻，再试也没有用；原因见日志")
    if code:
        raise RuntimeError(f"{what} 没有出，run-due 的退出码是 {code}")


def due(*options):
    """应出而没有出的，每项一个字典。"""
    done = subprocess.run(
        [*DUE, *day(get_current_context()), *options],
        cwd=WORK,
        env=environment(alerts=False),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return [item for item in json.loads(done.stdout) if item["state"] in ("due", "late")]


with DAG(
    dag_id=NAME,
    description="wbwz run-due",
    schedule=CRON,
    start_date=datetime(2000, 1, 1, tzinfo=ZoneInfo(ZONE)),
    catchup=False,  # 错过的各期由 run-due 逐期补出；更早的用 airflow backfill
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["wbwz"],
) as dag:

    @task
    def owed():
        """应出而没有出的报告和期。"""
        return [{"report": item["report"], "period": item["period"]} for item in due()][:MOST]

    @task
    def entities():
        """其中每个被评对象一份的，逐个对象。"""
        items = [item for item in due("--each") if item["entity"]]
        size = -(-len(items) // MOST)
        parts = {}
        for item in items:
            of_one = parts.setdefault((item["report"], item["period"]), [])
            if not of_one or len(of_one[-1]) == size:
                of_one.append([])
            of_one[-1].append(item["entity"])
        return [
            {"report": report, "period": period, "about": about}
            for (report, period), lists in parts.items()
            for about in lists
        ]

    at_once = SIDE_BY_SIDE or os.cpu_count() or 1

    @task(map_index_template="{{ what }}", max_active_tis_per_dag=at_once, retries=1)
    def make_one(report, period, about):
        """出一个（或几个）被评对象的一份；由后面的 make 记为出齐。"""
        get_current_context()["what"] = f"{report} {period} {'、'.join(about)}"
        each = [word for entity in about for word in ("--entity", entity)]
        code = run_due("--only", report, "--backfill", period, period, "--jobs", "1", *each)
        judge(f"{report} {period}", code)

    # 一个活动一次只有一个 run-due
    @task(map_index_template="{{ what }}", max_active_tis_per_dag=1, trigger_rule="all_done")
    def make(report, period):
        """出一种报告的一期。"""
        get_current_context()["what"] = f"{report} {period}"
        judge(f"{report} {period}", run_due("--only", report, "--backfill", period, period))

    @task(trigger_rule="all_done")
    def rest():
        """再看一次：还有没有应出而没有出的，失败的和受阻的在这里通知。"""
        code = run_due(alerts=True)
        if code in (FAILED, BLOCKED):
            raise AirflowFailException(f"有失败或受阻的，run-due 的退出码是 {code}；见日志")
        if code:
            raise RuntimeError(f"run-due 的退出码是 {code}")

    make_one.expand_kwargs(entities()) >> make.expand_kwargs(owed()) >> rest()

if __name__ == "__main__":
    dag.test()
'''


def airflow_dag(call: Call, zone: str) -> str:
    """Return the file for Airflow's folder of DAGs.

    Args:
        call: What is run, and when.
        zone: The time zone of the hour, such as ``Asia/Shanghai``.

    Raises:
        ReportError: There is an address to be told: whoever may look at the DAG would read it.
    """
    if call.hooks.webhook is not None:
        msg = (
            "通知地址不能写进 DAG：Airflow 的界面上人人看得到它的源码；"
            "请不写 --webhook，在 Airflow 的环境里设 WBWZ_WEBHOOK"
        )
        raise ReportError(msg)
    named = {
        "NAME": call.name,
        "CRON": f"{call.minute} {call.hour} * * *",
        "ZONE": zone,
        "WORK": call.work,
        "RUN_DUE": call.arguments("run-due"),
        "DUE": [*call.arguments("due"), "--format", "json"],
        "ENVIRONMENT": call.environment("Airflow"),
    }
    values = "".join(f"{name} = {value!r}\n" for name, value in named.items())
    return f'"""由 wbwz schedule 写出，放进 Airflow 的 dags 文件夹；只调用 wbwz 命令。"""\n\n{values}{_BODY}'
