"""One running instance: emulator, deployed stack, proxy; brought up, kept, and taken down together.

The supervisor is the process that `payflow up` becomes. Whatever ends it (Ctrl-C, SIGTERM, SIGHUP,
an error, the emulator's own end) ends everything that it started, and nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

from infra_cdk.settings import Target
from tools.deployment.access import grant_access
from tools.deployment.cdk import Cdk
from tools.deployment.deploy import Report, ensure_deployed
from tools.deployment.stack import path_based_url, tell_public_url
from tools.embedded.dashboard import build_dashboard
from tools.embedded.emulator import STOP_TIMEOUT_S, Emulator
from tools.embedded.instance import Run, RunFile, StateDir
from tools.embedded.ports import HOST, choose_port
from tools.embedded.process import ProcessId
from tools.embedded.proxy import Upstream, serve_proxy
from tools.embedded.up_options import UpOptions
from tools.embedded.warm_up import warm_up, warm_up_workflow
from tools.endpoints import Endpoints, find_endpoints
from tools.errors import ToolError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

OnReady = Callable[[Endpoints], None]


class Supervisor:
    """Runs one instance from `state` until it is told to stop; `report` hears how far it is."""

    def __init__(self, state: StateDir, options: UpOptions, report: Report) -> None:
        self._state = state
        self._options = options
        self._tell = report
        self._file = RunFile(state)
        self._stop_asked = False

    async def run(self, on_ready: OnReady) -> None:
        """Bring the instance up, call `on_ready`, and keep it up until a signal comes.

        Raises:
            ToolError: it could not be brought up, or the emulator ended by itself.
        """
        with self._state.locked():
            self._stop_on_signals()
            await asyncio.to_thread(self._end_orphan)
            if self._options.fresh:
                self._state.forget()
            try:
                async with AsyncExitStack() as running:
                    await self._serve(running, on_ready)
            except asyncio.CancelledError:
                if not self._stop_asked:
                    raise
            finally:
                self._file.remove()

    def _stop_on_signals(self) -> None:
        task = asyncio.current_task()
        assert task is not None

        def stop() -> None:
            # Once: a second Ctrl-C must not cut the orderly stop short and lose the state.
            if not self._stop_asked:
                self._stop_asked = True
                task.cancel()

        for signal_number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(signal_number, stop)

    def _end_orphan(self) -> None:
        """End what a killed supervisor left behind, letting the emulator save its state."""
        before = self._file.read()
        if before is not None and before.emulator is not None:
            before.emulator.stop(STOP_TIMEOUT_S)
            before.emulator.kill_group()

    async def _serve(self, running: AsyncExitStack, on_ready: OnReady) -> None:
        me = ProcessId.of(os.getpid())
        assert me is not None
        port = choose_port(self._options.port, option="--port")
        emulator = Emulator(self._state, choose_port(self._options.aws_port, option="--aws-port"))
        run = Run(
            supervisor=me,
            api=self._options.api,
            workflow=self._options.workflow,
            api_url=f"http://{HOST}:{port}",
            aws_endpoint_url=emulator.url,
        )
        self._file.write(run)
        running.push_async_callback(emulator.stop)
        self._progress(run, "Starting the emulated cloud")
        run = run.having(emulator=await emulator.start())
        endpoints = await self._bring_up(running, run, emulator, port)
        self._file.write(run.having(phase=Run.READY))
        on_ready(endpoints)
        warming = asyncio.create_task(warm_up_workflow(emulator.cloud))
        running.callback(warming.cancel)
        await emulator.wait()
        raise ToolError(
            "the emulated cloud ended by itself", hint=f"its log is {emulator.log_file}"
        )

    async def _bring_up(
        self, running: AsyncExitStack, run: Run, emulator: Emulator, port: int
    ) -> Endpoints:
        """Deploy, hand out keys, open the origin: what is left once the emulator answers."""
        outputs = await ensure_deployed(
            emulator.cloud,
            Cdk(emulator.cloud, assembly=self._state.assembly, log_dir=self._state.logs),
            self._options.stack(),
            functools.partial(self._progress, run),
        )
        await asyncio.to_thread(tell_public_url, emulator.cloud, outputs, run.api_url)
        self._progress(run, "Building the dashboard")
        await asyncio.to_thread(build_dashboard)
        self._progress(run, "Handing out keys")
        operator_key, merchant = await asyncio.to_thread(
            grant_access,
            find_endpoints(self._state.root),
            api_url=path_based_url(emulator.url, outputs),
            cloud=emulator.cloud,
            merchants_table=outputs["MerchantsTable"],
        )
        upstream = Upstream.from_outputs(emulator.url, outputs)
        await running.enter_async_context(
            serve_proxy(upstream, HOST, port, demo_key=merchant.api_key)
        )
        endpoints = Endpoints(
            target=Target.EMBEDDED,
            api_url=f"http://{HOST}:{port}",
            dashboard_url=f"http://{HOST}:{port}/",
            operator_key=operator_key,
            demo_merchant=merchant,
            aws_endpoint_url=emulator.url,
        )
        self._progress(run, "Warming up")
        await warm_up(endpoints)
        endpoints.write(self._state.root)
        return endpoints

    def _progress(self, run: Run, doing: str, done: int = 0, total: int = 0) -> None:
        """Tell a person, and whoever watches the run file."""
        self._tell(doing, done, total)
        self._file.write(run.having(phase=doing, done=done, total=total))
