"""An OpenID Connect provider that knows one analyst: what the page's sign-in is tested against."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "qingshan", "a secret of the client"


@dataclass
class Provider:
    """One provider, with the codes it has given and not yet taken back.

    Attributes:
        refusals: Why a request was refused; a page that signs in as it should has none.
    """

    url: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def secrets_file(self, path: Path, page: str) -> Path:
        """What the operator of a page writes to sign in here, as docs/WORKBENCH.md has it."""
        lines = {
            "redirect_uri": f"{page}/oauth2callback",
            "cookie_secret": secrets.token_hex(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
        }
        path.write_text("[auth]\n" + "".join(f"{key} = {json.dumps(v)}\n" for key, v in lines.items()))
        return path

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def consent(self, asked: dict[str, str]) -> str:
        """A page that asks whether to go on; the code is worth nothing before it is brought back with its verifier."""
        if asked.get("client_id") != CLIENT or asked.get("response_type") != "code":
            return self._refused(f"authorize with {asked}")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back, state = asked["redirect_uri"], asked["state"]
        go_on = f"{back}?{urlencode({'code': code, 'state': state})}"
        refuse = f"{back}?{urlencode({'error': 'access_denied', 'state': state})}"
        return (
            "<!DOCTYPE html><html lang='en'><title>Provider</title><h1>Who are you?</h1>"
            f"<a href='{html.escape(go_on)}'>Go on as analyst</a> <a href='{html.escape(refuse)}'>Refuse</a>"
        )

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, object] | None:
        """The signed token for a code; None for what a provider refuses."""
        asked = self.codes.pop(sent.get("code", ""), None)
        login = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or login.replace("+", " ").replace("%20", " ") != f"{CLIENT}:{SECRET}"
            or sent.get("redirect_uri") != asked["redirect_uri"]
            or asked.get("code_challenge") != challenge
        ):
            self._refused(f"token for {sent}")
            return None
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "1", "name": "Analyst", "email": "analyst@example.org",
            "iat": now, "exp": now + 600, "nonce": asked.get("nonce", ""),
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return {
            "access_token": secrets.token_hex(8),
            "token_type": "Bearer",
            "expires_in": 600,
            "id_token": signed,
        }

    def _refused(self, why: str) -> str:
        self.refusals.append(why)
        return "refused"


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider on a free port of this machine until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(at.query).items()}
            match at.path:
                case "/.well-known/openid-configuration":
                    self._answer(json.dumps(provider.metadata()), "application/json")
                case "/jwks":
                    self._answer(
                        json.dumps({"keys": [provider.key.as_dict(private=False)]}), "application/json"
                    )
                case "/authorize":
                    self._answer(provider.consent(asked), "text/html")
                case "/end":
                    self.send_response(302)
                    self.send_header("Location", asked["post_logout_redirect_uri"])
                    self.end_headers()
                case _:
                    self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {key: values[0] for key, values in parse_qs(body).items()}
            token = provider.token(sent, self.headers.get("Authorization", ""))
            self._answer(
                json.dumps(token or {"error": "invalid_grant"}), "application/json", 200 if token else 400
            )

        def _answer(self, body: str, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        provider = Provider(f"http://localhost:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider
        server.shutdown()
