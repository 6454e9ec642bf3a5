"""Mistakes in customers' wallets."""

from __future__ import annotations

from typing import Final

from simulation.mutants.mutant import Mutant

WALLETS: Final = (
    Mutant(
        name="wallet-overdrawn",
        module="payflow.domain.wallet_rules",
        old="if minor > wallet.available_minor:",
        new="if wallet.available_minor <= 0:",
        mistake="a wallet pays more than it has",
        breaks=17,
    ),
    Mutant(
        name="wallet-debited-early",
        module="payflow.providers.stored_wallet",
        old="action = WalletAction.DEBIT if call.capture else WalletAction.HOLD",
        new="action = WalletAction.DEBIT",
        mistake="a wallet pays what was only to be held",
        breaks=1,
    ),
    Mutant(
        name="wallet-keeps-the-hold",
        module="payflow.domain.wallet_rules",
        old="        released=request.final,\n",
        new="",
        mistake="a final capture leaves the rest held in the wallet",
        breaks=1,
    ),
    Mutant(
        name="wallet-capture-is-free",
        module="payflow.domain.wallet_rules",
        old="change = {WalletAction.CAPTURE: -minor, WalletAction.CREDIT: minor}",
        new="change = {WalletAction.CREDIT: minor}",
        mistake="a capture releases a wallet's hold and takes nothing",
        breaks=17,
    ),
    Mutant(
        name="wallet-forgets-refunds",
        module="payflow.domain.wallet_rules",
        old="return replace(held.use, refunded_minor=refunded_minor)",
        new="return held.use",
        mistake="a wallet does not remember what was refunded",
        breaks=1,
    ),
    Mutant(
        name="wallet-refund-to-the-provider",
        module="payflow.domain.booking",
        old="    funding = funding_account(provider, wallet_id, amount.currency)\n",
        new="    funding = funding_account(provider, None, amount.currency)\n",
        mistake="a refund into a wallet is booked as owed by a provider",
        breaks=17,
    ),
)
