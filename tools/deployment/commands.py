"""`payflow deploy` and `destroy`."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import asdict
from typing import Annotated

import typer

from infra_cdk.settings import ApiKind, Stage, Target, WorkflowKind
from tools.deployment import stack
from tools.deployment.access import grant_access
from tools.deployment.cdk import Cdk
from tools.deployment.cloud import Cloud, StackOptions
from tools.deployment.deploy import Report, ensure_deployed
from tools.embedded.detach import stop_in_background
from tools.embedded.instance import RunFile, StateDir
from tools.endpoints import FILE_NAME, Endpoints, find_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import print_json, results
from tools.progress import ProgressReport

LOCALSTACK_URL = "http://127.0.0.1:4566"

TargetOption = Annotated[Target, typer.Option(help="The cloud to work on.")]
StageOption = Annotated[Stage, typer.Option(help="prod keeps its data when the stack is removed.")]
EndpointOption = Annotated[
    str, typer.Option("--endpoint-url", help="Where LocalStack listens (target localstack).")
]


def deploy(
    *,
    target: TargetOption = Target.EMBEDDED,
    stage: StageOption = Stage.DEV,
    workflow: Annotated[
        WorkflowKind | None,
        typer.Option(help="Which kind of workflow runs payments.", show_default="express"),
    ] = None,
    endpoint_url: EndpointOption = LOCALSTACK_URL,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Deploy the CDK stack and write its addresses to .payflow/endpoints.json.

    embedded deploys the sources as they are now to the instance that payflow up started, with the
    choices it was started with. localstack needs a running LocalStack; aws uses your own AWS
    credentials and costs what you use.

    For example:

        payflow deploy
        payflow deploy --target localstack --endpoint-url http://127.0.0.1:4566
        AWS_PROFILE=sandbox payflow deploy --target aws --stage prod
    """
    state = StateDir(state_dir)
    with ProgressReport() as report:
        if target is Target.EMBEDDED:
            endpoints = _deploy_embedded(state, report)
        else:
            options = StackOptions(target, workflow=workflow, stage=stage)
            cloud = Cloud(target, None if target is Target.AWS else endpoint_url)
            endpoints = _deploy_remote(state, cloud, options, report)
    if as_json:
        print_json(asdict(endpoints))
    else:
        results.print(f"Deployed. The API is {endpoints.api_url}/api/v1")
        results.print(f"Keys are in {state.root / FILE_NAME}")


def destroy(
    *,
    target: TargetOption = Target.EMBEDDED,
    stage: StageOption = Stage.DEV,
    endpoint_url: EndpointOption = LOCALSTACK_URL,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
) -> None:
    """Remove a deployment. embedded: stop the instance and delete all that it keeps.

    For example:

        payflow destroy --yes
        payflow destroy --target localstack
        AWS_PROFILE=sandbox payflow destroy --target aws
    """
    if not yes:
        typer.confirm(f"Remove the {target} deployment and its data?", abort=True, err=True)
    state = StateDir(state_dir)
    if target is Target.EMBEDDED:
        stop_in_background(state)
        shutil.rmtree(state.root, ignore_errors=True)
    else:
        cloud = Cloud(target, None if target is Target.AWS else endpoint_url)
        with ProgressReport() as report:
            asyncio.run(_destroy_remote(state, cloud, StackOptions(target, stage=stage), report))
        (state.root / FILE_NAME).unlink(missing_ok=True)
    results.print("Removed.")


def _deploy_embedded(state: StateDir, report: Report) -> Endpoints:
    run = RunFile(state).read_live()
    endpoints = find_endpoints(state.root)
    if run is None or not run.is_ready or endpoints is None:
        raise ToolError("no instance runs here", hint="start one with: payflow up --detach")
    options = StackOptions(
        Target.EMBEDDED, api=ApiKind(run.api), workflow=WorkflowKind(run.workflow)
    )
    cloud = Cloud(Target.EMBEDDED, run.aws_endpoint_url)
    outputs = asyncio.run(ensure_deployed(cloud, _cdk(state, cloud), options, report, force=True))
    stack.tell_public_url(cloud, outputs, endpoints.api_url)
    return endpoints


def _deploy_remote(
    state: StateDir, cloud: Cloud, options: StackOptions, report: Report
) -> Endpoints:
    outputs = asyncio.run(ensure_deployed(cloud, _cdk(state, cloud), options, report, force=True))
    api_url = outputs["ApiEndpoint"].rstrip("/")
    if cloud.endpoint_url is not None:
        # LocalStack's own host names need a resolver that knows them; a path works everywhere.
        api_url = stack.path_based_url(cloud.endpoint_url, outputs)
        stack.tell_public_url(cloud, outputs, api_url)
    report("Handing out keys", 0, 0)
    before = find_endpoints(state.root)
    operator_key, merchant = grant_access(
        before if before is not None and before.api_url == api_url else None,
        api_url=api_url,
        cloud=cloud,
        merchants_table=outputs["MerchantsTable"],
    )
    endpoints = Endpoints(
        target=cloud.target,
        api_url=api_url,
        dashboard_url=f"{api_url}/docs",
        operator_key=operator_key,
        demo_merchant=merchant,
        aws_endpoint_url=cloud.endpoint_url,
    )
    endpoints.write(state.root)
    return endpoints


async def _destroy_remote(
    state: StateDir, cloud: Cloud, options: StackOptions, report: Report
) -> None:
    doing = "Removing the stack (cdk destroy)"
    report(doing, 0, 0)
    await asyncio.to_thread(stack.forget_sources_mark, cloud)
    cdk = _cdk(state, cloud)
    await cdk.synthesise(options)
    await cdk.destroy(lambda done, total: report(doing, done, total))


def _cdk(state: StateDir, cloud: Cloud) -> Cdk:
    return Cdk(cloud, assembly=state.assembly, log_dir=state.logs)
