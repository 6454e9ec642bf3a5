"""Brings a cloud to the state of the sources: bootstrap and deploy, or nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tools.deployment import stack
from tools.deployment.cdk import Cdk
from tools.deployment.cloud import Cloud, StackOptions
from tools.errors import ToolError

# Told as (what is being done, resources done, resources in all); 0 of 0 where not countable.
Report = Callable[[str, int, int], None]


async def ensure_deployed(
    cloud: Cloud, cdk: Cdk, options: StackOptions, report: Report, *, force: bool = False
) -> dict[str, str]:
    """The stack's outputs, after deploying it if the sources changed since the last time.

    Raises:
        ToolError: the CDK failed.
    """
    fingerprint = await asyncio.to_thread(stack.sources_fingerprint, options)
    outputs = await asyncio.to_thread(stack.read_outputs, cloud)
    deployed = await asyncio.to_thread(stack.read_sources_mark, cloud)
    if outputs is not None and deployed == fingerprint and not force:
        return outputs
    report("Preparing the stack and the cloud (cdk synth, cdk bootstrap)", 0, 0)
    await _prepare(cloud, cdk, options)
    doing = "Deploying the stack (cdk deploy)"
    report(doing, 0, 0)
    # A deploy that fails half-way must not look like the one before it.
    await asyncio.to_thread(stack.forget_sources_mark, cloud)
    await cdk.deploy(lambda done, total: report(doing, done, total))
    outputs = await asyncio.to_thread(stack.read_outputs, cloud)
    if outputs is None:
        raise ToolError("the stack has no outputs after its deploy")
    await asyncio.to_thread(stack.write_sources_mark, cloud, fingerprint)
    return outputs


async def _prepare(cloud: Cloud, cdk: Cdk, options: StackOptions) -> None:
    """Synthesise the stack, and bootstrap a cloud that is not: at once where that is possible."""
    if await asyncio.to_thread(stack.is_bootstrapped, cloud):
        await cdk.synthesise(options)
    elif cloud.endpoint_url is None:
        await cdk.synthesise(options)
        await cdk.bootstrap()
    else:
        bootstrapping = asyncio.create_task(cdk.bootstrap())
        try:
            await cdk.synthesise(options)
            await bootstrapping
        finally:
            bootstrapping.cancel()
            await asyncio.gather(bootstrapping, return_exceptions=True)
