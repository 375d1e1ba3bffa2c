"""httpx by hand: an Auth flow that renews, a lock that lets calls share one token request."""

import os
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

env = os.environ
tls = ssl.create_default_context(cafile=env.get("CA_FILE"))
issuer = httpx.Client(timeout=10, follow_redirects=False, trust_env=False, verify=tls)


class ClientCredentials(httpx.Auth):
    def __init__(self):
        self.lock = threading.Lock()
        self.token = None
        self.renew_at = self.expires_at = self.retry_at = 0.0

    def auth_flow(self, request):
        token = self.get_token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        challenge = response.headers.get("WWW-Authenticate", "")
        if response.status_code == 401 and 'error="invalid_token"' in challenge:
            self.drop(token)
            request.headers["Authorization"] = f"Bearer {self.get_token()}"
            yield request

    def get_token(self):
        if time.monotonic() < self.renew_at:
            return self.token
        with self.lock:
            now = time.monotonic()
            if now < self.renew_at:
                return self.token
            is_valid = now < self.expires_at
            if now >= self.retry_at:
                try:
                    self.request_token()
                except Exception:
                    if not is_valid:
                        raise
            elif not is_valid:
                raise RuntimeError("too early for a token request")
            return self.token

    def drop(self, token):
        with self.lock:
            if self.token == token:
                self.renew_at = self.expires_at = 0.0

    def request_token(self):
        secret = Path(env["CLIENT_SECRET_FILE"]).read_text().strip()
        sent_at = time.monotonic()
        self.retry_at = sent_at + 1
        response = issuer.post(env["TOKEN_URL"], data={"grant_type": "client_credentials"}, auth=(env["CLIENT_ID"], secret))
        if response.status_code != 200:
            self.retry_at = time.monotonic() + max(1, int(response.headers.get("Retry-After", "0")))
            raise RuntimeError(f"the token endpoint answered {response.status_code}")
        members = response.json()
        lifetime = members.get("expires_in", 60)
        self.token = members["access_token"]
        self.renew_at, self.expires_at = sent_at + 0.8 * lifetime, sent_at + lifetime
        self.retry_at = 0.0


api = httpx.Client(
    base_url=env["API_URL"], auth=ClientCredentials(), timeout=10, trust_env=False, verify=tls, limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
)


class Trigger(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status = 200 if api.get("/v1/orders").status_code == 200 else 502
        except Exception as error:
            print(f"call failed: {type(error).__name__}", flush=True)
            status = 502
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


Server(("127.0.0.1", int(env["PORT"])), Trigger).serve_forever()
