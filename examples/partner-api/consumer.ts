// An integrator of seed 002: creates a natural person, then pays on behalf of one with that permission.
import { createTokenProvider, withBearer } from '@countersign/client'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, REQUESTOR_ID } = process.env as Record<string, string>

const tokens = createTokenProvider({
  tokenUrl: TOKEN_URL!,
  clientId: CLIENT_ID!,
  clientSecret: CLIENT_SECRET!,
  clientAuthentication: 'body',
})
const call = withBearer(fetch, tokens, { origins: [new URL(API_URL!).origin] })

const person = await call(`${API_URL}/natural-persons`, { method: 'POST' })
console.log('natural person', await person.json())

const payment = await call(`${API_URL}/payments`, { method: 'POST', headers: { 'Requestor-ID': REQUESTOR_ID! } })
const answer = (await payment.json()) as Record<string, string>
if (payment.ok) console.log('payment', answer)
else {
  console.error(`${answer.title}. ${answer.detail}\nWhat to do: ${answer.remedy}\nMore: ${answer.type}`)
  process.exitCode = 1
}
