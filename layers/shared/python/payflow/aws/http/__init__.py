"""HTTP over API Gateway, both payload formats: one adapter, one table of errors.

    request.py    event → Request
    json_body.py  body → JSON object, strictly
    authorizer.py event → who calls, for the authorizer and for functions without one
    access.py     who may use the route, and which query parameters it knows
    errors.py     error → status and the one error shape
    handler.py    http_handler: dispatch, map, answer

A function declares what it serves and nothing else:

    handler = http_handler(
        {"GET /api/v1/payments/{id}": get_payment}, identify=wiring.identify
    )
"""

from payflow.aws.http.handler import http_handler
from payflow.aws.http.request import Request
from payflow.aws.http.response import Response, json_response

__all__ = ["Request", "Response", "http_handler", "json_response"]
