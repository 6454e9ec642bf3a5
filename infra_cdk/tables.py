"""The tables: one purpose each, on demand, encrypted, kept or dropped by stage."""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra_cdk.settings import Settings

KEYS_ONLY = dynamodb.ProjectionType.KEYS_ONLY


class TableName(StrEnum):
    """The tables, each by the environment variable that carries its name to a function."""

    PAYMENTS = "PAYMENTS_TABLE"
    VAULT = "VAULT_TABLE"
    MERCHANTS = "MERCHANTS_TABLE"
    CONTROL = "CONTROL_TABLE"
    PROVIDER_BOOKS = "PROVIDER_BOOKS_TABLE"
    PROVIDER_CALLS = "PROVIDER_CALLS_TABLE"
    PAYOUTS = "PAYOUTS_TABLE"
    LEDGER = "LEDGER_TABLE"
    WALLETS = "WALLETS_TABLE"


INDEXES = {
    TableName.PAYMENTS: ("by_merchant", "by_posting", "by_dispute", "by_attention"),
    TableName.MERCHANTS: ("by_owner",),
    TableName.PAYOUTS: ("by_merchant", "by_posting"),
    TableName.WALLETS: ("by_posting",),
}


class Tables(Construct):
    """All tables, reached by `table(name)`."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._tables = {
            TableName.PAYMENTS: self._payments(),
            # A token's life ends by the clock; the deletion itself may come days later.
            TableName.VAULT: self._create("Vault", "token", time_to_live_attribute="expires_at"),
            TableName.MERCHANTS: self._merchants(),
            TableName.CONTROL: self._create("Control", "id"),
            TableName.PROVIDER_BOOKS: self._create("ProviderBooks", "id"),
            # Which calls were made already; of use for as long as a workflow may repeat one.
            TableName.PROVIDER_CALLS: self._create(
                "ProviderCalls", "id", time_to_live_attribute="expires_at"
            ),
            TableName.PAYOUTS: self._payouts(),
            TableName.LEDGER: self._create("Ledger", "shard", number_sort_key="page"),
            TableName.WALLETS: self._wallets(),
        }

    def table(self, name: TableName) -> dynamodb.Table:
        """The table of that name."""
        return self._tables[name]

    def all(self) -> dict[TableName, dynamodb.Table]:
        """Every table by its name."""
        return dict(self._tables)

    def index_arns(self, name: TableName) -> list[str]:
        """The indexes of the table, which a policy names one by one."""
        return [f"{self._tables[name].table_arn}/index/{index}" for index in INDEXES.get(name, ())]

    def _payments(self) -> dynamodb.Table:
        table = self._create("Payments", "id", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        # Keys only: an index entry is one write unit whatever the payment weighs.
        _index(table, "by_merchant", "merchant_id", "created_key", KEYS_ONLY)
        # Sparse: only a payment that was booked has a `posted_key`.
        _index(table, "by_posting", "merchant_id", "posted_key", KEYS_ONLY)
        # Sparse: nearly no payment is ever disputed.
        _index(table, "by_dispute", "merchant_id", "disputed_key", KEYS_ONLY)
        # Sparse: only a payment that waits for something, or for somebody, has an `attention`.
        _index(table, "by_attention", "attention", "attention_key", KEYS_ONLY)
        return table

    def _wallets(self) -> dynamodb.Table:
        table = self._create("Wallets", "id", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        # Sparse: only an operation that was booked has a `posted_key`.
        _index(table, "by_posting", "merchant_id", "posted_key", KEYS_ONLY)
        return table

    def _merchants(self) -> dynamodb.Table:
        table = self._create("Merchants", "id")
        _index(table, "by_owner", "owner", "id", dynamodb.ProjectionType.ALL)
        return table

    def _payouts(self) -> dynamodb.Table:
        table = self._create("Payouts", "id", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        # A few a day and merchant, so a listing reads them from the index itself.
        _index(table, "by_merchant", "merchant_id", "created_key", dynamodb.ProjectionType.ALL)
        _index(table, "by_posting", "merchant_id", "posted_key", KEYS_ONLY)
        return table

    def _create(
        self,
        construct_id: str,
        partition_key: str,
        *,
        number_sort_key: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
        time_to_live_attribute: str | None = None,
    ) -> dynamodb.Table:
        keeps_data = self._settings.keeps_data
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=_string(partition_key),
            sort_key=_number(number_sort_key) if number_sort_key is not None else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self._settings.point_in_time_recovery
            ),
            deletion_protection=keeps_data,
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
            stream=stream,
            time_to_live_attribute=time_to_live_attribute,
        )


def _index(
    table: dynamodb.Table,
    name: str,
    partition_key: str,
    sort_key: str,
    projection: dynamodb.ProjectionType,
) -> None:
    table.add_global_secondary_index(
        index_name=name,
        partition_key=_string(partition_key),
        sort_key=_string(sort_key),
        projection_type=projection,
    )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _number(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.NUMBER)
