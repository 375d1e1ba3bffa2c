import os

import httpx
from httpx_auth import OAuth2ClientCredentials

auth = OAuth2ClientCredentials(os.environ["TOKEN_URL"], client_id=os.environ["CLIENT_ID"], client_secret=os.environ["CLIENT_SECRET"])
print(httpx.get(os.environ["API_URL"], auth=auth).status_code)
