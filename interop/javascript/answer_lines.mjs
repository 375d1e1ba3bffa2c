// What the verifiers in JavaScript share: they read lines of issuer, audience, JWKS URL, type, algorithm and token, and answer each with
// "ok" and the client id, or "refused" and why.
import { createInterface } from 'node:readline'

export async function answerLines(clientOf) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [issuer, audience, jwksUri, typ, algorithm, token] = line.split('\t')
    try {
      console.log('ok', await clientOf(token, { issuer, audience: audience || undefined, jwksUri, typ: typ || undefined, algorithm }))
    } catch (error) {
      console.log('refused', error.message)
    }
  }
}

/** The client id that an app with middleware answers to a request with a token. */
export async function askApp(app, token) {
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers: { authorization: `Bearer ${token}` } })
    if (response.status !== 200) throw new Error(`${response.status} ${response.headers.get('www-authenticate') ?? ''}`)
    return await response.text()
  } finally {
    server.close()
  }
}
