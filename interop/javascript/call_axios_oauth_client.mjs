import { create } from 'axios'
import { clientCredentials } from 'axios-oauth-client'

const { TOKEN_URL, CLIENT_ID, CLIENT_SECRET, API_URL } = process.env
const http = create()
const getToken = clientCredentials(http, TOKEN_URL, CLIENT_ID, CLIENT_SECRET)
const { access_token: token } = await getToken()
const { status } = await http.get(API_URL, { headers: { authorization: `Bearer ${token}` } })
console.log(status)
