// The authorization server of remote.fixture.ts over HTTP on loopback, for programs in other processes: their clock is that of the machine.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { DecisionReport } from '@countersign/protocol'
import { aSigningKey, keycloakClaims, signToken, type SigningKey } from '../guard.fixture.ts'
import { aRemoteServerOf, type RemoteServer } from '../remote.fixture.ts'

export interface IssuerOverHttp extends RemoteServer {
  readonly issuer: string
  readonly reports: DecisionReport[]
  /** A token of now. */
  token(claims?: Readonly<Record<string, unknown>>, key?: SigningKey): string
}

export async function anIssuerOverHttp(
  t: Pick<TestContext, 'after'>,
  keys: readonly SigningKey[] = [aSigningKey()],
): Promise<IssuerOverHttp> {
  const listening = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  t.after(() => {
    listening.closeAllConnections()
    listening.close()
  })
  const origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  const issuer = `${origin}/realms/nt24-idp`
  const server = aRemoteServerOf(issuer, keys)
  const reports: DecisionReport[] = []
  server.answer(`${issuer}/v1/decisions`, async (request) => {
    reports.push((await request.json()) as DecisionReport)
    return new Response(null, { status: 204 })
  })

  async function respond(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = incoming.method === 'POST' ? Buffer.concat(await incoming.toArray()) : null
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    )
    const request = new Request(`${origin}${incoming.url}`, { method: incoming.method ?? 'GET', headers, body })
    const response = await server.fetch(request).catch(() => new Response(null, { status: 404 }))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()))
  }

  function token(claims: Readonly<Record<string, unknown>> = {}, key = keys[0]!): string {
    const now = Math.floor(Date.now() / 1000)
    const header = { alg: key.algorithm, typ: 'JWT', kid: key.kid }
    return signToken(key, header, keycloakClaims({ iss: issuer, iat: now, exp: now + 300, ...claims }))
  }
  return { ...server, issuer, reports, token }
}
