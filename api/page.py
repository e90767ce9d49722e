"""The GraphiQL page, with headers that let it load its own files and talk to this server, and nothing else."""

import base64
import hashlib
import json
import re
from typing import Any

from starlette.responses import HTMLResponse

from api.graphiql_assets import graphiql_html, present

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ELSEWHERE = "https://unpkg.com"


_EXAMPLE = """# Put your key under Headers below.
# The book on the left holds the schema.

{
  business { name now zone }
  passes(first: 5) {
    edges {
      node {
        client { name }
        purchaseOption { name }
        status
        lastDay
        balance { available booked }
      }
    }
  }
}
"""
_HEADERS = '{\n  "Authorization": "Bearer "\n}'


def page_response(introspection: dict[str, Any]) -> HTMLResponse:
    """Make the page. Its links lead to this server where the files are here, to their usual place otherwise.

    The schema comes with the page, so that its documentation is there before a key is, and asking without a key
    stays refused.
    """
    html = _ours(graphiql_html(), introspection)
    return HTMLResponse(html, headers=_headers(html))


def _ours(html: str, introspection: dict[str, Any]) -> str:
    """Put our example, our headers and our schema into strawberry's page. A change there fails loudly here."""
    start, end = html.index("const EXAMPLE_QUERY = `"), html.index("// Parse URL parameters")
    script = f"const EXAMPLE_QUERY = {_script(_EXAMPLE)};\n      const SCHEMA = {_script(introspection)};\n\n      "
    html = html[:start] + script + html[end:]
    for old, new in (
        ("React.useState(parameters.headers)", f"React.useState(parameters.headers || {_script(_HEADERS)})"),
        ("inputValueDeprecation: true,", "inputValueDeprecation: true,\n          schema: SCHEMA,"),
    ):
        if html.count(old) != 1:
            raise ValueError(f"GraphiQL's page has changed: {old}")
        html = html.replace(old, new)
    return html


def _script(value: object) -> str:
    """Return JSON that may stand in a script element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _headers(html: str) -> dict[str, str]:
    source = "'self'" if present() else f"'self' {_ELSEWHERE}"
    policy = {
        "default-src": "'none'",
        "script-src": " ".join([source, *(_hash(script) for script in _INLINE_SCRIPT.findall(html))]),
        "style-src": f"{source} 'unsafe-inline'",
        "font-src": f"{source} data:",
        "img-src": f"{source} data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
