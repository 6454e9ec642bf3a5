"""What an operation does to a wallet, or why it is refused.

    top-up   balance + A                    money that the customer pays in
    hold     holds + A                      an authorisation
    debit    balance - A                    a sale: authorised and captured in one
    capture  balance - A, hold - A          a final one releases the rest of the hold
    release  hold - what is left of it      a void
    credit   balance + A                    a refund; never refused for the wallet being full

`decided` is the only rule. Storage only has to take its change whole, or not at all if the wallet
has changed meanwhile; then nothing is ever spent twice, however many ask at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from payflow.domain.answer import compact_json
from payflow.domain.booking import top_up_transaction
from payflow.domain.errors import InvalidRequest, NotFound
from payflow.domain.wallet import (
    AUTHORIZING,
    BALANCE_MINOR_MAX,
    HOLDS_MAX,
    Hold,
    Use,
    Wallet,
    WalletAction,
    WalletChange,
    WalletOperation,
    WalletRefusal,
    WalletRequest,
)
from payflow.domain.wallet_document import wallet_document


def decided(
    request: WalletRequest,
    wallet: Wallet | None,
    authorization: WalletOperation | None,
    now: datetime,
) -> WalletChange:
    """What `request` comes to on this `wallet`, and on the `authorization` that it names, if any.

    A refusal is a change too: it is written down under the key. A top-up is its merchant's own
    request, so for one that is impossible it raises `NotFound` or `InvalidRequest` instead.
    """
    if wallet is None or wallet.merchant_id != request.merchant_id:
        if request.action is WalletAction.TOP_UP:
            raise NotFound("wallet_not_found", "There is no such wallet.")
        return refused(request, WalletRefusal.WALLET_NOT_FOUND, now)
    if request.action is WalletAction.TOP_UP:
        return _topped_up(request, wallet, now)
    if request.action in AUTHORIZING:
        return _authorized(request, wallet, now)
    return _followed(request, wallet, authorization, now)


def refused(request: WalletRequest, code: str, now: datetime) -> WalletChange:
    """`request` written down as refused for `code`; nothing moves."""
    return WalletChange(replace(_operation(request, now), refusal=str(code)))


def _topped_up(request: WalletRequest, wallet: Wallet, now: datetime) -> WalletChange:
    if wallet.balance_minor + request.amount.minor > BALANCE_MINOR_MAX:
        raise InvalidRequest(
            "wallet_limit_exceeded",
            f"A wallet holds at most {BALANCE_MINOR_MAX} minor units.",
            param="amount",
        )
    operation = _operation(request, now)
    booking = top_up_transaction(
        operation_id=operation.id,
        wallet_id=wallet.id,
        amount=request.amount,
        posted_at=now,
    )
    change = _moved(replace(operation, postings=(booking,)), wallet, request.amount.minor, 0)
    assert change.wallet is not None  # it was moved
    answer = compact_json(wallet_document(change.wallet))
    return replace(change, operation=replace(change.operation, answer=answer))


def _authorized(request: WalletRequest, wallet: Wallet, now: datetime) -> WalletChange:
    """A hold or a debit, if that much is available."""
    operation, minor = _operation(request, now), request.amount.minor
    if request.amount.currency != wallet.currency:
        return refused(request, WalletRefusal.CURRENCY_MISMATCH, now)
    if minor > wallet.available_minor:
        return refused(request, WalletRefusal.INSUFFICIENT_FUNDS, now)
    if request.action is WalletAction.DEBIT:
        return _moved(operation, wallet, -minor, 0)
    if len(wallet.holds) >= HOLDS_MAX:
        return refused(request, WalletRefusal.TOO_MANY_HOLDS, now)
    hold = Hold(request.key, request.payment_id or "", minor, now)
    held = replace(wallet, holds=(*wallet.holds, hold))
    return _moved(operation, held, 0, minor)


def _followed(
    request: WalletRequest, wallet: Wallet, authorization: WalletOperation | None, now: datetime
) -> WalletChange:
    """A capture, release or credit, within what its authorisation has left."""
    if authorization is None or authorization.action not in AUTHORIZING:
        return refused(request, WalletRefusal.NOT_FOUND, now)
    if authorization.refusal is not None:
        return refused(request, WalletRefusal.NOT_APPROVED, now)
    if request.amount.currency != authorization.amount.currency:
        return refused(request, WalletRefusal.AMOUNT, now)
    use = _RULES[request.action](request, authorization)
    if isinstance(use, WalletRefusal):
        return refused(request, use, now)
    before, after = _held_minor(authorization), _held_minor(replace(authorization, use=use))
    minor = request.amount.minor
    change = {WalletAction.CAPTURE: -minor, WalletAction.CREDIT: minor}
    moved = _moved(
        _operation(request, now),
        _with_hold(wallet, authorization.key, after),
        change.get(request.action, 0),
        after - before,
    )
    return replace(moved, authorization=replace(authorization, use=use))


def _captured(request: WalletRequest, held: WalletOperation) -> Use | WalletRefusal:
    if held.action is WalletAction.DEBIT:
        return WalletRefusal.CAPTURED
    if held.use.released:
        return WalletRefusal.RELEASED
    if request.amount.minor > held.authorized_minor - held.captured_minor:
        return WalletRefusal.AMOUNT
    if request.whole_only and request.amount.minor < held.authorized_minor:
        return WalletRefusal.NOT_SUPPORTED
    return replace(
        held.use,
        captured_minor=held.captured_minor + request.amount.minor,
        released=request.final,
    )


def _released(request: WalletRequest, held: WalletOperation) -> Use | WalletRefusal:
    """All that is left or nothing, so that a caller who has missed a capture voids nothing."""
    left_minor = held.authorized_minor - held.captured_minor
    if held.use.released:
        return WalletRefusal.RELEASED
    if left_minor == 0:
        return WalletRefusal.CAPTURED
    if request.amount.minor != left_minor:
        return WalletRefusal.AMOUNT
    return replace(held.use, released=True)


def _credited(request: WalletRequest, held: WalletOperation) -> Use | WalletRefusal:
    refunded_minor = held.use.refunded_minor + request.amount.minor
    if refunded_minor > held.captured_minor:
        return WalletRefusal.AMOUNT
    if request.whole_only and request.amount.minor < held.captured_minor:
        return WalletRefusal.NOT_SUPPORTED
    return replace(held.use, refunded_minor=refunded_minor)


_Rule = Callable[[WalletRequest, WalletOperation], Use | WalletRefusal]
_RULES: Final[Mapping[WalletAction, _Rule]] = {
    WalletAction.CAPTURE: _captured,
    WalletAction.RELEASE: _released,
    WalletAction.CREDIT: _credited,
}


def _held_minor(authorization: WalletOperation) -> int:
    """What a hold still takes out of what is available."""
    if authorization.action is WalletAction.DEBIT or authorization.use.released:
        return 0
    return authorization.authorized_minor - authorization.captured_minor


def _with_hold(wallet: Wallet, key: str, minor: int) -> Wallet:
    """`wallet` with the hold of that key, if it is there, at `minor`; none at zero."""
    changed = (
        replace(hold, amount_minor=minor) if hold.key == key else hold for hold in wallet.holds
    )
    return replace(wallet, holds=tuple(hold for hold in changed if hold.amount_minor))


def _moved(
    operation: WalletOperation, wallet: Wallet, balance_change: int, held_change: int
) -> WalletChange:
    after = replace(
        wallet,
        balance_minor=wallet.balance_minor + balance_change,
        version=wallet.version + 1,
        updated_at=operation.at,
    )
    done = replace(operation, balance_change_minor=balance_change, held_change_minor=held_change)
    return WalletChange(done, after)


def _operation(request: WalletRequest, now: datetime) -> WalletOperation:
    return WalletOperation(
        wallet_id=request.wallet_id,
        merchant_id=request.merchant_id,
        key=request.key,
        action=request.action,
        amount=request.amount,
        at=now,
        payment_id=request.payment_id,
        authorization_key=request.authorization_key,
        final=request.final,
        request_hash=request.request_hash,
    )
