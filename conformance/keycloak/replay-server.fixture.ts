// A server of our own for a replay: real requests on loopback, a new store, and the realms of the record in its configuration.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import type { RealmSettings } from './resolved-realm.ts'

export interface ReplayServer {
  readonly url: string
  readonly admin: AdminClient
  close(): Promise<void>
}

export async function startReplayServer(realms: Readonly<Record<string, RealmSettings>>): Promise<ReplayServer> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-replay-'))
  const keyFiles = { secretPepper: 'pepper', keyEncryptionKey: 'kek', auditKey: 'audit-key' }
  for (const file of Object.values(keyFiles)) createKeyRingFile(join(folder, file))
  const files = Object.fromEntries(Object.entries(keyFiles).map(([setting, file]) => [setting, `file:${file}`]))
  const configured = Object.fromEntries(
    Object.entries(realms).map(([name, settings]) => [name, { ...settings, accessTokenLifetime: `${settings.accessTokenLifetime}s` }]),
  )
  // JSON is YAML.
  const text = JSON.stringify({ listen: '127.0.0.1:0', store: 'sqlite:store.db', ...files, realms: configured })
  const log: string[] = []
  const server = await createServer({
    configuration: parseConfiguration(text, folder),
    logStream: { write: (line) => void log.push(line) },
  })
  const operator = await server.createOperator()
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const token = await tokenOf(url, operator)
  const withToken: typeof fetch = (input, init) =>
    fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), authorization: `Bearer ${token}` } })
  return {
    url,
    admin: createAdminClient({ serverUrl: url, fetch: withToken }),
    async close() {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function tokenOf(url: string, { clientId, clientSecret }: { clientId: string; clientSecret: string }): Promise<string> {
  const response = await fetch(`${url}/realms/operators/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
