"""Says of findings in which operation they were seen, with a line that sends the request again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.exchange.curl import curl
from conformance.judges.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.report import Finding, Result


def located(result: Result, exchanges: Mapping[str, Exchange], api: Api, base_url: str, key_env: str) -> Result:
    """Return a result whose findings say their operation, and how to send their request again.

    `exchanges` holds the exchanges by id, `key_env` is the variable that the lines take the key from.
    """
    if not result.findings:
        return result
    companions = {companion.header: companion.env for companion in api.profile.companions}
    sole = result.requirement.operations[0] if len(result.requirement.operations) == 1 else ""

    def shown(finding: Finding) -> Finding:
        exchange = exchanges.get(finding.exchange)
        if exchange is None:
            return replace(finding, operation=sole)
        operation = Reading(exchange, api, base_url).operation
        line = curl(exchange.request, key_env, companions)
        return replace(finding, curl=line, operation=operation.id if operation else sole)

    return replace(result, findings=tuple(map(shown, result.findings)))
