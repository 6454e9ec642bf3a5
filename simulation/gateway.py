"""The simulator's wiring: the services and function handlers as deployed, on in-memory ports.

The handlers of `functions/` ask `wiring` for what they need; here they are given a `Gateway` in its
place, which offers the same names. Each port is a site where faults strike. What a provider's own
machines do has the true time: it is our machines whose clocks may be off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, cast

from functions import (
    create_payment_api,
    customer_api,
    fold_ledger,
    follow_payments,
    handle_provider_callback,
    payment_actions_api,
    plan_next_step,
    provider_callbacks_api,
    send_provider_callback,
    submit_evidence_api,
    sweep_payments,
    wake_payments,
    wallets_api,
)
from payflow import wiring
from payflow.aws.callback_queues import SqsInbox, SqsOutbox
from payflow.aws.control import CachedMarket
from payflow.aws.deployed_file import deployed_document
from payflow.aws.http import Request
from payflow.aws.observability import logger
from payflow.aws.provider_task import provider_task
from payflow.aws.wake_ups import SqsWakeUps
from payflow.domain.control import Control
from payflow.domain.fx import RateTable, rate_table_from_document
from payflow.domain.ids import Ids
from payflow.domain.method import MethodType
from payflow.domain.ports import Provider
from payflow.domain.provider import Faults as ProviderFaults
from payflow.domain.provider import Market, ProviderConfig
from payflow.providers.registry import create_provider
from payflow.providers.simulated.delivery import DeliverCallback
from payflow.providers.simulated.disputes import SimulatedDisputeDesk, still_true
from payflow.services.accept_callback import AcceptCallback
from payflow.services.call_provider import CallProvider
from payflow.services.confirm_payment import ConfirmPayment, CustomerDesks
from payflow.services.create_payment import CreatePayment
from payflow.services.fold_ledger import FoldLedger
from payflow.services.handle_callback import HandleCallback
from payflow.services.instruct_payment import InstructPayment
from payflow.services.manage_wallets import ManageWallets
from payflow.services.plan_next_step import PlanNextStep
from payflow.services.record_dispute import RecordDispute
from payflow.services.submit_evidence import SubmitEvidence
from payflow.services.sweep_payments import SweepPayments
from payflow.services.update_health import UpdateHealth
from payflow.services.wake_payment import WakePayment
from simulation import sites
from simulation.faults import Faults
from simulation.kernel import Kernel, KernelClock, KernelRandomness
from simulation.queues import VirtualSqs
from simulation.stores import Stores
from simulation.wire import Calls, FarSide, Wire

FUNCTIONS: Final = {kind: f"call_{kind.value}_provider" for kind in MethodType}
PLAN: Final = "plan_next_step"
HANDLERS: Final = (
    create_payment_api,
    customer_api,
    fold_ledger,
    follow_payments,
    handle_provider_callback,
    payment_actions_api,
    plan_next_step,
    provider_callbacks_api,
    send_provider_callback,
    submit_evidence_api,
    sweep_payments,
    wake_payments,
    wallets_api,
)
"""The function modules whose code runs here."""


class CallbackKeys:
    """The key of every provider, and for a while the one before."""

    def __init__(self) -> None:
        """One key."""
        self._keys = [b"simulated provider key number 1."]

    def rotate(self) -> None:
        """A new key, beside the one that it replaces."""
        number = int(self._keys[0].split()[-1].rstrip(b".")) + 1
        self._keys = [b"simulated provider key number %d." % number, self._keys[0]]

    def of(self, provider: ProviderConfig) -> list[bytes]:
        """Newest first."""
        return self._keys


class ControlTable:
    """What the market is read from: the stored control records, over what was deployed."""

    def __init__(self, site: Any, deployed: Control) -> None:
        """`site` is the control records' store, with its faults."""
        self._site = site
        self.deployed = deployed

    def load(self, *, consistent: bool = True) -> Control:
        """The records as stored."""
        return cast(Control, self._site.load())


class Rates:
    """The deployed rates."""

    def table(self) -> RateTable:
        """The table."""
        return _rate_table()


@cache
def _rate_table() -> RateTable:
    return rate_table_from_document(deployed_document("fx_rates.json"))


class Gateway:
    """One world's services, under the names that `payflow.wiring` gives them.

    `line` is the wire from the simulated providers to the API.
    """

    def __init__(
        self,
        stores: Stores,
        *,
        kernel: Kernel,
        faults: Faults,
        trace: sites.Trace,
        sqs: VirtualSqs,
        workflow: object,
        line: Any,
    ) -> None:
        """Everything is joined here, once per world."""
        self._kernel, self._faults = kernel, faults
        self._clock, self._true_clock = KernelClock(kernel), _TrueClock(kernel)
        self._chance = KernelRandomness(kernel)
        self._site = partial(sites.Site, kernel=kernel, faults=faults, trace=trace)
        self.keys = CallbackKeys()
        self._open_stores(stores)
        self._open_lines(stores, cast(Any, sqs), workflow)
        self._services = {**self._payment_services(), **self._other_services(stores, line)}
        self.call_provider = provider_task(lambda: calls)
        claims = self._site("claims", stores.claims, sites.CLAIMS)
        calls = CallProvider(self._market, claims, self._on_the_wire)

    def _open_stores(self, stores: Stores) -> None:
        site: Callable[..., Any] = self._site
        self._payments = site("payments", stores.payments, sites.PAYMENTS)
        self._vault = site("vault", stores.vault, sites.VAULT)
        self._wallets = site("wallets", stores.wallets, sites.WALLETS)
        self._merchants = site("merchants", stores.merchants, sites.MERCHANTS)
        within = sites.PROVIDER_DELAY_MAX_MS
        self._book = site("book", stores.book, sites.BOOK, delay_max_ms=within)
        self._control = site("control", stores.control, sites.CONTROL)
        read = site("market", stores.control, sites.MARKET)
        self._control_table = cast(Any, ControlTable(read, stores.control.control))
        self._market = _Market(self._new_market())

    def _open_lines(self, stores: Stores, client: Any, workflow: object) -> None:
        site: Callable[..., Any] = self._site
        self._workflow = site("workflow", workflow, sites.WORKFLOW)
        wake_ups = SqsWakeUps(client, "wake_ups", self._clock)
        self._wake_ups = site("wake_ups", wake_ups, sites.WAKE_UPS)
        outbox = SqsOutbox(client, "outbox", self._true_clock)
        self._outbox = site("outbox", outbox, sites.OUTBOX)
        self._inbox = site("inbox", SqsInbox(client, "inbox"), sites.INBOX)
        self.calls, self._far_side = Calls(), FarSide(partial(self._beyond, stores), outbox)

    def _payment_services(self) -> dict[str, Any]:
        clock, chance = self._clock, self._chance
        moving: dict[str, Any] = {
            "payments": self._payments,
            "market": self._market,
            "workflow": self._workflow,
            "clock": clock,
            "randomness": chance,
            "functions": FUNCTIONS,
        }
        record_dispute = RecordDispute(self._payments, clock, chance)
        return {
            "create_payment": CreatePayment(
                **moving, vault=self._vault, rates=Rates(), wallets=self._wallets
            ),
            "plan_next_step": PlanNextStep(
                self._payments, self._vault, self._market, clock, chance, FUNCTIONS
            ),
            "instruct_payment": InstructPayment(**moving),
            "wake_payment": WakePayment(**moving, wake_ups=self._wake_ups),
            "handle_callback": HandleCallback(
                **moving, record_dispute=lambda callback: record_dispute(callback).word
            ),
        }

    def _other_services(self, stores: Stores, line: Any) -> dict[str, Any]:
        clock, chance = self._clock, self._chance
        desk = SimulatedDisputeDesk(self._book, self._outbox, self._true_clock)
        desks = CustomerDesks(self._market, self._at_the_provider)
        journal: Any = self._site("journal", stores.journal, sites.JOURNAL)
        return {
            "accept_callback": self._new_accept(),
            "confirm_payment": ConfirmPayment(self._payments, desks, clock),
            "deliver_callback": DeliverCallback(
                market=self._market,
                keys=self.keys,
                line=line,
                sender=self._outbox,
                clock=self._true_clock,
                is_current=lambda callback: still_true(callback, self._book),
            ),
            "fold_ledger": FoldLedger(journal, clock, chance),
            "manage_wallets": ManageWallets(self._wallets, clock),
            "submit_evidence": SubmitEvidence(self._payments, desk, clock, chance),
            "sweep_payments": SweepPayments(self._payments, self._wake_ups, clock),
            "update_health": UpdateHealth(self._control, clock, chance),
        }

    def _new_market(self) -> CachedMarket:
        return CachedMarket(self._control_table, self._true_clock)

    def _new_accept(self) -> AcceptCallback:
        return AcceptCallback(self._market, self.keys, self._inbox, self._clock)

    def __getattr__(self, name: str) -> Callable[[], Any]:
        """The factory of that name, as `payflow.wiring` has it."""
        try:
            service = self._services[name]
        except KeyError:
            raise AttributeError(name) from None
        return lambda: service

    def clock(self) -> KernelClock:
        """The clock of whoever asks."""
        return self._clock

    def ids(self) -> Ids:
        """Fresh ids from clock and randomness."""
        return Ids(self._clock, self._chance)

    def merchants(self) -> Any:
        """Merchants."""
        return self._merchants

    def wake_ups(self) -> Any:
        """The wake-up queue."""
        return self._wake_ups

    def start_anew(self) -> None:
        """Every process is replaced: what they remembered is gone, what is stored is not."""
        self._market.current = self._new_market()
        self._services["accept_callback"] = self._new_accept()

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        """A time in which the handlers of `functions/` have this gateway for their wiring.

        Nobody reads their log lines then.
        """
        level = logger().log_level
        logger().setLevel(logging.CRITICAL)
        try:
            for module in HANDLERS:
                cast(Any, module).wiring = self
            yield
        finally:
            logger().setLevel(level)
            for module in HANDLERS:
                cast(Any, module).wiring = wiring

    def _at_the_provider(self, config: ProviderConfig, faults: ProviderFaults) -> Provider:
        return create_provider(
            config,
            faults,
            book=self._book,
            callbacks=self._outbox,
            approval_url=_approval_url,
            clock=self._true_clock,
            randomness=self._chance,
            vault=lambda: self._vault,
            wallets=lambda: self._wallets,
        )

    def _beyond(self, stores: Stores, config: ProviderConfig) -> Provider:
        """The provider as it is for itself, with stores that nothing of ours stands before."""
        return create_provider(
            config,
            ProviderFaults(),
            book=stores.book,
            callbacks=self._far_side.outbox,
            approval_url=_approval_url,
            clock=self._true_clock,
            randomness=self._chance,
            vault=lambda: stores.vault,
            wallets=lambda: stores.wallets,
        )

    def _on_the_wire(self, config: ProviderConfig, faults: ProviderFaults) -> Provider:
        return Wire(
            self._at_the_provider(config, faults),
            config,
            kernel=self._kernel,
            faults=self._faults,
            calls=self.calls,
            far_side=self._far_side,
        )


@dataclass(slots=True)
class _Market:
    """The market as the processes of the moment remember it."""

    current: CachedMarket

    def snapshot(self) -> Market:
        """As last read."""
        return self.current.snapshot()


class _TrueClock:
    """A clock that is right, for the providers' side and for AWS's own."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.sleep_ms = kernel.sleep

    def now(self) -> Any:
        """The true time."""
        return self._kernel.now()


def _approval_url(payment_id: str) -> str:
    return f"https://pay.example/approve/{payment_id}?t=token"


def routes() -> Mapping[str, Callable[[Request], Any]]:
    """The API's operations that the simulated merchants use."""
    return {
        "create": create_payment_api.create_payment,
        "capture": payment_actions_api.capture_payment,
        "cancel": payment_actions_api.cancel_payment,
        "refund": payment_actions_api.refund_payment,
        "confirm": customer_api.confirm_payment,
        "evidence": submit_evidence_api.submit_evidence,
        "create_wallet": wallets_api.create_wallet,
        "top_up": wallets_api.top_up_wallet,
        "callback": provider_callbacks_api.receive_callback,
    }
