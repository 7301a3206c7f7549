"""The command `llm-conformance`."""

from __future__ import annotations

import sys
from typing import Any

import click

from conformance.commandline.certifying import certify, verify
from conformance.commandline.judging import config, plan, run
from conformance.commandline.knowing import explain, list_
from conformance.commandline.recording import judge, proxy, record
from conformance.commandline.reporting import badge, compare, matrix, merge
from conformance.commandline.reproducing import export, replay
from conformance.commandline.serving import serve
from conformance.report import Exit


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


_COMMANDS = (
    run,
    plan,
    config,
    merge,
    compare,
    matrix,
    badge,
    certify,
    verify,
    judge,
    record,
    proxy,
    replay,
    export,
    list_,
    explain,
    serve,
)

for _command in _COMMANDS:
    main.add_command(_command)
