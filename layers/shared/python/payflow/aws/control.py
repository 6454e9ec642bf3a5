"""The control table: three items that operators and the health learner write, and all routers read.

    providers   provider documents that replace deployed ones, as one JSON text
    faults      providers broken on purpose, as one JSON text
    health      the health book, as one JSON text

Each item carries a `version` that every write has to name. All three are read in one
`BatchGetItem`; `CachedMarket` does so at most once a second per process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.aws.observability import log_failure
from payflow.domain.control import (
    Content,
    Control,
    Document,
    Versioned,
    by_id,
)
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.faults import active_faults, faults_from_document, faults_to_document
from payflow.domain.health import HealthBook, market_health
from payflow.domain.health_document import health_from_document, health_to_document
from payflow.domain.ports import Clock
from payflow.domain.provider import Faults, Market

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutItemInputTypeDef

MARKET_AGE_MAX: Final = timedelta(seconds=1)
"""How old a cached market may be; a change reaches every process within this and one read."""

READS_MAX: Final = 3

_PART: Final = "control table"
_PROVIDERS: Final = "providers"
_FAULTS: Final = "faults"
_HEALTH: Final = "health"


class ControlTable:
    """`ControlRepository` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, deployed: list[dict[str, Any]]) -> None:
        """`deployed` is the provider configuration that came with the code."""
        self._client = client
        self._table = table
        self._deployed: dict[str, Document] = by_id(deployed)

    @property
    def deployed(self) -> Control:
        """The state of a table in which nothing has been stored."""
        return Control(self._deployed)

    def load(self, *, consistent: bool = True) -> Control:
        """The latest committed records, or with `consistent` false those of a moment ago.

        Raises `Unavailable` while the table does not answer.
        """
        items = self._items(consistent)
        return Control(
            deployed=self._deployed,
            overrides=_versioned(items.get(_PROVIDERS), _overrides, default={}),
            faults=_versioned(items.get(_FAULTS), _faults, default={}),
            health=_versioned(items.get(_HEALTH), health_from_document, default=HealthBook()),
        )

    def save_overrides(self, documents: Mapping[str, Document], version: int) -> None:
        """Store `documents` over `version`; raises `VersionConflict`, `Unavailable`."""
        self._save(_PROVIDERS, documents, version)

    def save_faults(self, faults: Mapping[str, Faults], version: int) -> None:
        """Store `faults` over `version`; raises `VersionConflict`, `Unavailable`."""
        documents = {name: faults_to_document(fault) for name, fault in faults.items()}
        self._save(_FAULTS, documents, version)

    def save_health(self, book: HealthBook, version: int) -> None:
        """Store `book` over `version`; raises `VersionConflict`, `Unavailable`."""
        self._save(_HEALTH, health_to_document(book), version)

    def _items(self, consistent: bool) -> dict[str, dict[str, Any]]:
        wanted: list[Any] = [{"id": {"S": name}} for name in (_PROVIDERS, _FAULTS, _HEALTH)]
        found: dict[str, dict[str, Any]] = {}
        for _ in range(READS_MAX):
            with unavailable_on_failure(_PART):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": consistent}}
                )
            for item in answer["Responses"].get(self._table, []):
                found[item["id"]["S"]] = dict(item)
            left = answer.get("UnprocessedKeys", {}).get(self._table)
            if not left:
                return found
            wanted = list(left["Keys"])
        raise Unavailable(
            "temporarily_unavailable", f"the {_PART} cannot answer now", retry_after_s=1
        )

    def _save(self, name: str, content: Mapping[str, Any], version: int) -> None:
        from botocore.exceptions import ClientError

        put: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": {
                "id": {"S": name},
                "version": {"N": str(version + 1)},
                "document": {"S": json.dumps(content, separators=(",", ":"))},
            },
            "ConditionExpression": "attribute_not_exists(id)",
        }
        if version > 0:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(version)}}
        try:
            with unavailable_on_failure(_PART):
                self._client.put_item(**put)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                raise VersionConflict(f"control record {name}") from error
            raise


def _versioned(
    item: dict[str, Any] | None, read: Callable[[Any], Content], *, default: Content
) -> Versioned[Content]:
    """The record in `item`; one that this code cannot read counts as empty and is written anew."""
    if item is None:
        return Versioned(default)
    version = int(item["version"]["N"])
    try:
        return Versioned(read(json.loads(item["document"]["S"])), version)
    except (LookupError, TypeError, ValueError) as error:
        log_failure("control record not readable", error, record=item["id"]["S"])
        return Versioned(default, version)


def _faults(documents: dict[str, Any]) -> Mapping[str, Faults]:
    return {name: faults_from_document(document) for name, document in documents.items()}


def _overrides(documents: dict[str, Any]) -> Mapping[str, Document]:
    return dict(documents)


class CachedMarket:
    """`MarketSource` over the control table, at most `MARKET_AGE_MAX` old while it answers.

    A table that does not answer never stops a payment: the last market that was read goes on, or
    the deployed configuration if there is none yet. Breakers and faults still change with time.
    """

    def __init__(self, table: ControlTable, clock: Clock) -> None:
        """Nothing is read before `snapshot`."""
        self._table = table
        self._clock = clock
        self._control = table.deployed
        self._read: Market | None = None
        self._read_at: datetime | None = None

    def snapshot(self) -> Market:
        """The market as last read, with the faults that hold now."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= MARKET_AGE_MAX:
            self._read_at = now
            self._refresh(now)
        if self._read is None:
            return self._control.market(now)
        return replace(self._read, faults=active_faults(self._control.faults.content, now))

    def _refresh(self, now: datetime) -> None:
        try:
            control = self._table.load(consistent=False)
            self._read = self._market(control, now)
        except (Unavailable, LookupError, TypeError, ValueError) as error:
            log_failure("market not refreshed", error)
        else:
            self._control = control

    def _market(self, control: Control, now: datetime) -> Market:
        """The market of `control`; provider documents that are known are not read once more."""
        known = self._read
        if known is None or control.overrides.version != self._control.overrides.version:
            return control.market(now)
        return replace(known, health=market_health(control.health.content, now))
