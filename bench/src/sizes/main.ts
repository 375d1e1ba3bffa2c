// What an organization of any size costs: decisions of a guard about clients that it does not know, changes, and the admin API, with the
// longest time that the event loop of the server was held. `node bench/src/sizes/main.ts [other clients] [postgres]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fork, type ChildProcess } from 'node:child_process'
import { createAdminClient, operatorsTokenPath } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { startPostgres } from '@countersign/server/store/postgres.fixture'
import { fillLargeOrganization, partnerIdOf } from '@countersign/server/store/fill-large-organization.fixture'

const others = Number(process.argv[2] ?? 900_000)
const size = { realm: 'soak', clients: 100_000, partners: 50_000, others, usable: 2000 }
const folder = mkdtempSync(join(tmpdir(), 'countersign-sizes-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const ring of ['pepper', 'kek', 'audit-key']) createKeyRingFile(join(folder, ring))
const database = process.argv[3] === 'postgres' ? await startPostgres({ fsync: true }) : undefined
const location = database?.url ?? `sqlite:${join(folder, 'store.db')}`
const port = 18_000 + Math.floor(Math.random() * 1000)
const publicUrl = `http://127.0.0.1:${port}`
const configuration = parseConfiguration(
  `listen: 127.0.0.1:${port}
publicUrl: ${publicUrl}
store: ${location}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditKey: file:audit-key
realms:
  soak: { issuer: /soak, tokenEndpoint: /soak/token, audience: soak, scopes: [read], defaultScopes: [read] }`,
  folder,
)
const logStream = { write: () => {} }

console.log('filling the store', size)
await (await createServer({ configuration, logStream })).close()
const secret = await fillLargeOrganization({ location, pepper: join(folder, 'pepper'), ...size })

let server = await createServer({ configuration, logStream })
const operator = await server.createOperator()
await server.listen()
const provider = createTokenProvider({ ...operator, tokenUrl: `${publicUrl}${operatorsTokenPath}` })
const admin = createAdminClient({ serverUrl: publicUrl, fetch: withBearer(fetch, provider, { origins: [publicUrl] }) })
const inRealm = { realm: 'soak' }
await admin.call('organizations.create', { params: inRealm, body: { slug: 'the-api', name: 'The API' } })
const created = await admin.call('clients.create', {
  params: inRealm,
  body: { organization: 'the-api', name: 'Guard', scopes: ['entitlements:read'] },
})
const guard = { clientId: created.client.clientId, clientSecret: created.clientSecret ?? '' }

let load = await startLoad()
const tokens = join(folder, 'tokens.json')
writeFileSync(tokens, JSON.stringify(await ask('tokens')))
load.kill()
await server.close()
server = await createServer({ configuration, logStream })
await server.listen()
load = await startLoad(tokens)

const params = { realm: 'soak', organization: 'large' }
const rss = () => `${Math.round(process.memoryUsage.rss() / 1024 / 1024)} MiB`
await measured('nothing', () => new Promise((resolve) => setTimeout(resolve, 1000)))
console.log('guard, KiB of heap', await ask('memory'))
await measured('2,000 new clients', () => ask('decide'))
console.log('guard, KiB of heap', await ask('memory'), 'server', rss())
await measured('2,000 known clients', () => ask('decide'))
await measured('organizations.update', () => admin.call('organizations.update', { params, body: { name: 'Larger' } }, { ifMatch: '*' }))
await wait()
await measured('the decisions after it', () => ask('decide'))
await measured('clients.update', () =>
  admin.call('clients.update', { params: { ...inRealm, client: 'large-1' }, body: { name: 'One' } }, { ifMatch: '*' }),
)
await wait()
await measured('the decisions after it', () => ask('decide'))
await measured('organizations.get', () => admin.call('organizations.get', { params }))
for (const sort of ['clientId', '-createdAt'] as const)
  await measured(`clients.list by ${sort}`, () => admin.call('clients.list', { params: inRealm, query: { organization: 'large', sort } }))
await measured('clients.list of the realm', () => admin.call('clients.list', { params: inRealm, query: {} }))
await measured('clients.list disabled', () =>
  admin.call('clients.list', { params: inRealm, query: { organization: 'large', enabled: 'false' } }),
)
await measured('clients.list search', () => admin.call('clients.list', { params: inRealm, query: { search: 'nothing like it' } }))
await measured('organizations.list search', () =>
  admin.call('organizations.list', { params: inRealm, query: { search: 'nothing like it' } }),
)
await measured('partners.list search', () => admin.call('partners.list', { params: inRealm, query: { search: 'nothing like it' } }))
await measured('partners.ofOrganization', () => admin.call('partners.ofOrganization', { params, query: {} }))
const many = Array.from({ length: 5000 }, (_, i) => ({ id: partnerIdOf(60_000 + i), name: `New ${i}` }))
await measured('partners.change +5,000', () => admin.call('partners.change', { params, body: { authorize: many } }))
await measured('partners.change -5,000', () => admin.call('partners.change', { params, body: { withdraw: many.map(({ id }) => id) } }))
await measured('partners.delete', () =>
  admin.call('partners.delete', { params: { ...inRealm, partner: partnerIdOf(7) }, query: { force: 'true' } }),
)
await measured('organizations.suspend', () => admin.call('organizations.suspend', { params, body: {} }))
await measured('organizations.resume', () => admin.call('organizations.resume', { params }))
await measured('clients.delete', () => admin.call('clients.delete', { params: { ...inRealm, client: 'large-9' } }))
await measured('organizations.delete', () => admin.call('organizations.delete', { params }))
console.log('server', rss())
load.kill()
await server.close()
await database?.stop()

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  const hold = watchEventLoop()
  const start = performance.now()
  const result = await work().catch((error: Error) => error.message)
  const took = performance.now() - start
  await new Promise((resolve) => setTimeout(resolve, 20)) // The last delay is recorded by the next timer.
  const { wall, cpu } = hold.stop()
  const isFigures = typeof result === 'object' && result !== null && 'p99' in result
  console.log(
    `${what}: ${took.toFixed(0)} ms, event loop held ${wall.toFixed(0)} ms, of it ${cpu.toFixed(0)} ms of computing`,
    isFigures || typeof result === 'string' ? result : '',
  )
}

/** The longest time between two timers. What is not computing is the share of other processes. Milliseconds. */
function watchEventLoop() {
  const cpuNow = () => process.threadCpuUsage().user / 1000 + process.threadCpuUsage().system / 1000
  let [wall, cpu] = [0, 0]
  let last = { wall: performance.now(), cpu: cpuNow() }
  const timer = setInterval(() => {
    const now = { wall: performance.now(), cpu: cpuNow() }
    wall = Math.max(wall, now.wall - last.wall)
    cpu = Math.max(cpu, now.cpu - last.cpu)
    last = now
  }, 1)
  return {
    stop() {
      clearInterval(timer)
      return { wall, cpu }
    },
  }
}

async function startLoad(known?: string): Promise<ChildProcess> {
  const given = {
    issuer: `${publicUrl}/soak`,
    tokenUrl: `${publicUrl}/soak/token`,
    ...size,
    clients: size.usable,
    secret,
    guard,
    tokens: known,
  }
  const started = fork(new URL('load.ts', import.meta.url), [JSON.stringify(given)])
  await new Promise((resolve, reject) => started.once('message', resolve).once('error', reject).once('exit', reject))
  return started
}

async function ask(step: string): Promise<unknown> {
  load.send(step)
  return new Promise((resolve, reject) => load.once('message', resolve).once('error', reject))
}

/** Longer than the interval of the guard. */
async function wait(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1500))
}
