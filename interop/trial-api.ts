// A guarded API of the demo that, for one program, answers some requests itself as an API may at any time.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TrialCall {
  readonly token: string
  readonly status: number
  readonly at: number
}

/** What it answers to the third and the sixth request. */
const faults: Readonly<Record<number, readonly [status: number, headers: Record<string, string>]>> = {
  3: [401, { 'www-authenticate': 'Bearer error="invalid_token"' }],
  5: [429, { 'retry-after': '1' }],
}

/** Passes requests on to `apiUrl`; `withFaults` the third is 401 and the fifth 429. */
export async function openTrialApi(apiUrl: string, { withFaults }: { withFaults: boolean }) {
  const calls: TrialCall[] = []
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    void answer(authorization).then(([status, headers, body]) => {
      calls.push({ token: authorization.replace(/^Bearer /, ''), status, at: Date.now() })
      response.writeHead(status, headers).end(body)
    })
  })
  const answer = async (authorization: string): Promise<readonly [number, Record<string, string>, string]> => {
    const fault = withFaults ? faults[calls.length + 1] : undefined
    if (fault) return [...fault, '']
    const passed = await fetch(apiUrl, { headers: authorization === '' ? {} : { authorization } })
    const challenge = passed.headers.get('www-authenticate')
    return [passed.status, { 'content-type': 'application/json', ...(challenge && { 'www-authenticate': challenge }) }, await passed.text()]
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/me`,
    calls: calls as readonly TrialCall[],
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
