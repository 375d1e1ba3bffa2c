// An integrator of seed 004: posts a validation message.
import { createTokenProvider, withBearer } from '@countersign/client'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET } = process.env as Record<string, string>

const tokens = createTokenProvider({
  tokenUrl: TOKEN_URL!,
  clientId: CLIENT_ID!,
  clientSecret: CLIENT_SECRET!,
  clientAuthentication: 'body',
})
const call = withBearer(fetch, tokens, { origins: [new URL(API_URL!).origin] })

const response = await call(`${API_URL}/transactions/mock`, { method: 'POST' })
console.log(response.status, await response.json())
if (!response.ok) process.exitCode = 1
