"""Whether the tables and the workflow are there: asked all at once, and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from payflow.aws.observability import log_failure

if TYPE_CHECKING:
    from concurrent.futures import Future

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_stepfunctions import SFNClient

ANSWER_TIME_MAX_S: Final = 3.0
"""A part that takes longer counts as unavailable; whoever asks wants to know now."""

WORKFLOW: Final = "workflow"

_USABLE_TABLE: Final = frozenset({"ACTIVE", "UPDATING"})
_USABLE_WORKFLOW: Final = "ACTIVE"


class DeployedParts:
    """Asks for descriptions only: to see that a part is there takes no right to its contents."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        tables: Mapping[str, str],
        stepfunctions: SFNClient,
        state_machine_arn: str,
    ) -> None:
        """`tables` are the tables' names by the names of their parts."""
        self._dynamodb = dynamodb
        self._tables = tables
        self._stepfunctions = stepfunctions
        self._state_machine_arn = state_machine_arn

    def __call__(self) -> Mapping[str, bool]:
        """Whether each part can be used, by its name; whatever a failure is, its part cannot."""
        from concurrent.futures import ThreadPoolExecutor, wait

        pool = ThreadPoolExecutor(len(self._tables) + 1)
        asked = {part: pool.submit(self._has_table, name) for part, name in self._tables.items()}
        asked[WORKFLOW] = pool.submit(self._has_workflow)
        wait(asked.values(), timeout=ANSWER_TIME_MAX_S)
        # Who has not answered yet gives up in the background: every call is bounded in time.
        pool.shutdown(wait=False)
        return {part: _is_usable(part, answer) for part, answer in asked.items()}

    def _has_table(self, name: str) -> bool:
        answer = self._dynamodb.describe_table(TableName=name)
        return answer["Table"].get("TableStatus") in _USABLE_TABLE

    def _has_workflow(self) -> bool:
        answer = self._stepfunctions.describe_state_machine(stateMachineArn=self._state_machine_arn)
        return answer.get("status", _USABLE_WORKFLOW) == _USABLE_WORKFLOW


def _is_usable(part: str, answer: Future[bool]) -> bool:
    if not answer.done():
        return False
    error = answer.exception()
    if error is not None:
        log_failure("part not available", error, part=part)
        return False
    return answer.result()
