"""SQS as the functions meet it: at least once, in no order, hidden while read, and dead at last.

The real senders of `payflow.aws` write to it; the real message handlers of `functions/` read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from payflow.aws.queue_batch import queue_handler
from simulation.faults import Faults, Kind
from simulation.kernel import Invocation, Kernel

RECEIVES_MAX: Final = 5
"""As deployed: a message that fails so often is put beside."""

MESSAGES: Final = {Kind.DUPLICATE: 4, Kind.REORDER: 3, Kind.POISON: 1}
"""What a standard queue may do to a message, and strangers to the queue."""

POISON: Final = '{"nothing": "that anybody knows"'


@dataclass(slots=True, eq=False)
class Message:
    """One message, and the payment that it is about."""

    body: str
    subject: int
    receives: int = 0


@dataclass(slots=True, eq=False)
class VirtualQueue:
    """One queue and its reader; messages that cannot be dealt with end in `dead`.

    `invoke` makes the invocation that reads one message.
    """

    name: str
    kernel: Kernel
    faults: Faults
    handle: Callable[[str], None]
    timeout_ms: int
    invocation: Callable[[str, int, int], Invocation]
    dead: list[Message] = field(default_factory=list)
    waiting: int = 0

    def send(self, body: str, subject: int, delay_ms: int) -> None:
        """Keep a message; it can be read `delay_ms` from now."""
        fault = self.faults.at(subject, f"queue.{self.name}", MESSAGES)
        if fault is not None:
            match fault.kind:
                case Kind.DUPLICATE:
                    self._keep(Message(body, subject), delay_ms + fault.amount)
                case Kind.REORDER:
                    delay_ms += fault.amount
                case Kind.POISON:
                    self._keep(Message(POISON, subject), delay_ms)
        self._keep(Message(body, subject), delay_ms)

    @property
    def dead_letters(self) -> list[Message]:
        """What somebody could deal with; poison stays where it is."""
        return [message for message in self.dead if message.body != POISON]

    def redrive(self) -> None:
        """Put the dead letters back, but for those that nobody can read."""
        dead, self.dead = self.dead_letters, []
        for message in dead:
            self._keep(Message(message.body, message.subject), 0)

    def _keep(self, message: Message, delay_ms: int) -> None:
        self.waiting += 1
        invocation = self.invocation(self.name, message.subject, self.timeout_ms)
        self.kernel.spawn(delay_ms, invocation, lambda: self._deliver(message, invocation))

    def _deliver(self, message: Message, invocation: Invocation) -> None:
        invocation.deadline_ms = self.kernel.now_ms + self.timeout_ms
        message.receives += 1
        self.waiting -= 1
        failed = True
        try:
            failed = self._has_failed(message)
        finally:  # Also when the reader dies: nobody deletes the message then.
            if failed and message.receives >= RECEIVES_MAX:
                self.dead.append(message)
            elif failed:
                self._keep(message, 6 * self.timeout_ms)

    def _has_failed(self, message: Message) -> bool:
        batch = {"Records": [{"messageId": "1", "body": message.body}]}
        return bool(queue_handler(self.handle)(batch, None)["batchItemFailures"])


class VirtualSqs:
    """The part of the SQS client that the senders use; a queue's URL is its name."""

    def __init__(self, queues: dict[str, VirtualQueue], subject_of: Callable[[str], int]) -> None:
        """`subject_of` tells from a body which payment it is about."""
        self._queues = queues
        self._subject_of = subject_of

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: int = 0,
    ) -> dict[str, Any]:
        """Keep one message."""
        subject = self._subject_of(MessageBody)
        self._queues[QueueUrl].send(MessageBody, subject, DelaySeconds * 1000)
        return {}

    def send_message_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        """Keep several messages."""
        for entry in Entries:
            self.send_message(
                QueueUrl=QueueUrl,
                MessageBody=entry["MessageBody"],
                DelaySeconds=entry["DelaySeconds"],
            )
        return {}
