// An integrator of seed 003: keeps calling; renewal before expiry and after a 401 is transparent to this code.
import { createTokenProvider, withBearer } from '@countersign/client'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, CALLS = '3', PAUSE_SECONDS = '1' } = process.env as Record<string, string>

const tokens = createTokenProvider({ tokenUrl: TOKEN_URL!, clientId: CLIENT_ID!, clientSecret: CLIENT_SECRET! })
const call = withBearer(fetch, tokens, { origins: [new URL(API_URL!).origin] })

for (let i = 1; i <= Number(CALLS); i++) {
  const response = await call(`${API_URL}/routes`)
  console.log(`call ${i}: ${response.status}`)
  if (!response.ok) process.exitCode = 1
  await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_SECONDS) * 1000))
}
