"""Disputes, which providers open and merchants answer."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import PAGING, route

DISPUTES: Final = (
    route(
        "GET /api/v1/disputes",
        "disputes_api",
        "listDisputes",
        "List disputes, newest first",
        tag="Disputes",
        query=("status", *PAGING),
    ),
    route(
        "GET /api/v1/disputes/{id}",
        "disputes_api",
        "getDispute",
        "Get a dispute",
        tag="Disputes",
    ),
    # Not `idempotent`: it moves no money, and the same evidence again is the same request.
    route(
        "POST /api/v1/disputes/{id}/evidence",
        "submit_evidence_api",
        "submitDisputeEvidence",
        "Answer a dispute with evidence",
        tag="Disputes",
    ),
)
