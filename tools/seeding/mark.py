"""Which histories a deployment has, or has begun to get: a parameter in its cloud for each seed.

It is kept in the cloud and not beside it, so a cloud that lost its state has lost the mark too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from botocore.exceptions import ClientError

from payflow.domain.timestamps import parse_rfc3339, rfc3339
from tools.deployment.cloud import Cloud

PREFIX = "/payflow/history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One history: what it was asked for as, up to when it goes, and whether it is there whole."""

    seed: int
    payments: int
    days: int
    until: datetime
    is_complete: bool = False

    def completed(self) -> Mark:
        """The same, there whole."""
        return replace(self, is_complete=True)


def read_mark(cloud: Cloud, seed: int) -> Mark | None:
    """The mark of the history of that seed, or None."""
    try:
        answer = cloud.client("ssm").get_parameter(Name=f"{PREFIX}/{seed}")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    document = json.loads(answer["Parameter"]["Value"])
    return Mark(**{**document, "until": parse_rfc3339(document["until"])})


def write_mark(cloud: Cloud, mark: Mark) -> None:
    """Remember it."""
    document = {
        "seed": mark.seed,
        "payments": mark.payments,
        "days": mark.days,
        "until": rfc3339(mark.until),
        "is_complete": mark.is_complete,
    }
    cloud.client("ssm").put_parameter(
        Name=f"{PREFIX}/{mark.seed}", Value=json.dumps(document), Type="String", Overwrite=True
    )
