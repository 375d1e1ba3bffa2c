import os
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # for a server without TLS on this machine only
session = OAuth2Session(client=BackendApplicationClient(client_id=os.environ["CLIENT_ID"]))
session.fetch_token(os.environ["TOKEN_URL"], client_secret=os.environ["CLIENT_SECRET"])
print(session.get(os.environ["API_URL"]).status_code)
