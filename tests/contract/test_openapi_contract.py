"""The interface keeps what its OpenAPI document promises, whatever is sent: requests are made up from the document itself.

Against the real brains, with an agent at a seat and calls that wait, so that requests meet something.
"""

import asyncio
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.metrics_records import ListRecords, answered, left
from tests.support.missed_calls import ListMissedCalls, missed
from tests.support.stage import TOKEN, Stage

REACHED_BY: dict[str, Any] = {
    "base_url": "http://127.0.0.1:8600",
    "headers": {"Authorization": f"Bearer {TOKEN}"},
}


def at_work() -> Stage:
    """One floor for all requests, which follow each other as they do in life. The examples of the document name it."""
    ledger = ListMissedCalls([missed("1763713800.17")])
    stage = Stage(records=ListRecords([answered(5), left(9)]), missed=ledger)
    asyncio.run(_begin(stage))
    return stage


async def _begin(stage: Stage) -> None:
    """In a loop: a call that waits sets a timer."""
    stage.open()
    stage.call("1763713800.17", name="张三")


schema = schemathesis.openapi.from_asgi("/openapi.json", at_work().api, headers={"Host": "127.0.0.1"})


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_answer_is_one_of_those_promised(case: Case[Any]) -> None:
    """Status, media type, headers and shape; no fault of ours; and without the token nothing.

    A cursor that we never gave is refused, although no schema can tell it from one that we gave; so is a period that ends before it
    begins, a password that is easy to guess, or a text that is no topic.
    """
    response = case.call(**REACHED_BY)
    is_opaque = response.status_code == 422 and response.json()["code"] in {
        "wrong-cursor",
        "bad-range",
        "too-many-rows",
        "weak-password",
        "wrong-topics",
    }
    excluded: list[Any] = [positive_data_acceptance] if is_opaque else []
    case.validate_response(response, excluded_checks=excluded, transport_kwargs=REACHED_BY)
