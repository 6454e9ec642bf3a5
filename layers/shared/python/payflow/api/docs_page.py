"""The OpenAPI document as one readable page: no script, nothing loaded from anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from payflow.api.json_schema import REFERENCE_PREFIX, Schema

PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
"""The page's Content-Security-Policy: a style sheet of its own, and nothing else."""

_LIMITS: Final = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("maxProperties", "at most {} keys"),
    ("default", "default {}"),
)
_ENUM_SHOWN_MAX: Final = 12

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #17202a; --dim: #5c6773; --line: #d9dee3; --card: #f6f8f9;
  --paper: #fff; --accent: #0b6bcb; --post: #1a7f4b; --put: #95620b; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa5b1; --line: #2f3842;
  --card: #171d23; --paper: #0f1419; --accent: #6cb2ff; --post: #5fd39a; --put: #e3b04b;
  --delete: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; display: grid;
  grid-template-columns: 16rem minmax(0, 56rem); gap: 2.5rem; padding: 0 1.5rem; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 0; font-size: 13px; }
nav a { display: block; color: var(--dim); text-decoration: none; padding: .15rem 0; }
nav a:hover, a { color: var(--accent); }
main { padding: 1.5rem 0 6rem; }
h1 { font-size: 1.9rem; margin: 0 0 .5rem; } h2 { margin: 3rem 0 .5rem; }
h3 { margin: 0; font-size: 1.05rem; }
h4 { margin: 1rem 0 .25rem; color: var(--dim); font-size: 13px; }
section.operation { border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem;
  margin: 1rem 0; }
code, pre, .path { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
code { background: var(--card); padding: .05rem .3rem; border-radius: 4px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem;
  overflow: auto; } pre code { padding: 0; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; color: var(--accent); }
.method.post { color: var(--post); } .method.put, .method.patch { color: var(--put); }
.method.delete { color: var(--delete); }
.dim { color: var(--dim); } .required { color: var(--delete); font-size: 12px; }
.table { overflow: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
td, th { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-top: 1px solid var(--line); } th { color: var(--dim); font-weight: 500; border: 0; }
:target { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 6px; }
@media (max-width: 60rem) { body { display: block; padding: 0 1rem; }
  nav { position: static; height: auto; max-height: 14rem; } }
"""


def docs_page(document: Mapping[str, Any]) -> str:
    """An HTML page that shows all of `document`."""
    info = document["info"]
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = [tag["name"] for tag in document["tags"]]
    body = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>'
        + "".join(_operation(*one) for one in operations if one[2]["tags"] == [tag])
        for tag in tags
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
        f"{_navigation(tags, operations)}<main>"
        f'<h1>{escape(info["title"])} API</h1><p class="dim">Version {escape(info["version"])} · '
        '<a href="/api/v1/openapi.json">OpenAPI document</a></p>'
        f"{_paragraphs(info['description'])}{_keys(document)}{body}"
        f"{_error_codes(document)}{_schemas(document)}</main></body></html>"
    )


def _navigation(tags: list[str], operations: list[tuple[str, str, Any]]) -> str:
    links = []
    for tag in tags:
        links.append(f'<a href="#{escape(tag)}"><strong>{escape(tag)}</strong></a>')
        links += [
            f'<a href="#{escape(one["operationId"])}">{escape(one["summary"])}</a>'
            for _, _, one in operations
            if one["tags"] == [tag]
        ]
    links += ['<a href="#errors"><strong>Error codes</strong></a>']
    links += ['<a href="#schemas"><strong>Schemas</strong></a>']
    return f'<nav aria-label="Contents">{"".join(links)}</nav>'


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [
        f'<h3><span class="method {method}">{method.upper()}</span>'
        f'<span class="path">{escape(path)}</span></h3><p>{_inline(operation["summary"])}'
        f' <span class="dim">· {_security(operation)}</span></p>'
    ]
    if operation.get("parameters"):
        parts.append("<h4>Parameters</h4>" + _table(map(_parameter, operation["parameters"])))
    if "requestBody" in operation:
        parts.append(_body(operation["requestBody"]))
    rows = [_response(status, one) for status, one in operation["responses"].items()]
    parts.append("<h4>Answers</h4>" + _table(rows))
    anchor = escape(operation["operationId"])
    return f'<section class="operation" id="{anchor}">{"".join(parts)}</section>'


def _security(operation: Mapping[str, Any]) -> str:
    names = [escape(name) for scheme in operation["security"] for name in scheme]
    return " or ".join(names) if names else "no key needed"


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    required = ' <span class="required">required</span>' if parameter.get("required") else ""
    return (
        f"<code>{escape(parameter['name'])}</code>{required}",
        escape(parameter["in"]),
        f"{_type(parameter['schema'])} {_inline(parameter.get('description', ''))}",
    )


def _body(body: Mapping[str, Any]) -> str:
    content = body["content"]["application/json"]
    optional = "" if body["required"] else " (optional)"
    examples = [one["value"] for one in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    shown = "".join(
        f"<pre><code>{escape(json.dumps(example, indent=2))}</code></pre>"
        for example in examples[:1]
    )
    return f"<h4>Body{optional}: {_type(content['schema'])}</h4>{shown}"


def _response(status: str, response: Mapping[str, Any]) -> tuple[str, ...]:
    if "$ref" in response:
        return f"<code>{status}</code>", '<a href="#schema-Error">Error</a>'
    content = response["content"].get("application/json")
    return f"<code>{status}</code>", _type(content["schema"]) if content else "HTML"


def _keys(document: Mapping[str, Any]) -> str:
    schemes = document["components"]["securitySchemes"].items()
    rows = [(f"<code>{escape(name)}</code>", _inline(one["description"])) for name, one in schemes]
    return "<h2>Keys</h2>" + _table(rows)


def _error_codes(document: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr id="error-{escape(code)}"><td><code>{escape(code)}</code></td>'
        f"<td>{one['status']}</td><td>{_inline(one['meaning'])}</td></tr>"
        for code, one in document["x-error-codes"].items()
    )
    return f'<h2 id="errors">Error codes</h2><div class="table"><table>{rows}</table></div>'


def _schemas(document: Mapping[str, Any]) -> str:
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    return '<h2 id="schemas">Schemas</h2>' + "".join(
        f'<section class="operation" id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
        f"{_fields(schema)}</section>"
        for name, schema in schemas.items()
    )


def _fields(schema: Schema) -> str:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:
        return f"<p>{_type(schema)}</p>"
    rows = []
    for name, member in properties.items():
        required = name in schema.get("required", ())
        mark = ' <span class="required">required</span>' if required else ""
        rows.append((f"<code>{escape(name)}</code>{mark}", _described(member)))
    return _table(rows)


def _described(schema: Schema) -> str:
    nested = _fields(schema) if schema.get("properties") else ""
    return f"{_type(schema)} {_inline(schema.get('description', ''))}{nested}"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(REFERENCE_PREFIX))
        return f'<a href="#schema-{name}">{name}</a>'
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if alternatives:
        return " or ".join(_described(one) for one in alternatives)
    names = schema.get("type", "anything")
    text = escape(names if isinstance(names, str) else " or ".join(names))
    if "items" in schema:
        text += f" of {_described(schema['items'])}"
    notes = [note.format(escape(str(schema[key]))) for key, note in _LIMITS if key in schema]
    notes += _choices(schema.get("enum", ()))
    return f'{text} <span class="dim">{", ".join(notes)}</span>' if notes else text


def _choices(values: Iterable[Any]) -> list[str]:
    names = [escape(str(value)) for value in values if value is not None]
    if not names:
        return []
    more = "…" if len(names) > _ENUM_SHOWN_MAX else ""
    return [f"one of {' '.join(f'<code>{name}</code>' for name in names[:_ENUM_SHOWN_MAX])}{more}"]


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="table"><table>{body}</table></div>'


def _paragraphs(text: str) -> str:
    """The description's paragraphs and lists; it is ours, and uses no more Markdown than this."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.startswith("* "):
            items = re.split(r"(?m)^\* ", block)[1:]
            blocks.append(f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>")
        else:
            blocks.append(f"<p>{_inline(block)}</p>")
    return "".join(blocks)


def _inline(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
