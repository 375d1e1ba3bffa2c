import base64, os, threading, time
from urllib.parse import quote

import httpx


class ClientCredentials(httpx.Auth):
    """Adds a token to each request: cached, renewed a minute before its end, and once after a 401 with invalid_token."""

    requires_response_body = True

    def __init__(self, token_url, client_id, client_secret):
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        self.headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        self.token_url, self.lock = token_url, threading.Lock()
        self.token, self.renew_at = None, 0.0

    def token_other_than(self, refused=None):
        with self.lock:  # one token request, however many threads
            if self.token in (None, refused) or time.monotonic() >= self.renew_at:
                answer = httpx.post(self.token_url, data={"grant_type": "client_credentials"}, headers=self.headers)
                answer.raise_for_status()
                body = answer.json()
                self.token, lifetime = body["access_token"], body["expires_in"]
                self.renew_at = time.monotonic() + max(lifetime - 60, lifetime / 2)
            return self.token

    def auth_flow(self, request):
        token = self.token_other_than()
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401 and 'error="invalid_token"' in response.headers.get("www-authenticate", ""):
            request.headers["authorization"] = f"Bearer {self.token_other_than(refused=token)}"
            yield request


def get(client, url):
    """Waits as long as a 429 says, at most three times. A POST may be repeated too: it was not executed."""
    for _ in range(3):
        response = client.get(url)
        if response.status_code != 429:
            break
        time.sleep(min(int(response.headers.get("retry-after", "1")), 60))
    return response


auth = ClientCredentials(os.environ["TOKEN_URL"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
with httpx.Client(auth=auth) as client:
    for _ in range(4):
        print(get(client, os.environ["API_URL"]).status_code, flush=True)
