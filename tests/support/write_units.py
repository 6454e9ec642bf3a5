"""Counts what DynamoDB would bill, at the wire: hooks on the client that makes the calls.

A write's cost depends on the item before and after it and on the indexes that it touches, so the
counter reads both images by itself, through a client of its own that is not counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from types_boto3_dynamodb import DynamoDBClient

from tests.support.dynamodb_units import (
    Item,
    Schema,
    item_size,
    read_units,
    schema_of,
    write_units,
)

_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_UNCOUNTED = ("BatchWriteItem", "TransactWriteItems", "TransactGetItems", "ExecuteStatement")


@dataclass
class Units:
    """What was used, by table or index; `writes` counts the calls, `bytes_max` the largest item."""

    write: Counter[str] = field(default_factory=Counter)
    read: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    writes: Counter[str] = field(default_factory=Counter)
    bytes_max: Counter[str] = field(default_factory=Counter)

    @property
    def write_total(self) -> int:
        """Write units over all tables and indexes."""
        return self.write.total()

    @property
    def read_total(self) -> float:
        """Read units over all tables and indexes."""
        return sum(self.read.values())


class UnitCounter:
    """Counts the units of the single-item writes and the reads that a client makes.

    Works against any endpoint. One thread at a time; raises `NotImplementedError` for operations
    that PayFlow does not use, rather than counting them wrongly.
    """

    def __init__(self, counted: DynamoDBClient, observer: DynamoDBClient) -> None:
        """`observer` is another client of the same tables; its own calls are not counted."""
        assert counted is not observer
        self._client = counted
        self._observer = observer
        self._schemas: dict[str, Schema] = {}
        self._request: Mapping[str, Any] = {}
        self._write: tuple[Schema, Mapping[str, Any], Item | None] | None = None
        self._units = Units()

    @contextmanager
    def counting(self) -> Iterator[Units]:
        """The units used inside the block; complete at its end."""
        self._units = Units()
        events = self._client.meta.events
        hooks = (
            ("provide-client-params.dynamodb", self._begin),
            ("after-call.dynamodb", self._end),
        )
        for event, hook in hooks:
            events.register(event, hook)
        try:
            yield self._units
        finally:
            for event, hook in hooks:
                events.unregister(event, hook)

    def _begin(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name in _UNCOUNTED:
            raise NotImplementedError(f"{model.name} is not counted")
        self._request, self._write = params, None
        if model.name in _WRITES:
            schema = self._schema(params["TableName"])
            source = params["Item"] if model.name == "PutItem" else params["Key"]
            key = {name: source[name] for name in schema.key}
            self._write = schema, key, self._image(schema, key)

    def _end(self, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        if self._write is not None:
            self._count_write(*self._write)
        elif "Error" not in parsed:
            self._count_read(model.name, parsed)

    def _count_write(self, schema: Schema, key: Mapping[str, Any], before: Item | None) -> None:
        # A write whose condition failed costs as much as one that changes nothing.
        after = self._image(schema, key)
        self._units.write.update(write_units(schema, before, after))
        self._units.writes[schema.table] += 1
        size = item_size(after) if after is not None else 0
        self._units.bytes_max[schema.table] = max(self._units.bytes_max[schema.table], size)

    def _count_read(self, operation: str, parsed: Mapping[str, Any]) -> None:
        request, read = self._request, self._units.read
        consistent = bool(request.get("ConsistentRead"))
        match operation:
            case "GetItem":
                size = item_size(parsed.get("Item", {}))
                read[request["TableName"]] += read_units(size, consistent=consistent)
            case "Query" | "Scan":
                # What was looked at is billed together; PayFlow filters in no query.
                size = sum(map(item_size, parsed["Items"]))
                source = request.get("IndexName", request["TableName"])
                read[source] += read_units(size, consistent=consistent)
            case "BatchGetItem":
                for table, items in parsed["Responses"].items():
                    strong = bool(request["RequestItems"][table].get("ConsistentRead"))
                    sizes = map(item_size, items)
                    read[table] += sum(read_units(size, consistent=strong) for size in sizes)

    def _image(self, schema: Schema, key: Mapping[str, Any]) -> Item | None:
        answer = self._observer.get_item(TableName=schema.table, Key=dict(key), ConsistentRead=True)
        return answer.get("Item")

    def _schema(self, table: str) -> Schema:
        if table not in self._schemas:
            description = self._observer.describe_table(TableName=table)["Table"]
            self._schemas[table] = schema_of(description)
        return self._schemas[table]
