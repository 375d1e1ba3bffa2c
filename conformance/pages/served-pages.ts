// A real server with the data of the demo, an empty realm, and two operators: one with every scope, one that may hardly look.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { startDemo, type DemoState } from '@countersign/cli'
import { createTokenProvider, withBearer } from '@countersign/client'
import { addKeyRingVersion } from '@countersign/server'
import { findFreePorts } from '@countersign/server/free-port.fixture'

export interface Operator {
  /** That of the operators where there is none. */
  readonly realm?: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface ServedPages {
  readonly origin: string
  readonly demo: DemoState
  readonly admin: AdminClient
  readonly owner: Operator
  /** Has only `keys:read`. */
  readonly onlooker: Operator
  /** Signs the owner in, once. */
  readonly consoleLink: string
  /** Gives the key-encryption key of the server another version. */
  addKeyEncryptionKey(): Promise<void>
  close(): Promise<void>
}

/** The realm with data, and the one without. */
export const fullRealm = 'nt24-idp'
export const emptyRealm = 'empty'
const emptyRealmYaml = `${emptyRealm}:
  issuer: /realms/${emptyRealm}
  tokenEndpoint: /realms/${emptyRealm}/oauth2/token
  audience: ${emptyRealm}
  scopes: [profile]
  signingKeys: { publishBefore: 1s }
`

/** @param console the setting, for a server at a port */
export async function servePages(console: (port: number) => string | Promise<string> = () => '{}'): Promise<ServedPages> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pages-'))
  process.env['COUNTERSIGN_HOME'] = folder
  const port = await findFreePorts()
  const demo = await startDemo({ port, furtherRealms: emptyRealmYaml, console: await console(port) })
  const origin = demo.state.serverUrl
  const tokens = createTokenProvider(demo.state.operator)
  const admin = createAdminClient({ serverUrl: origin, fetch: withBearer(fetch, tokens, { origins: [origin] }) })
  const { clientSecret } = await admin.call('clients.create', {
    params: { realm: 'operators' },
    body: { organization: 'operators', clientId: 'onlooker', name: 'Onlooker', scopes: ['keys:read'] },
  })
  return {
    origin,
    demo: demo.state,
    admin,
    owner: demo.state.operator,
    onlooker: { clientId: 'onlooker', clientSecret: clientSecret! },
    consoleLink: demo.consoleLink,
    async addKeyEncryptionKey() {
      await addKeyRingVersion({ purpose: 'key-encryption key', location: `file:${join(folder, 'demo', 'key-encryption-key')}` })
      demo.reload()
    },
    async close() {
      await demo.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Gives the browser of the tab a session, as the form does. The tab must be at a page of the origin. */
export async function signIn(tab: Page, origin: string, { realm, clientId, clientSecret }: Operator, mount = '/console'): Promise<void> {
  await tab.goto(`${origin}${mount}/sign-in`)
  // The page asks whether there is a session. That it is told 401 is an error in the console of the browser, which belongs to what comes before.
  await tab.getByRole('heading', { level: 1 }).waitFor()
  const status = await tab.evaluate(
    async ([url, body]) => (await fetch(url!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body! })).status,
    [`${origin}${mount}/api/session`, JSON.stringify({ realm, clientId, clientSecret })],
  )
  if (status !== 201) throw new Error(`Signing in as "${clientId}" was answered with ${status}`)
}
