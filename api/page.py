"""The GraphiQL page, with headers that let it load its own files and talk to this server, and nothing else."""

import base64
import hashlib
import re

from starlette.responses import HTMLResponse

from api.graphiql_assets import graphiql_html, present

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ELSEWHERE = "https://unpkg.com"


def page_response() -> HTMLResponse:
    """Make the page. Its links lead to this server where the files are here, to their usual place otherwise."""
    html = graphiql_html()
    return HTMLResponse(html, headers=_headers(html))


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
