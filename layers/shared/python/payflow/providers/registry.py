"""Which adapters there are, by the name that `adapter` has in the provider file.

An adapter is one module and one line here. It is imported when the first provider needs it, so a
function that serves cards loads nothing of wallets.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from payflow.domain.errors import PayFlowError
from payflow.providers.contract import Factory, Resources

if TYPE_CHECKING:
    from payflow.domain.ports import Clock, Provider, Randomness, Vault, Wallets
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.providers.simulated.callbacks import CallbackSender
    from payflow.providers.simulated.store import BookStore

ADAPTERS: Final[dict[str, str]] = {
    "card": "payflow.providers.card",
    "stored_wallet": "payflow.providers.stored_wallet",
    "upi": "payflow.providers.upi",
    "wallet": "payflow.providers.wallet",
}
"""Adapter name to the module whose `create` makes it."""


class UnknownAdapter(PayFlowError):
    """A provider is configured with an adapter that does not exist here; nothing was sent."""

    def __init__(self, name: str) -> None:
        """`name` is what the configuration asked for."""
        super().__init__("unknown_adapter", f"there is no provider adapter {name!r}")


def create_provider(
    config: ProviderConfig,
    faults: Faults,
    *,
    book: BookStore,
    callbacks: CallbackSender,
    approval_url: Callable[[str], str],
    clock: Clock,
    randomness: Randomness,
    vault: Callable[[], Vault],
    wallets: Callable[[], Wallets],
) -> Provider:
    """The provider that `config` describes, broken as `faults` say; raises `UnknownAdapter`."""
    module = ADAPTERS.get(config.adapter)
    if module is None:
        raise UnknownAdapter(config.adapter)
    create = cast(Factory, import_module(module).create)
    resources = Resources(
        book=book,
        callbacks=callbacks,
        approval_url=approval_url,
        clock=clock,
        randomness=randomness,
        vault=vault,
        wallets=wallets,
    )
    return create(config, faults, resources)
