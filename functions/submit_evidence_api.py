"""Answer a dispute with evidence."""

from __future__ import annotations

from payflow import wiring
from payflow.api.documents import dispute_document
from payflow.api.requests import parse_evidence
from payflow.aws.http import Request, Response, http_handler, json_response


def submit_evidence(request: Request) -> Response:
    """200 with the dispute once the provider has the evidence; harmless when repeated."""
    text, files = parse_evidence(request.json())
    payment, dispute = wiring.submit_evidence()(
        request.path_params["id"], request.caller.owner, text, files
    )
    return json_response(dispute_document(payment, dispute))


handler = http_handler(
    {"POST /api/v1/disputes/{id}/evidence": submit_evidence}, identify=wiring.identify
)
