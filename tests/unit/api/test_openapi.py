"""The OpenAPI document: valid, complete, committed, readable."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import payflow
from payflow.api.docs_page import docs_page
from payflow.api.error_codes import ERROR_CODES
from payflow.api.openapi import openapi_document, openapi_text
from payflow.api.routes import ROUTES
from payflow.domain import errors

ROOT = Path(__file__).parents[3]
DOCUMENT = openapi_document()
ERROR_CLASSES = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.PayFlowError)
}


def operations() -> list[dict[str, Any]]:
    return [one for methods in DOCUMENT["paths"].values() for one in methods.values()]


def test_it_is_a_valid_openapi_document() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_the_committed_document_is_the_one_that_the_code_makes() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")

    assert committed == openapi_text(), "stale: run `make openapi`"


def test_it_has_every_route_with_its_security() -> None:
    assert len(operations()) == len(ROUTES)
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        schemes = {name for one in operation["security"] for name in one}
        assert bool(schemes) == (route.auth != "none")
        assert ("OperatorKey" in schemes) == (
            route.auth == "operator" or (route.auth == "merchant" and route.method == "GET")
        )


def test_every_operation_says_how_it_can_fail_and_every_error_has_the_one_shape() -> None:
    for operation in operations():
        failures = {int(status) for status in operation["responses"] if int(status) >= 400}
        assert {422, 429, 500} <= failures
        assert ({401, 403} <= failures) == bool(operation["security"])
    for name, response in DOCUMENT["components"]["responses"].items():
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Error"}, name
        assert "X-Request-Id" in response["headers"]


def test_every_example_is_valid() -> None:
    found = 0
    for operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        examples = [one["value"] for one in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        for example in examples:
            schema = {**content["schema"], "components": DOCUMENT["components"]}
            jsonschema.Draft202012Validator(schema).validate(example)
            found += 1

    assert found >= 9


def test_the_version_is_the_packages() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert DOCUMENT["info"]["version"] == payflow.__version__
    assert f'version = "{payflow.__version__}"' in project


def raised_codes() -> dict[str, str]:
    """Each error code that the code raises, with a file that does."""
    found = {}
    for file in sorted(Path(payflow.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                if node.func.id in ERROR_CLASSES and isinstance(code, ast.Constant):
                    found[str(code.value)] = file.name
    return found


@pytest.mark.parametrize("code", sorted(raised_codes()))
def test_every_code_that_can_be_raised_is_documented(code: str) -> None:
    assert code in ERROR_CODES, f"{code} of {raised_codes()[code]} is missing in error_codes.py"


class Anchors(HTMLParser):
    """Collects a page's anchors, its links, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "a":
            self.links.append(given.get("href") or "")
        elif tag in ("script", "img", "link", "iframe") or "src" in given:
            self.loaded.append(tag)


def test_the_page_shows_every_operation_and_code_and_loads_nothing() -> None:
    page = Anchors()
    page.feed(docs_page(DOCUMENT))

    assert page.loaded == []
    assert len(set(page.ids)) == len(page.ids)
    assert {one["operationId"] for one in operations()} <= set(page.ids)
    assert {f"error-{code}" for code in ERROR_CODES} <= set(page.ids)
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"/api/v1/openapi.json"}


def test_what_the_document_says_cannot_become_markup() -> None:
    nasty = openapi_document()
    nasty["info"]["description"] = "<script>alert(1)</script>"
    nasty["paths"]["/docs"]["get"]["summary"] = "<img src=x>"

    page = Anchors()
    page.feed(docs_page(nasty))

    assert page.loaded == []


def test_no_description_of_a_route_is_left_empty() -> None:
    assert all(re.match(r"[A-Z].+", operation["summary"]) for operation in operations())
