// Many clients. On SQLite: the time from the start of a server to its first token, and its memory. On PostgreSQL: the cost of a token
// with a million clients compared with a thousand. The server is started through the compiled CLI, as after installation.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fillStore, usable } from '@countersign/server/store/fill-store.fixture'
import { startPostgres } from '@countersign/server/store/postgres.fixture'
import { median } from '../median.ts'
import { aFolder, compile, idOf, root, serve } from './compiled-server.ts'

/** Clients that request tokens during a measurement; the others stay idle. */
const active = 1000
/** More than `clientsInMemory`, whose default is 10,000. */
const moreThanMemoryHolds = 40_000

interface OnSqlite {
  readonly clients: number
  /** Token requests of the active clients. */
  readonly requests: number
}

const anEmptyFastify = `
import fastify from 'fastify'
await fastify().listen({ host: '127.0.0.1', port: 0 })
process.exit()`

/** Seconds that `node …args` takes from start to exit, for comparison. */
function secondsOf(...args: string[]): number {
  const start = performance.now()
  const { status } = spawnSync(process.execPath, args, { cwd: join(root, 'packages/server'), stdio: 'inherit' })
  if (status !== 0) throw new Error(`"node ${args.join(' ')}" failed`)
  return (performance.now() - start) / 1000
}

/**
 * Every secret is due for rotation, so the server writes reminders during the run. In the last phase each client requests one token, so no
 * cache entry is reused: the worst case for memory.
 */
export async function soakManyClientsOnSqlite({ clients, requests }: OnSqlite, say: (progress: string) => void) {
  compile(say)
  const folder = aFolder()
  try {
    const location = `sqlite:${join(folder, 'store.db')}`
    say(`filling SQLite with ${clients} clients`)
    const secretsCreatedAt = Date.now() - 365 * 86_400_000
    const clientSecret = await fillStore({ location, pepper: join(folder, 'pepper'), clients, secretsCreatedAt })
    const [starts, ofNode, ofFastify]: [number[], number[], number[]] = [[], [], []]
    for (let start = 0; start < 7; start++) {
      const server = await serve(folder, location)
      await server.firstToken(idOf(clients - 1 - start), clientSecret)
      starts.push(server.secondsToFirstToken())
      await server.stop()
      ofNode.push(secondsOf('-e', ''))
      ofFastify.push(secondsOf('--input-type=module', '-e', anEmptyFastify))
    }
    say(`first token after ${median(starts).toFixed(2)} s`)
    const server = await serve(folder, location)
    await server.firstToken(idOf(0), clientSecret)
    const mebibytes = { idle: server.mebibytes(), activeClients: 0, moreThanMemoryHolds: 0, everyClient: 0, highest: 0 }
    await server.load(requests, (i) => idOf(i % active), clientSecret)
    mebibytes.activeClients = server.mebibytes()
    await server.load(Math.min(clients, moreThanMemoryHolds), (i) => idOf(i), clientSecret)
    mebibytes.moreThanMemoryHolds = server.mebibytes()
    say(`${mebibytes.moreThanMemoryHolds} MiB after tokens for more clients than the cache holds`)
    await server.load(clients, (i) => idOf(i), clientSecret)
    mebibytes.everyClient = server.mebibytes()
    mebibytes.highest = server.highestMebibytes()
    await server.stop()
    say(`${mebibytes.everyClient} MiB after a token for each client, peak ${mebibytes.highest} MiB`)
    const [withoutCompileCache = 0] = starts
    return {
      clients,
      secondsUntilFirstToken: { median: median(starts), longest: Math.max(...starts), withoutCompileCache },
      secondsOfNothing: { node: median(ofNode), fastify: median(ofFastify) },
      mebibytes,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface OnPostgres {
  readonly few: number
  readonly many: number
  /** Token requests of each measurement. */
  readonly requests: number
}

export async function soakManyClientsOnPostgres({ few, many, requests }: OnPostgres, say: (progress: string) => void) {
  compile(say)
  const folder = aFolder()
  const databases = [await startPostgres(), await startPostgres()] as const
  const servers: Awaited<ReturnType<typeof serve>>[] = []
  try {
    const sides = []
    for (const [index, clients] of [few, many].entries()) {
      const location = databases[index]!.url
      say(`filling PostgreSQL with ${clients} clients`)
      const clientSecret = await fillStore({ location, pepper: join(folder, 'pepper'), clients })
      const server = await serve(folder, location)
      servers.push(server)
      const pick = (i: number) => idOf((i % active) * Math.floor(clients / active)) // Spread over all clients.
      await server.firstToken(pick(0), clientSecret)
      await server.load(requests, pick, clientSecret)
      sides.push({ clients, server, pick, clientSecret, microseconds: [] as number[] })
    }
    for (let round = 1; round <= 7; round++) {
      for (const { server, pick, clientSecret, microseconds } of sides) microseconds.push(await server.load(requests, pick, clientSecret))
      say(
        `round ${round}: ${sides.map(({ clients, microseconds }) => `${microseconds.at(-1)!.toFixed(0)} us of CPU with ${clients} clients`).join(', ')}`,
      )
    }
    const [small, large] = sides.map(({ clients, microseconds, server }) => ({
      clients,
      activeClients: active,
      cpuMicrosecondsPerToken: median(microseconds),
      mebibytes: server.mebibytes(),
    }))
    const big = sides[1]!
    const cold = await big.server.load(usable, (i) => idOf((i % usable) * Math.floor(many / usable)), big.clientSecret)
    return {
      few: small,
      many: { ...large, cpuMicrosecondsPerTokenOfAClientNotInMemory: cold, mebibytesThen: big.server.mebibytes() },
      costRatio: large!.cpuMicrosecondsPerToken / small!.cpuMicrosecondsPerToken,
    }
  } finally {
    for (const server of servers) await server.stop()
    for (const database of databases) await database.close()
    rmSync(folder, { recursive: true })
  }
}
