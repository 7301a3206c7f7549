"""The command `llm-conformance`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from conformance.commands.recordoptions import OPTIONS as _RECORD
from conformance.generation.effort import EFFORT_ENV, Effort
from conformance.report import Exit

Body = TypeVar("Body", bound=Callable[..., Any])

_TARGET = (
    click.option("--api", "apis", multiple=True, metavar="ID", help="The API to judge (repeatable; default: all)."),
    click.option(
        "-u", "--target", metavar="URL", help="Base URL of the target; default: the bundled reference server."
    ),
    click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env."),
    click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key."),
    click.option("--header", "headers", multiple=True, metavar="'K: V'", help="Header sent with every request."),
    click.option("--model", metavar="ID", help="Model to use; default: the first usable one."),
    click.option("--with", "optional", multiple=True, metavar="API:GROUP", help="Turn on an optional group."),
    click.option(
        "--effort",
        type=click.Choice([str(effort) for effort in Effort]),
        default=str(Effort.STANDARD),
        envvar=EFFORT_ENV,
        show_default=True,
        help="How much is generated from the specification beside the fixed probes.",
    ),
    click.option("--level", type=click.Choice(["must", "should"]), default="should", help="Judge only must, or all."),
    click.option("--strict", is_flag=True, help="A broken should fails the run, too."),
    click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once."),
    click.option("--max-requests", type=click.IntRange(1), default=2000, show_default=True, help="Requests at most."),
    click.option(
        "--max-output-tokens",
        type=click.IntRange(1),
        default=200_000,
        show_default=True,
        help="Output tokens at most.",
    ),
    click.option("--max-seconds", type=click.FloatRange(1), default=1800.0, show_default=True, help="Seconds at most."),
    click.option(
        "--timeout",
        type=click.FloatRange(0.1),
        default=60.0,
        show_default=True,
        help="Seconds for one request.",
    ),
    click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn."),
    click.option("-k", "expression", default="", metavar="EXPR", help="Only requirements that match (as pytest's -k)."),
)


def _with(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Body], Body]:
    def decorate(function: Body) -> Body:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


class _Command(click.Group):
    """Ends every trouble in one line and the documented exit status."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own type
        from conformance.commands.trouble import Ended

        try:
            return super().invoke(ctx)
        except Ended as ended:
            sys.exit(ended.status)
        except KeyboardInterrupt:
            click.echo("llm-conformance: interrupted", err=True)
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output is gone; there is nobody to tell
            sys.exit(Exit.CONFORMANT)


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="llm-conformance", prog_name="llm-conformance")
def main() -> None:
    """Prove that an LLM HTTP API keeps its documented promises.

    \b
    Exit status: 0 conformant, 1 a must is broken, 2 usage or configuration
    error, 3 inconclusive, 4 the suite itself failed, 130 interrupted.
    """  # noqa: D301 - click keeps the lines after its backspace as they are


@main.command()
@_with(_TARGET)
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports go.",
)
@click.option("--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON report here, too.")
@click.option(
    "--save-failures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep failing cases there, and send again those that are kept.",
)
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def run(**said: Any) -> None:  # noqa: ANN401 - options as click gives them
    """Judge a target, or every API against the bundled reference server."""
    from conformance.commands.run import run as execute

    sys.exit(execute(**said))


@main.command()
@_with(_TARGET)
def plan(**said: Any) -> None:  # noqa: ANN401
    """Say what a run would send at most; sends nothing."""
    from conformance.commands.plan import plan as show

    sys.exit(show(**said))


@main.command()
@click.option("--api", "apis", multiple=True, metavar="ID", help="Serve only this API (repeatable; default: all).")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Break promises: see `list deviations`.")
@click.option("--latency", type=click.FloatRange(0), default=0.0, metavar="MS", help="Milliseconds before each answer.")
@click.option(
    "--tokens-per-second",
    type=click.FloatRange(0, min_open=True),
    default=250.0,
    show_default=True,
    help="Speed of streams.",
)
@click.option("--api-key", metavar="KEY", help="The only key that is accepted.")
@click.option(
    "--fixtures",
    "places",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Play recordings back instead: a HAR file, or a folder of them (repeatable).",
)
@click.option("--timing", metavar="WHEN", help="Of recordings: recorded (default), none, or seconds for an answer.")
@click.option("--split", type=click.Choice(["bytes"]), help="Of recordings: send every byte of a body by itself.")
@click.option("--base-path", metavar="PATH", help="Of recordings: the base path, in place of the recorded one.")
def serve(**said: Any) -> None:  # noqa: ANN401
    """Serve the documented APIs, or recordings, on this machine."""
    from conformance.commands.serve import serve as start

    sys.exit(start(**said))


@main.command("list")
@click.argument("what", type=click.Choice(["apis", "requirements", "probes", "deviations", "bugs"]), default="apis")
@click.option("--api", "apis", multiple=True, metavar="ID", help="Only of this API (repeatable).")
def list_(what: str, apis: tuple[str, ...]) -> None:
    """List apis, requirements, probes, deviations or known bug classes."""
    from conformance.commands.catalogue import listing

    sys.exit(listing(what, apis))


@main.command()
@click.argument("requirement")
@click.option("--api", "apis", multiple=True, metavar="ID", help="Only for this API (repeatable).")
def explain(requirement: str, apis: tuple[str, ...]) -> None:
    """Explain a requirement: what it says, where it stands, how it is judged."""
    from conformance.commands.catalogue import explanation

    sys.exit(explanation(requirement, apis))


@main.command()
@click.argument("findings", nargs=-1, metavar="[FINDING...]")
@click.option("--report", type=click.Path(path_type=Path), metavar="PATH", help="Folder of the run; default: newest.")
@click.option("--har", type=click.Path(path_type=Path), metavar="FILE", help="A recording, in place of a run.")
@click.option("--entry", metavar="N|ID", help="The exchange of the recording; default: its only one.")
@click.option("--api", metavar="ID", help="The API of the recording; default: the one that the paths are of.")
@click.option("-u", "--target", metavar="URL", help="Base URL to send to; default: the one that was recorded.")
@click.option("--bisect", "bisected", nargs=2, metavar="A B", help="Base URLs of two targets: show what differs.")
@click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env.")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key.")
@click.option("--api-key-env-b", metavar="NAME", help="Environment variable that holds the key to B.")
@click.option("--header", "headers", multiple=True, metavar="'K: V'", help="Header sent with every request.")
@click.option("--model", metavar="ID", help="Model to ask in place of the one that was asked.")
@click.option("--model-b", metavar="ID", help="Model to ask B.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Start the bundled server, deviating.")
@click.option("--whole-probe", is_flag=True, help="Send all requests of the probe, in order.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True, help="How often to try.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds for one request.")
@click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment.")
def replay(**said: Any) -> None:  # noqa: ANN401
    """Send again what a finding shows, and say whether it is still there.

    FINDING is REQUIREMENT@EXCHANGE, or a requirement or an exchange for all findings of it. --har takes an exchange of
    any recording instead, and says what it breaks now and broke then. --bisect sends to two targets.

    \b
    Exit status: 0 gone, 1 still there, 2 usage error, 3 cannot tell.
    With --bisect: 0 the same, 1 the targets differ, 2 usage error, 3 cannot tell.
    """  # noqa: D301
    from conformance.commands.replay import replay as look

    sys.exit(look(**said))


@main.command()
@click.argument("finding")
@click.option("--report", type=click.Path(path_type=Path), metavar="PATH", help="Folder of the run; default: newest.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="- prints it.",
)
def export(**said: Any) -> None:  # noqa: ANN401
    """Write a finding as a bug report in Markdown for whoever maintains the server; sends nothing.

    FINDING is REQUIREMENT@EXCHANGE, or a requirement or an exchange for the first finding of it.
    """
    from conformance.commands.export import export as write

    sys.exit(write(**said))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--api", metavar="ID", help="The API to judge by; default: the one that the paths are of.")
@click.option("--target", metavar="URL", help="Base URL of the recorded target; default: found from the paths.")
@click.option("--base-path", metavar="PATH", help="Where the API begins on its host, if that is not found.")
@click.option("--strict", is_flag=True, help="A broken should fails, too.")
@click.option("--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON report here.")
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
def judge(**said: Any) -> None:  # noqa: ANN401
    """Judge recorded traffic; sends nothing.

    FILES are HAR files of browsers, proxies or a run, Charles sessions (.chlsj), or transcripts of curl -i or -v;
    - is standard input.
    """
    from conformance.commands.judge import judge as decide

    sys.exit(decide(**said))


@main.command()
@click.option("-u", "--target", required=True, metavar="URL", help="Base URL of the target that everything goes to.")
@click.option("--api", required=True, metavar="ID", help="The API whose promises are judged.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Bend answers: see `list deviations`.")
@click.option(
    "--keep",
    type=click.IntRange(1, 1024),
    default=16,
    show_default=True,
    metavar="MB",
    help="Megabytes kept of a body.",
)
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports go.",
)
@click.option("--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON report here, too.")
@click.option("--strict", is_flag=True, help="A broken should fails, too.")
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
def proxy(**said: Any) -> None:  # noqa: ANN401
    """Pass a client's traffic on to a target, record it, judge it as it passes.

    Listens on 127.0.0.1 until Ctrl-C, then reports; the exit status is that of the report (as of `judge`).
    """
    from conformance.commands.proxy import proxy as pass_on

    sys.exit(pass_on(**said))


@main.command()
@_with(_RECORD)
def record(**said: Any) -> None:  # noqa: ANN401
    """Keep a target's answers as fixtures, scrubbed; where there are fixtures, say what changed.

    Exit status as of run, but 1 if a must is newly broken, with --strict if anything changed.
    """
    from conformance.commands.record import record as keep

    sys.exit(keep(**said))
