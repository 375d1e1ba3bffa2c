// A flood of refusals at one guard: what it costs that guard, the servers and everybody else, and what is kept of it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pause } from '../faults/pause.ts'
import { quantile } from '../quantile.ts'
import { realm } from '../served-nodes.ts'
import type { FloodOrder, FloodResult } from './flood-process.ts'
import type { Company, RefusalCluster } from './refusal-cluster.ts'

const program = fileURLToPath(new URL('./flood-process.ts', import.meta.url))

export interface FloodOptions {
  readonly perSecond: number
  readonly seconds: number
  readonly addresses: number
  readonly routes: number
}

/** Between two requests of those who do no harm. */
const betweenMs = 10

export async function flood(cluster: RefusalCluster, company: Company, options: FloodOptions, say: (progress: string) => void) {
  const { nodes, guards, query, publicUrl, guardCredentials } = cluster
  const token = await cluster.tokenOf(company)
  const memoryOf = () => Promise.all(nodes.map(async (node) => (await node.memory()).residentMebibytes))
  const count = async (statement: string) => Number((await query<{ count: string }>(statement))[0]!.count)
  const kept = () => count('select count(*) from refusals')
  const counted = () =>
    count("select coalesce(sum(count), 0) as count from usage where what = 'call' and step = 'hour' and outcome <> 'allowed'")
  const size = () => count("select pg_total_relation_size('refusals') as count")

  const quiet = await measureOthers(options.seconds)
  say(`flood: ${options.perSecond} refusals a second for ${options.seconds} s, first without reports`)
  const unreported = await floodOnce(false)
  const before = { kept: await kept(), counted: await counted(), bytes: await size(), memory: await memoryOf() }
  say('flood: now with reports')
  const { result, others: during } = await floodOnce(true)
  await pause(15_000) // What is counted is written every 10 s.
  const kinds = await count(
    "select count(*) from (select distinct coalesce(client_id, address), code, route from refusals where api = 'flooded') as kinds",
  )
  return {
    ...options,
    ...result,
    kept: (await kept()) - before.kept,
    kindsKept: kinds,
    counted: (await counted()) - before.counted,
    tableMebibytes: ((await size()) - before.bytes) / 1024 / 1024,
    memoryOfNodes: { before: before.memory, after: await memoryOf() },
    others: { quiet, duringFloodWithoutReports: unreported.others, duringFlood: during },
    microsecondsOfARefusalWithoutReports: unreported.result.microsecondsOfARefusal,
  }

  async function floodOnce(reports: boolean) {
    const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const order: FloodOrder = { ...options, issuer: `${publicUrl}/${realm}`, realm, credentials: guardCredentials, token, reports }
    child.send(order)
    const answer = once(child, 'message') as Promise<[FloodResult & { readonly error?: string }]>
    const others = await measureOthers(options.seconds)
    const [result] = await answer
    child.disconnect()
    if (result.error !== undefined) throw new Error(result.error)
    return { result, others }
  }

  /** Tokens of all nodes, and calls that a guard of another process allows. */
  async function measureOthers(seconds: number) {
    const [tokens, calls]: [number[], number[]] = [[], []]
    let failed = 0
    for (const endAt = performance.now() + seconds * 1000; performance.now() < endAt;) {
      const { status, milliseconds } = await nodes[tokens.length % nodes.length]!.requestToken(company)
      if (status === 200) tokens.push(milliseconds)
      else failed++
      const start = performance.now()
      const verdict = await guards[0]!.authorize({ rawHeaders: ['authorization', `Bearer ${token}`], params: {} }, {})
      if (verdict.allowed) calls.push(performance.now() - start)
      else failed++
      await pause(betweenMs)
    }
    const of = (values: readonly number[]) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) })
    return { tokens: tokens.length, failed, millisecondsOfAToken: of(tokens), millisecondsOfAnAllowedCall: of(calls) }
  }
}
