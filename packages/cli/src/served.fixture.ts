// A process of "countersign serve" on SQLite with one operator, whose token requests are the load, and the later content of its store.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createAdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { createServer, loadConfiguration, verifyAuditLog } from '@countersign/server'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { runCommand, startCommand } from './process.fixture.ts'

interface ServedOptions {
  readonly settings?: string
  readonly env?: Readonly<Record<string, string>>
  /** A file descriptor for the log. */
  readonly stderr?: number
  /** Folder of configuration, keys and store. */
  readonly folder?: string
}

export type Served = Awaited<ReturnType<typeof startServed>>

export async function startServed({ settings = '', env = {}, stderr, folder = aFolder() }: ServedOptions = {}) {
  const port = await findFreePorts()
  await runCommand('init', { cwd: folder })
  const file = join(folder, 'countersign.yaml')
  writeFileSync(file, `${settings}\n${readFileSync(file, 'utf8').replaceAll('8080', String(port))}`)
  const setUp = await createServer({ configuration: loadConfiguration(file), logStream: { write: () => {} } })
  const { clientId, clientSecret, tokenUrl } = await setUp.createOperator()
  await setUp.close()
  const start = () =>
    startCommand('serve --config countersign.yaml', 'Serving', { cwd: folder, env, ...(stderr !== undefined && { stderr }) })
  const server = await start()
  const serverUrl = `http://127.0.0.1:${port}`
  const tokenPath = new URL(tokenUrl).pathname
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }).toString()
  const store = join(folder, '.countersign', 'countersign.db')
  const tokens = createTokenProvider({ tokenUrl: serverUrl + tokenPath, clientId, clientSecret })

  return {
    server,
    folder,
    /** Starts it again after it was stopped. */
    start,
    serverUrl,
    port,
    tokenPath,
    /** The form of a valid token request. */
    form,
    store,
    tokens,
    admin: createAdminClient({ serverUrl, fetch: withBearer(fetch, tokens, { origins: [serverUrl] }) }),
    /** The status of the response to a valid token request. */
    async requestToken(): Promise<number> {
      const response = await fetch(serverUrl + tokenPath, { method: 'POST', body: new URLSearchParams(form) })
      assert.equal((await response.text()).includes('access_token'), response.status === 200)
      return response.status
    },
    isReady: async () => (await fetch(`${serverUrl}/readyz`)).status === 200,
    /** The number of tokens in the audit log of the stopped server. */
    auditedTokens(): number {
      const database = new DatabaseSync(store, { readOnly: true })
      const row = database.prepare("select count(*) as count from audit_events where kind = 'token.request' and outcome = 'success'").get()
      database.close()
      return Number(row?.['count'])
    },
    verifyAudit: async () => (await verifyAuditLog(loadConfiguration(file))).fault,
  }
}
