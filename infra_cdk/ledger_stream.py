"""The journal, folded from the streams of all tables whose items have postings."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.queues import dead_letter_queue
from infra_cdk.settings import Settings
from infra_cdk.tables import TableName

# A page is one write for all that a batch has posted in its shard: the more, the cheaper. Nobody
# waits for it, since readers add what is not folded yet. The embedded cloud delivers at once.
BATCHING_WINDOW_S = 1
BATCH_SIZE_RECORDS = 100
# With pauses that grow, some minutes of a table that does not answer; then the queue, and an alarm.
RETRY_LIMIT = 20

# Every table that is folded. Its items are written by `payflow.aws.posting_item`, and its stream
# has both images.
FOLDED = (TableName.PAYMENTS, TableName.WALLETS, TableName.PAYOUTS)


class LedgerStream(Construct):
    """The mappings from those streams to `fold_ledger`, with one dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        tables: Sequence[dynamodb.Table],
        fold_ledger: DeployedFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letter_queue(self, "DeadLetters", settings=settings)
        for table in tables:
            fold_ledger.target.add_event_source(
                sources.DynamoEventSource(
                    table,
                    starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                    batch_size=BATCH_SIZE_RECORDS,
                    max_batching_window=Duration.seconds(BATCHING_WINDOW_S),
                    bisect_batch_on_error=True,
                    report_batch_item_failures=True,
                    retry_attempts=RETRY_LIMIT,
                    on_failure=sources.SqsDlq(self.dead_letters),
                    filters=[lambda_.FilterCriteria.filter(_HAS_POSTINGS)],
                )
            )


# A filter can only ask for what is at the end of a path, and postings are a list; an item has this
# attribute exactly if it has postings.
_HAS_POSTINGS = {"dynamodb": {"NewImage": {"posted_key": {"S": lambda_.FilterRule.exists()}}}}
