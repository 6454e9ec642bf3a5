"""PayFlow's own wallets as a provider: authorisations hold, sales debit, refunds credit.

There is no operator at the other end, so the wallet itself is the book: an operation is written
down under the provider key in the same write that moves the money. An inquiry that finds nothing
writes that down, too; from then on a late call with that key moves nothing. So "not found" is proof
at once, and no visibility window is needed.

What an operator breaks on purpose, and what the configuration simulates, is played on the line in
front of the wallet: refused connections, failures, slow and lost answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from payflow.domain.ids import derived_id
from payflow.domain.method import MethodType, WalletMethod
from payflow.domain.outcomes import Outcome, ProviderResult
from payflow.domain.wallet import WalletAction, WalletOperation, WalletRefusal, WalletRequest
from payflow.providers.normalisation import (
    Vocabulary,
    inquiry_result,
    operation_result,
    refusal,
)
from payflow.providers.simulated.dialect import DIALECTS
from payflow.providers.simulated.entry import Standing
from payflow.providers.simulated.model import Model
from payflow.providers.wire import CONNECTION_REFUSED, Answer, Delivery, waited

if TYPE_CHECKING:
    from payflow.domain.ports import Provider
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.domain.provider_call import ProviderCall
    from payflow.providers.contract import Resources
    from payflow.providers.simulated.instruments import Behaviour

DONE: Final = "done"
REFUSED: Final = "refused"
FAILED: Final = "failed"
NOT_FOUND: Final = "not_found"
DUPLICATE: Final = "duplicate_transaction"

VOCABULARY: Final = Vocabulary(
    statuses={
        DONE: Outcome.APPROVED,
        REFUSED: Outcome.DECLINED,
        FAILED: Outcome.ERROR,
        NOT_FOUND: Outcome.NOT_FOUND,
    },
    approval_codes=frozenset({DONE}),
    codes={
        # The wallet's refusals are unified codes; the others are those of a line that was broken.
        **{reason.value: reason.value for reason in WalletRefusal},
        DUPLICATE: DUPLICATE,
        "INTERNAL_ERROR": "processing_error",
        "FUNDING_SOURCE_UNAVAILABLE": "issuer_unavailable",
    },
)


class StoredWalletProvider:
    """The `Provider` port on the `Wallets` port."""

    def __init__(self, config: ProviderConfig, faults: Faults, resources: Resources) -> None:
        """`faults` hold while their `until` has not passed."""
        self._config = config
        self._wallets = resources.wallets
        self._clock = resources.clock
        self._model = Model(config, faults, DIALECTS[MethodType.WALLET], resources.randomness)

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """Hold the amount, or take it at once when `call.capture`."""
        action = WalletAction.DEBIT if call.capture else WalletAction.HOLD
        drawn = self._model.authorization(self._clock.now())
        return self._operated(_request(call, action), drawn)

    def capture(self, call: ProviderCall) -> ProviderResult:
        """Take `call.amount` of the hold; `call.final` releases what is left of it."""
        return self._followed(call, WalletAction.CAPTURE, part="partialCapture")

    def void(self, call: ProviderCall) -> ProviderResult:
        """Release what was not captured of the hold: `call.amount`, all of it."""
        return self._followed(call, WalletAction.RELEASE)

    def refund(self, call: ProviderCall) -> ProviderResult:
        """Put `call.amount` of what was taken back into the wallet."""
        return self._followed(call, WalletAction.CREDIT, part="partialRefund")

    def inquire(self, call: ProviderCall) -> ProviderResult:
        """Ask what became of the operation with `call.key`; if it is not there, it never will be.

        The money is as it was either way.
        """
        request = _request(call, WalletAction.DEBIT)

        def told() -> Answer:
            wallets = self._wallets()
            known = wallets.find(request.wallet_id, request.key)
            return _answer(known or wallets.refuse(request, WalletRefusal.NEVER_ASKED))

        latency_ms = self._model.latency_ms(self._clock.now())
        reply = waited(self._sent(told, latency_ms), self._clock, self._config.timeout_ms)
        return inquiry_result(VOCABULARY, reply)

    def _followed(
        self, call: ProviderCall, action: WalletAction, part: str | None = None
    ) -> ProviderResult:
        if call.operation.value not in self._config.capabilities:
            return refusal(WalletRefusal.NOT_SUPPORTED.value, latency_ms=0)
        whole_only = part is not None and part not in self._config.capabilities
        drawn = self._model.operation(self._clock.now())
        return self._operated(_request(call, action, whole_only=whole_only), drawn)

    def _operated(self, request: WalletRequest, drawn: Behaviour) -> ProviderResult:
        """`request` done, unless the line is `drawn` to fail; a known key has its first answer."""

        def done() -> Answer:
            wallets = self._wallets()
            if drawn.standing is Standing.APPROVED:
                operation = wallets.perform(request).operation
            else:
                operation = wallets.refuse(request, drawn.code or "")
            return _answer_to(request, operation)

        latency_ms = None if drawn.response_lost else drawn.reply_after_ms
        reply = waited(self._sent(done, latency_ms), self._clock, self._config.timeout_ms)
        return operation_result(VOCABULARY, reply)

    def _sent(self, ask: Callable[[], Answer], latency_ms: int | None) -> Callable[[], Delivery]:
        def send() -> Delivery:
            if self._model.is_down(self._clock.now()):
                return CONNECTION_REFUSED
            return Delivery(latency_ms, ask())

        return send


def _request(
    call: ProviderCall, action: WalletAction, *, whole_only: bool = False
) -> WalletRequest:
    assert isinstance(call.method, WalletMethod)  # eligibility sends no other method here
    first = action in (WalletAction.HOLD, WalletAction.DEBIT)
    return WalletRequest(
        wallet_id=call.method.wallet_id,
        merchant_id=call.merchant_id,
        key=call.key,
        action=action,
        amount=call.amount,
        payment_id=call.payment_id,
        authorization_key=None if first else call.authorization_key,
        final=call.final,
        whole_only=whole_only,
    )


def _answer_to(request: WalletRequest, operation: WalletOperation) -> Answer:
    """The answer to whoever asks for an operation: another one has its key, or it came too late."""
    if operation.refusal == WalletRefusal.NEVER_ASKED:
        return Answer(FAILED, WalletRefusal.NEVER_ASKED)
    return _answer(operation) if operation.answers(request) else Answer(REFUSED, DUPLICATE)


def _answer(operation: WalletOperation) -> Answer:
    """What is written down, in words."""
    if operation.refusal == WalletRefusal.NEVER_ASKED:
        return Answer(NOT_FOUND, WalletRefusal.NEVER_ASKED)
    return Answer(
        status=DONE if operation.refusal is None else REFUSED,
        code=operation.refusal or DONE,
        reference=derived_id("wop", operation.wallet_id, operation.key),
        amount_minor=operation.amount.minor,
        currency=operation.amount.currency,
    )


def create(config: ProviderConfig, faults: Faults, resources: Resources) -> Provider:
    """The adapter of PayFlow's own wallets, by the terms of `config`."""
    return StoredWalletProvider(config, faults, resources)
