// Three processes behind a load balancer; one after the other is killed by SIGKILL and started again, while backends get tokens and
// call an API with them. With the client library and the guard, no backend may see a failure.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTokenProvider, TokenRequestError, withBearer } from '@countersign/client'
import { createRemoteGuard, denialResponse } from '@countersign/guard'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { startBalancer, type Balancer } from './balancer.ts'
import { realm, startServedNodes, type Credentials } from './served-nodes.ts'

export interface NodeLossOptions {
  readonly kills: number
  readonly backends: number
}

export async function soakNodeLoss({ kills, backends }: NodeLossOptions, say: (progress: string) => void) {
  const port = await findFreePort()
  const served = await startServedNodes({ store: 'postgres', count: 3, settings: `publicUrl: http://127.0.0.1:${port}` })
  const { nodes } = served
  const issuer = `http://127.0.0.1:${port}/soak`
  const requests = { tokens: 0, api: 0 }
  const failures: Record<string, number> = {}
  const end = new AbortController()
  let balancer: Balancer | undefined
  let api: Server | undefined
  const running: Promise<void>[] = []
  try {
    const ports = nodes.map(({ url }) => Number(new URL(url).port))
    balancer = await startBalancer(port, ports)
    const guard = createRemoteGuard({
      issuer,
      realm,
      audience: 'api',
      credentials: await served.aClient('provider', { scopes: ['entitlements:read'] }),
      entitlementSeconds: 1,
    })
    api = createServer(async (request, response) => {
      const verdict = await guard.authorize({ rawHeaders: request.rawHeaders, url: request.url, params: {} }, { dpa: 'any' })
      if (verdict.allowed) return response.end('{}')
      const { status, headers, body } = denialResponse(guard, verdict)
      return response.writeHead(status, headers).end(body)
    })
    const listening = api
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    for (let i = 0; i < backends; i++) {
      const client = await served.aClient(`backend-${i}`)
      await callOnce(client, apiUrl) // Warms up every node and the guard before the first kill.
      running.push(work(client, apiUrl))
    }
    for (let kill = 0; kill < kills; kill++) {
      await pause(500 + Math.random() * 1000)
      const victim = nodes[kill % nodes.length]!
      await victim.kill()
      await pause(1000)
      await victim.start()
      say(`node loss: ${kill + 1} of ${kills}, ${requests.tokens} tokens, ${requests.api} guarded calls, ${JSON.stringify(failures)}`)
    }
    end.abort()
    await Promise.all(running)
    const { fault } = await served.look()
    return { kills, backends, requests, failures, fault: fault ?? null }
  } finally {
    end.abort()
    await Promise.all(running)
    api?.close()
    api?.closeAllConnections()
    await balancer?.close()
    await served.close()
  }

  async function work(client: Credentials, apiUrl: string): Promise<void> {
    while (!end.signal.aborted) {
      const failure = await callOnce(client, apiUrl)
      if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1
      await pause(20)
    }
  }

  /** Behaves like a backend that has just started: first a token, then the call. Returns the failure, if any. */
  async function callOnce({ clientId, clientSecret }: Credentials, apiUrl: string): Promise<string | undefined> {
    const tokens = createTokenProvider({ issuer, clientId, clientSecret })
    try {
      requests.tokens++
      await tokens.getToken()
      requests.api++
      const { status } = await withBearer(fetch, tokens, { origins: [apiUrl] })(apiUrl)
      return status === 200 ? undefined : `api ${status}`
    } catch (error) {
      if (error instanceof TokenRequestError) return `token ${error.code}`
      throw error
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
