"""Creating a payment: one write, one payment per key, one answer per request (19-25, 32)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import pytest

from payflow.domain.answer import revised
from payflow.domain.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidRequest,
)
from payflow.domain.merchant import Merchant
from payflow.domain.method import CardData, MethodType, UpiMethod, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.new_payment import NewMethod, NewPayment, TokenRef
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import Payment, Status, answered
from payflow.domain.plan import carry_out
from payflow.domain.plan_authorization import Approve
from payflow.services.create_payment import CreateAnswer, CreatePayment, CreateRequest
from simulation.ports.vault import InMemoryVault
from simulation.ports.wallets import InMemoryWallets
from tests.support.builders import NOON, a_market, a_quote, a_rate_table, a_result
from tests.support.fakes import FakeClock, FixedMarket, FixedRates, RecordingWorkflow
from tests.support.ports import CountedPayments, fund

AMOUNT = Money(125_000, "INR")
CARD = CardData(number="5105105105105100", exp_month=12, exp_year=2030, cvc="123")
BLOCKED = CardData(number="4100000000000019", exp_month=1, exp_year=2031, cvc="999")
MERCHANT = Merchant(
    id="mer_1",
    name="Shop",
    settlement_currency="INR",
    platform_fee=FeeTerms(bps=100),
    created_at=NOON,
    updated_at=NOON,
)
FUNCTIONS = {MethodType.CARD: "card-fn", MethodType.UPI: "upi-fn", MethodType.WALLET: "wallet-fn"}


@dataclass
class World:
    payments: CountedPayments = field(default_factory=CountedPayments)
    vault: InMemoryVault = field(default_factory=lambda: InMemoryVault(FakeClock()))
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    clock: FakeClock = field(default_factory=FakeClock)
    rates: FixedRates = field(default_factory=FixedRates)
    wallets: InMemoryWallets = field(default_factory=lambda: InMemoryWallets(FakeClock()))

    def create(
        self,
        *,
        key: str = "order-1",
        body: bytes = b"{}",
        method: NewMethod = CARD,
        wait_ms: int | None = None,
        merchant: Merchant = MERCHANT,
        amount: Money = AMOUNT,
        settlement_currency: str | None = None,
    ) -> CreateAnswer:
        use_case = CreatePayment(
            payments=self.payments,
            vault=self.vault,
            market=FixedMarket(a_market("A", "B")),
            rates=self.rates,
            workflow=self.workflow,
            clock=self.clock,
            randomness=Random(1),
            functions=FUNCTIONS,
            wallets=self.wallets,
        )
        request = CreateRequest(
            merchant=merchant,
            path="/api/v1/payments",
            idempotency_key=key,
            canonical_body=body,
            payment=NewPayment(
                amount=amount, method=method, settlement_currency=settlement_currency
            ),
            wait_ms=wait_ms,
        )
        return use_case(request)

    @property
    def only_payment(self) -> Payment:
        (payment,) = self.payments.items.values()
        return payment

    def succeed(self) -> None:
        """What the workflow does: the open attempt is approved."""
        before = self.only_payment
        if before.open_attempt is None:
            return
        known, now = answered(before, a_result(Outcome.APPROVED)), self.clock.now()
        after = carry_out(known, Approve(a_market("A").providers[0]), now)
        self.payments.save(revised(before, after, now))


@pytest.fixture
def world() -> World:
    return World()


def test_one_write_makes_payment_claim_and_first_attempt(world: World) -> None:
    world.create()

    assert world.payments.writes == 1
    assert world.only_payment.open_attempt is not None
    assert world.only_payment.claim.request_hash
    ((_, step),) = world.workflow.started
    assert step["action"] == "Authorize"
    assert step["function"] == "card-fn"


def test_the_answer_without_waiting_is_a_pending_payment(world: World) -> None:
    answer = world.create()

    assert '"status":"pending"' in answer.body
    assert '"attempts":[]' in answer.body
    assert not answer.replayed


def test_no_card_number_leaves_the_vault(world: World) -> None:
    answer = world.create()

    for text in (answer.body, repr(world.only_payment), repr(world.workflow.started)):
        assert CARD.number not in text
        assert '"123"' not in text


def test_a_replay_gives_the_same_bytes_even_after_the_payment_moved_on(world: World) -> None:
    first = world.create()
    world.succeed()

    replay = world.create()

    assert replay.body == first.body
    assert replay.replayed
    assert len(world.workflow.started) == 1


def test_a_key_with_another_body_is_refused_and_leaves_nothing(world: World) -> None:
    world.create(body=b'{"amount":1}')

    with pytest.raises(IdempotencyKeyReused):
        world.create(body=b'{"amount":2}')

    assert len(world.payments.items) == 1
    assert len(world.vault.cards) == 1


def test_the_same_key_of_another_merchant_is_another_payment(world: World) -> None:
    world.create()
    world.create(merchant=replace(MERCHANT, id="mer_2"))

    assert len(world.payments.items) == 2


def test_parallel_requests_with_one_key_make_one_payment(world: World) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: world.create(), range(20)))

    assert len(world.payments.items) == 1
    assert len({answer.body for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert len(world.workflow.started) == 1


def test_a_waiting_request_answers_with_the_settled_payment(world: World) -> None:
    world.clock.on_sleep = world.succeed

    answer = world.create(wait_ms=5000)

    assert '"status":"succeeded"' in answer.body
    assert world.create(wait_ms=5000).body == answer.body


def test_a_waiting_request_answers_in_time_and_that_answer_stays(world: World) -> None:
    answer = world.create(wait_ms=300)
    world.succeed()

    assert '"status":"pending"' in answer.body
    assert world.only_payment.status is Status.SUCCEEDED
    assert world.create(wait_ms=300).body == answer.body


def test_a_workflow_that_read_the_version_before_cannot_overwrite_the_answer(
    world: World,
) -> None:
    world.create(wait_ms=0)
    answered_version = world.only_payment

    world.succeed()

    assert world.only_payment.claim.answer == answered_version.claim.answer


def test_a_second_request_while_the_first_waits_is_told_so(world: World) -> None:
    seen: list[IdempotencyInProgress] = []

    def second_request() -> None:
        world.clock.on_sleep = lambda: None
        with pytest.raises(IdempotencyInProgress) as refused:
            world.create(wait_ms=2000)
        seen.append(refused.value)

    world.clock.on_sleep = second_request
    world.create(wait_ms=2000)

    assert seen[0].retry_after_s is not None
    assert seen[0].retry_after_s >= 1
    assert len(world.workflow.started) == 1


def test_a_claim_whose_first_request_died_is_answered_by_the_next(world: World) -> None:
    class Crash(BaseException):
        pass

    def crash() -> None:
        raise Crash

    world.clock.on_sleep = crash
    with pytest.raises(Crash):
        world.create(wait_ms=1000)
    world.clock.on_sleep = lambda: None
    world.clock.time += timedelta(seconds=60)

    first = world.create(wait_ms=1000)

    assert first.replayed
    assert world.create(wait_ms=1000).body == first.body


def test_a_payment_stays_durable_when_the_workflow_cannot_start(world: World) -> None:
    world.workflow.available = False

    answer = world.create()

    assert not answer.workflow_started
    assert world.only_payment.status is Status.PENDING


def test_a_repeated_request_resumes_a_payment_that_nobody_works_on(world: World) -> None:
    world.workflow.available = False
    world.create()
    world.workflow.available = True

    world.clock.time += timedelta(seconds=59)
    world.create()
    too_early = list(world.workflow.started)
    world.clock.time += timedelta(seconds=1)
    world.create()
    world.clock.time += timedelta(seconds=60)
    world.create()

    assert too_early == []
    assert [step["action"] for _, step in world.workflow.started] == ["Authorize"] * 2
    assert world.workflow.resumptions == [1, 2]


def test_a_settled_payment_is_never_started_again(world: World) -> None:
    world.create()
    world.succeed()
    world.clock.time += timedelta(days=1)

    world.create()

    assert len(world.workflow.started) == 1


def test_a_payment_without_an_eligible_provider_fails_at_once_and_keeps_no_cvc(
    world: World,
) -> None:
    answer = world.create(method=UpiMethod("asha@okbank"), wait_ms=5000)

    assert '"code":"no_eligible_provider"' in answer.body
    assert world.workflow.started == []


def test_a_card_on_the_block_list_fails_without_a_provider_call_and_loses_its_cvc(
    world: World,
) -> None:
    answer = world.create(method=BLOCKED)

    assert '"code":"blocked_by_risk"' in answer.body
    assert world.workflow.started == []
    assert world.vault.cvcs == set()


def test_a_repetition_forgets_the_cvc_that_a_dead_request_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InMemoryVault, "forget_cvc", lambda *_: None)
    world.create(method=BLOCKED)
    monkeypatch.undo()

    assert world.create(method=BLOCKED).replayed
    assert not world.vault.cvcs


DOLLARS = Money(10_000, "USD")


class TestConversion:
    def test_is_quoted_once_and_the_quote_is_a_part_of_the_payment(self, world: World) -> None:
        answer = world.create(amount=DOLLARS, settlement_currency="INR")

        assert world.only_payment.fx == a_quote("USD", "INR")
        fx = json.loads(answer.body)["fx"]
        assert (fx["from"], fx["to"], fx["amount_settled"]) == ("USD", "INR", 0)

    @pytest.mark.parametrize("currency", [None, "USD"])
    def test_is_not_made_unless_another_currency_is_asked_for(
        self, world: World, currency: str | None
    ) -> None:
        answer = world.create(amount=DOLLARS, settlement_currency=currency)

        assert world.only_payment.fx is None
        assert json.loads(answer.body)["fx"] is None

    def test_without_a_rate_is_refused_before_anything_is_stored(self, world: World) -> None:
        with pytest.raises(InvalidRequest) as refused:
            world.create(amount=DOLLARS, settlement_currency="AED")

        assert refused.value.code == "unsupported_conversion"
        assert (world.payments.items, world.vault.cards) == ({}, {})

    def test_takes_the_merchants_fee_into_account(self, world: World) -> None:
        dear = replace(MERCHANT, platform_fee=FeeTerms(fixed_minor=10_000))

        with pytest.raises(InvalidRequest) as refused:
            world.create(amount=DOLLARS, settlement_currency="INR", merchant=dear)

        assert refused.value.code == "settlement_amount_too_small"

    def test_a_replay_gives_the_same_bytes_when_rate_and_payment_moved_on(
        self, world: World
    ) -> None:
        first = world.create(amount=DOLLARS, settlement_currency="INR")
        world.succeed()
        world.rates.rates = a_rate_table(USD="2", INR="100")

        replay = world.create(amount=DOLLARS, settlement_currency="INR")

        assert (replay.body, replay.replayed) == (first.body, True)
        assert world.only_payment.fx == a_quote("USD", "INR")

    def test_a_replay_is_answered_even_when_there_is_no_rate_any_more(self, world: World) -> None:
        first = world.create(amount=DOLLARS, settlement_currency="INR")
        world.rates.rates = a_rate_table(USD="2")

        replay = world.create(amount=DOLLARS, settlement_currency="INR")

        assert (replay.body, replay.replayed) == (first.body, True)
        with pytest.raises(InvalidRequest):
            world.create(amount=DOLLARS, settlement_currency="INR", key="order-2")


def test_an_unknown_token_is_refused_before_anything_is_stored(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        world.create(method=TokenRef("tok_nobody"))

    assert refused.value.param == "method.token"
    assert world.payments.items == {}


class TestAPaymentFromAStoredWallet:
    def test_is_made_if_the_wallet_is_the_merchants_own(self, world: World) -> None:
        fund(world.wallets, "wal_1", 1, merchant_id=MERCHANT.id)

        world.create(method=WalletMethod("wal_1"))

        assert world.only_payment.method == WalletMethod("wal_1")

    @pytest.mark.parametrize(
        ("owner", "currency", "refusal"),
        [
            (None, "INR", ("invalid_wallet", "method.wallet.wallet_id")),
            ("mer_other", "INR", ("invalid_wallet", "method.wallet.wallet_id")),
            (MERCHANT.id, "USD", ("currency_mismatch", "currency")),
        ],
    )
    def test_is_refused_for_none_another_merchants_or_another_currency(
        self, world: World, owner: str | None, currency: str, refusal: tuple[str, str]
    ) -> None:
        if owner is not None:
            fund(world.wallets, "wal_1", 1, merchant_id=owner, currency=currency)

        with pytest.raises(InvalidRequest) as refused:
            world.create(method=WalletMethod("wal_1"))

        assert (refused.value.code, refused.value.param) == refusal
        assert world.payments.items == {}
