import os
from authlib.integrations.httpx_client import OAuth2Client

client = OAuth2Client(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], token_endpoint=os.environ["TOKEN_URL"], grant_type="client_credentials")
client.fetch_token()
print(client.get(os.environ["API_URL"]).status_code)
