"""What every provider adapter is given, and the form of its factory.

An adapter module offers `create(config, faults, resources) -> Provider`; the port itself, with what
it promises, is `payflow.domain.ports.Provider`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payflow.domain.ports import Clock, Provider, Randomness, Vault, Wallets
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.providers.simulated.callbacks import CallbackSender
    from payflow.providers.simulated.store import BookStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The world as an adapter may use it.

    `vault` makes the vault when a card has to be revealed, so that adapters of other methods need
    no access to it; `wallets`, in the same way, PayFlow's own wallets. `book` is where simulated
    acquirers keep their own books, `callbacks` how they tell what happens later, and `approval_url`
    the page where the customer of an order answers.
    """

    book: BookStore
    callbacks: CallbackSender
    approval_url: Callable[[str], str]
    clock: Clock
    randomness: Randomness
    vault: Callable[[], Vault]
    wallets: Callable[[], Wallets]


Factory = Callable[["ProviderConfig", "Faults", Resources], "Provider"]
