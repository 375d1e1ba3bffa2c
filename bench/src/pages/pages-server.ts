// The server of the measurement of pages, in a process of its own: a realm of many clients, and one operator. Tells its CPU time when asked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { fillLargeOrganization } from '@countersign/server/store/fill-large-organization.fixture'
import { realm } from './pages-realm.ts'

export interface PagesServer {
  readonly origin: string
  readonly operator: { readonly clientId: string; readonly clientSecret: string; readonly tokenUrl: string }
}

const clients = Number(process.argv[2])
const folder = mkdtempSync(join(tmpdir(), 'countersign-pages-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const ring of ['pepper', 'kek', 'audit-key']) createKeyRingFile(join(folder, ring))
const location = `sqlite:${join(folder, 'store.db')}`
const port = await findFreePort()
const origin = `http://localhost:${port}`
const configuration = parseConfiguration(
  `listen: 127.0.0.1:${port}
publicUrl: ${origin}
store: ${location}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditKey: file:audit-key
console: {}
realms:
  ${realm}: { issuer: /large, tokenEndpoint: /large/token, audience: large, scopes: [read], defaultScopes: [read] }`,
  folder,
)
const logStream = { write: () => {} }
await (await createServer({ configuration, logStream })).close()
const sizes = { clients: Math.floor(clients / 2), others: Math.ceil(clients / 2), partners: 1000, usable: 1 }
await fillLargeOrganization({ location, pepper: join(folder, 'pepper'), realm, ...sizes })
const server = await createServer({ configuration, logStream })
const operator = await server.createOperator()
await server.listen()

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!((user + system) / 1000)
})
process.on('disconnect', async () => {
  await server.close()
  process.exit()
})
process.send!({ origin, operator } satisfies PagesServer)
