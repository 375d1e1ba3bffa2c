// An integrator of seed 002: creates a natural person, then pays on behalf of one with that permission. It has a secret, or a private key
// in a file, which is read again for each token, so that another key needs no restart.
import { readFile } from 'node:fs/promises'
import { createTokenProvider, privateKeyJwt, withBearer } from '@countersign/client'

const { TOKEN_URL, ISSUER, API_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_KEY_FILE, CLIENT_KEY_ID, REQUESTOR_ID } = process.env as Record<
  string,
  string
>

const tokens = createTokenProvider({
  tokenUrl: TOKEN_URL!,
  clientId: CLIENT_ID!,
  ...(CLIENT_KEY_FILE
    ? {
        clientAuth: privateKeyJwt({
          privateKey: () => readFile(CLIENT_KEY_FILE, 'utf8'),
          keyId: CLIENT_KEY_ID!,
          audience: ISSUER!,
        }),
      }
    : { clientSecret: CLIENT_SECRET!, clientAuthentication: 'body' }),
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
