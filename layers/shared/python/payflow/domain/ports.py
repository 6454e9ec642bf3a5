"""What the use cases need from the world; `payflow.wiring` joins these to their adapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from payflow.domain.control import Control, Document
    from payflow.domain.dispute import Evidence
    from payflow.domain.fx import RateTable
    from payflow.domain.health import HealthBook
    from payflow.domain.journal_page import Page
    from payflow.domain.ledger import JournalTransaction
    from payflow.domain.listing import DisputeFilter, DisputePage, PaymentFilter, PaymentPage
    from payflow.domain.merchant import ApiKey, Merchant
    from payflow.domain.method import CardData, CardMethod
    from payflow.domain.outcomes import ProviderResult
    from payflow.domain.payment import Payment
    from payflow.domain.payout import Earned, PaidOut, Payout, PayoutFilter, PayoutPage
    from payflow.domain.provider import Faults, Market
    from payflow.domain.provider_call import ProviderCall
    from payflow.domain.wallet import Performed, Wallet, WalletOperation, WalletRequest


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The aware UTC time, in whole milliseconds."""
        ...

    def sleep_ms(self, duration_ms: int) -> None:
        """Return after `duration_ms` of this clock's time."""
        ...


class Randomness(Protocol):
    """A source of randomness; `random.Random` and `random.SystemRandom` are two."""

    def random(self) -> float:
        """A uniform draw from [0, 1)."""
        ...

    def randbytes(self, n: int, /) -> bytes:
        """`n` random bytes."""
        ...


class PaymentRepository(Protocol):
    """Payments, each with its claim and its postings, in one item."""

    def create(self, payment: Payment) -> Payment | None:
        """Store a new payment; if its id is taken, store nothing and return what is there."""
        ...

    def get(self, payment_id: str) -> Payment | None:
        """The latest committed version (a consistent read), or None."""
        ...

    def save(self, payment: Payment) -> None:
        """Replace version `payment.version - 1`; raises `VersionConflict` if it is not current."""
        ...

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        """Newest first, at most `wanted.limit`, from `wanted.after` on."""
        ...

    def list_disputes(self, wanted: DisputeFilter) -> DisputePage:
        """Payments with disputes, by their latest one; at most `wanted.limit` disputes."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """The ids of at most `limit` payments whose `due_at` has passed."""
        ...

    def in_review(self, limit: int) -> Sequence[Payment]:
        """At most `limit` payments with an open review, the longest waiting first."""
        ...


class PostingSource(Protocol):
    """Facts that are booked: each has its postings in its own item."""

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first, in batches.

        Read as it is asked for; an iterator that is left alone costs its first batch at most.
        """
        ...


class Journal(Protocol):
    """The pages of the ledger, append-only; all reads are consistent.

    Each raises `Unavailable` while the store does not answer.
    """

    def tails(self, shards: Iterable[int]) -> Mapping[int, Sequence[Page]]:
        """The newest page of each shard and those before it, to the last checkpoint, or none."""
        ...

    def tail(self, shard: int, number: int) -> Sequence[Page]:
        """Page `number` and those before it, newest first, to the last checkpoint."""
        ...

    def ascending(self, shard: int, first: int) -> Iterator[Page]:
        """The pages from `first` on, read as they are asked for."""
        ...

    def descending(self, shard: int, last: int) -> Iterator[Page]:
        """The pages from `last` down, read as they are asked for."""
        ...

    def watermark(self, shard: int, number: int) -> datetime:
        """The watermark of a page that exists."""
        ...

    def append(self, page: Page) -> bool:
        """Store `page` as the next of its shard; False if another one was first."""
        ...


class Earnings(Protocol):
    """What merchants have earned."""

    def of(self, merchant_id: str) -> Mapping[str, Earned]:
        """By currency, as of now: what no capture, refund or dispute is missing from."""
        ...


class PayoutRepository(Protocol):
    """Payouts, and the sum of them by merchant and currency."""

    def add(self, payout: Payout, before: PaidOut) -> None:
        """Store a new payout and the sum with it, both or neither.

        Raises `VersionConflict` if there is a payout with that id, or the sum is not `before` any
        more: load both and decide anew.
        """
        ...

    def paid_out(self, merchant_id: str, currency: str) -> PaidOut:
        """The sum of all payouts so far (a consistent read)."""
        ...

    def get(self, payout_id: str) -> Payout | None:
        """The payout (a consistent read), or None."""
        ...

    def list(self, wanted: PayoutFilter) -> PayoutPage:
        """Newest first, at most `wanted.limit`, from `wanted.after` on."""
        ...


class Vault(Protocol):
    """The only place that holds card numbers, encrypted; a CVC only until it has been used."""

    def store(self, token: str, merchant_id: str, card: CardData, *, keep: bool) -> None:
        """Keep `card` under `token`; a token that is there already is left as it is.

        With `keep` false the item expires by itself unless `forget_cvc` follows, so that a request
        that died before its payment was written leaves nothing behind. With `keep` true the CVC is
        not stored: nothing would ever say that it has been used.
        """
        ...

    def describe(self, token: str, merchant_id: str) -> CardMethod | None:
        """The card behind a merchant's token without its number, or None."""
        ...

    def reveal(self, token: str) -> CardData | None:
        """The card behind `token`, for use inside a provider call only."""
        ...

    def forget_cvc(self, token: str) -> None:
        """Delete the CVC and keep the card; harmless when repeated."""
        ...

    def discard(self, token: str) -> None:
        """Delete what `store` put under `token`, unless `forget_cvc` has made it permanent.

        For a request that was refused afterwards.
        """
        ...

    def fingerprint(self, content: bytes) -> str:
        """A keyed hash: equal for equal content, useless to whoever lacks the key."""
        ...


class MerchantRepository(Protocol):
    """Merchants and the hashes of their keys."""

    def create(self, merchant: Merchant, keys: Sequence[ApiKey]) -> None:
        """Store a merchant with its first keys, all or none."""
        ...

    def get(self, merchant_id: str) -> Merchant | None:
        """The merchant, or None."""
        ...

    def save(self, merchant: Merchant) -> None:
        """Replace version `merchant.version - 1`; raises `VersionConflict`."""
        ...

    def list(self) -> Sequence[Merchant]:
        """All merchants, oldest first."""
        ...

    def add_key(self, key: ApiKey) -> None:
        """Store one more key."""
        ...

    def find_key(self, key_hash: str) -> ApiKey | None:
        """The key with that hash, revoked or not, or None."""
        ...

    def keys_of(self, owner: str) -> Sequence[ApiKey]:
        """The keys of one owner."""
        ...

    def revoke_key(self, key: ApiKey, now: datetime) -> None:
        """Mark the key as revoked from `now` on."""
        ...


class WakeUps(Protocol):
    """Sees to it that payments are looked at again."""

    def wake(self, wake_ups: Sequence[tuple[str, datetime]]) -> None:
        """Have each payment, by its id, woken at its time or soon after, at least once.

        A time in the past is now; one farther away than the queue can hold a message back comes
        early. Raises `Unavailable` if not all of them could be accepted.
        """
        ...


class MarketSource(Protocol):
    """Provider configuration, faults and health, at most a few seconds old."""

    def snapshot(self) -> Market:
        """The market as last read."""
        ...


class RateSource(Protocol):
    """Exchange rates."""

    def table(self) -> RateTable:
        """The rates as last published, each with its source and time."""
        ...


class ControlRepository(Protocol):
    """Provider configuration, faults and health as stored; each has a version of its own.

    Each `save` replaces the version that was loaded, whole, and raises `VersionConflict` if another
    writer was first. All raise `Unavailable` while the store does not answer.
    """

    def load(self) -> Control:
        """The latest committed records, in one consistent read each."""
        ...

    def save_overrides(self, documents: Mapping[str, Document], version: int) -> None:
        """Store `documents` by provider id over `version`; they were validated before."""
        ...

    def save_faults(self, faults: Mapping[str, Faults], version: int) -> None:
        """Store the faults by provider id over `version`."""
        ...

    def save_health(self, book: HealthBook, version: int) -> None:
        """Store the health book over `version`."""
        ...


class WorkflowStarter(Protocol):
    """Starts the payment workflow."""

    def start(self, payment: Payment, step: dict[str, object], *, resumption: int = 0) -> None:
        """Begin an execution for this version of the payment at `step`.

        A Standard machine runs each (payment, version, resumption) once. Raises `Unavailable` when
        it cannot be started; the payment is durable, and a repeated request resumes it.
        """
        ...


class CallClaims(Protocol):
    """Which attempts have been sent: each provider call is made by one invocation only."""

    def claim(self, payment_id: str, attempt_number: int) -> bool:
        """Whether this invocation, and no other ever, may make that attempt's call.

        Raises `Unavailable` when that cannot be known; then nothing may be sent.
        """
        ...


class Wallets(Protocol):
    """Customers' stored money; every operation is done at most once under its key.

    All raise `Unavailable` while the store does not answer.
    """

    def create(self, wallet: Wallet) -> Wallet | None:
        """Store a new wallet; if its id is taken, store nothing and return what is there."""
        ...

    def get(self, wallet_id: str) -> Wallet | None:
        """The wallet as last committed (a consistent read), or None."""
        ...

    def find(self, wallet_id: str, key: str) -> WalletOperation | None:
        """The operation that was written down under `key` (a consistent read), or None."""
        ...

    def perform(self, request: WalletRequest) -> Performed:
        """Do what `payflow.domain.wallet_rules` decides, in one step, and tell what was done.

        Under a key that is known nothing is done, whatever is asked, and its operation told.
        Raises as `decided` does, and `Unavailable` if other writers kept winning.
        """
        ...

    def refuse(self, request: WalletRequest, code: str) -> WalletOperation:
        """Write down that `request` was refused for `code`, unless its key is known.

        Returns what is written down: from now on the key can move nothing that it has not moved.
        """
        ...


class Provider(Protocol):
    """A payment provider: simulated or real.

    A decline is an answer, not an exception. An adapter raises nothing for what a provider may do:
    no answer in time, a lost response or nonsense is `Outcome.UNKNOWN`; a refusal that moved
    nothing is `Outcome.DECLINED` (customer, issuer, fraud) or `Outcome.ERROR` (technical, rate
    limit, configuration). Calls with the same key have one effect and one answer. A result's amount
    is the operation's own.
    """

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """Ask for an authorisation, with capture when `call.capture`."""
        ...

    def capture(self, call: ProviderCall) -> ProviderResult:
        """Take `call.amount` of the authorisation; `call.final` releases what is left of it."""
        ...

    def void(self, call: ProviderCall) -> ProviderResult:
        """Release what was not captured of the authorisation: `call.amount`, all of it."""
        ...

    def refund(self, call: ProviderCall) -> ProviderResult:
        """Give back `call.amount` of what was captured.

        `Outcome.PENDING` accepts it; an inquiry tells later how it went.
        """
        ...

    def inquire(self, call: ProviderCall) -> ProviderResult:
        """Ask what became of the operation with `call.key`, whichever it was; changes nothing."""
        ...


class DisputeDesk(Protocol):
    """Where a provider takes evidence."""

    def submit(
        self, provider: str, dispute_reference: str, payment_id: str, evidence: Evidence
    ) -> None:
        """Hand the evidence over, harmless when repeated: the first one stands.

        The provider decides later and says so by callback. Raises `Conflict`
        (`evidence_too_late`) if it takes none any more, `Unavailable` if it could not be told.
        """
        ...
