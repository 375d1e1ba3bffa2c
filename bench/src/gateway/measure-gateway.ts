// Measures what a decision of the gateway costs beside nginx (auth_request), at a given rate of requests with a remembered token.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { medianOfEach } from '../median.ts'
import type { Usage } from '../token/server-process.ts'
import type { GatewayListening } from './gateway-server.ts'
import { startNginx } from './nginx.ts'
import { sendPaced } from './paced-requests.ts'

export interface GatewayOptions {
  /** Requests per second. */
  readonly rate: number
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: number
}

interface GatewayTurn {
  /** CPU time of the gateway process for one decision. */
  readonly gatewayMicroseconds: number
  /** CPU time of nginx for one request with a decision, and for one without. */
  readonly nginxMicroseconds: number
  readonly nginxAloneMicroseconds: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly aloneP99Milliseconds: number
}

export interface GatewayFigures {
  readonly medians: GatewayTurn
  readonly memoryMebibytes: number
  readonly rounds: readonly GatewayTurn[]
}

export async function measureGateway({
  rate,
  rounds: count,
  seconds,
  warmUpSeconds,
  connections,
}: GatewayOptions): Promise<GatewayFigures> {
  const gateway = await startGatewayProcess()
  const nginx = await startNginx(gateway.listening.port, await freePort())
  const send = (path: string, lasting: number) =>
    sendPaced({ port: nginx.port, head: requestOf(path, gateway.listening.token), rate, seconds: lasting, connections })
  try {
    await send(gateway.listening.path, warmUpSeconds)
    await send('/alone', warmUpSeconds)
    const rounds: GatewayTurn[] = []
    for (let round = 0; round < count; round++) {
      const [cpuBefore, nginxBefore] = [(await gateway.readUsage()).cpuSeconds, nginx.cpuSeconds()]
      const guarded = await send(gateway.listening.path, seconds)
      const [cpuAfter, nginxBetween] = [(await gateway.readUsage()).cpuSeconds, nginx.cpuSeconds()]
      const alone = await send('/alone', seconds)
      rounds.push({
        gatewayMicroseconds: ((cpuAfter - cpuBefore) * 1e6) / guarded.requests,
        nginxMicroseconds: ((nginxBetween - nginxBefore) * 1e6) / guarded.requests,
        nginxAloneMicroseconds: ((nginx.cpuSeconds() - nginxBetween) * 1e6) / alone.requests,
        p50Milliseconds: guarded.p50Milliseconds,
        p99Milliseconds: guarded.p99Milliseconds,
        aloneP99Milliseconds: alone.p99Milliseconds,
      })
    }
    return { medians: medianOfEach(rounds), memoryMebibytes: (await gateway.readUsage()).memoryMebibytes, rounds }
  } finally {
    await nginx.stop()
    await gateway.stop()
  }
}

async function startGatewayProcess() {
  const child = fork(new URL('gateway-server.ts', import.meta.url), { env: { ...process.env, NODE_ENV: 'production' } })
  const [listening] = (await once(child, 'message')) as [GatewayListening]
  return {
    listening,
    async readUsage(): Promise<Usage> {
      child.send('usage')
      const [usage] = (await once(child, 'message')) as [Usage]
      return usage
    },
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

function requestOf(path: string, token: string): string {
  const headers = ['Host: api.example.com', 'User-Agent: bench', 'Accept: application/json', `Authorization: Bearer ${token}`]
  return `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
