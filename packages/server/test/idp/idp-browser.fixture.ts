// A browser that signs in to the console or the portal of a test server at an identity provider. Each is at an address of its own: failures are counted by address.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Response } from 'light-my-request'
import { browserWith, type Browser, type Mount } from '../console.fixture.ts'
import type { TestServer } from '../test-server.fixture.ts'

interface IdpToUse {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** The secret of the client is in a file, which every node reads. @param roles further ones @param more further settings of it */
export function withIdp({ issuer, clientId, clientSecret }: IdpToUse, { roles = '', more = '' } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-idp-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'secret')
  writeFileSync(file, clientSecret)
  chmodSync(file, 0o600)
  const ofGroups = `{ owners: owner, admins: all, support: [organizations:read, clients:read]${roles} }`
  const client = `clientId: ${clientId}, clientSecret: "file:${file}"`
  return `console: { signIn: { oidc: { name: Acme SSO, issuer: "${issuer}", ${client}, roles: ${ofGroups}${more} } } }`
}

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' }
let addresses = 0

export interface IdpBrowser {
  /** What the browser has of the server. */
  readonly cookies: Map<string, string>
  /** Returns the answer to the navigation that begins a sign-in. */
  start(query?: Record<string, string>, headers?: Record<string, string>): Promise<Response>
  /** Returns the answer to the navigation with which the identity provider sends the browser back. */
  comeBack(url: URL, headers?: Record<string, string>): Promise<Response>
  /** As the page asks, with the cookie of the session. */
  page(): Browser
}

/** The pages; at the portal with the organization, such as "/nt24-idp/acme". */
export interface PlaceOfIdp {
  readonly mount: Mount
  readonly party: string
}

const atConsole: PlaceOfIdp = { mount: '/console', party: '' }

export function anIdpBrowser(server: Pick<TestServer, 'request' | 'clock'>, { mount, party }: PlaceOfIdp = atConsole): IdpBrowser {
  const startPath = `${mount}/api/oidc/start${party}`
  const sessionCookie = `countersign-${mount.slice(1)}`
  const cookies = new Map<string, string>()
  const n = ++addresses
  const remoteAddress = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

  /** Strict cookies are not sent where another site has begun the navigation. */
  async function navigate(url: string, site: 'same-origin' | 'cross-site', headers: Record<string, string>): Promise<Response> {
    const sent = [...cookies].filter(([name]) => site === 'same-origin' || name !== sessionCookie)
    const cookie = sent.map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await server.request({
      url,
      remoteAddress,
      headers: { ...navigation, 'sec-fetch-site': site, ...(cookie !== '' && { cookie }), ...headers },
    })
    for (const line of [response.headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=')
      if (line.includes('Max-Age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }

  return {
    cookies,
    start: (query = {}, headers = {}) => navigate(`${startPath}?${new URLSearchParams(query).toString()}`, 'same-origin', headers),
    comeBack: (url, headers = {}) => navigate(url.pathname + url.search, 'cross-site', headers),
    page: () => browserWith(server, `${sessionCookie}=${cookies.get(sessionCookie) ?? ''}`, mount),
  }
}

export function hasFlow({ cookies }: IdpBrowser): boolean {
  return [...cookies.keys()].some((name) => name.endsWith('-oidc'))
}

/** Where a redirect leads. */
export function targetOf({ statusCode, headers, body }: Response): string {
  assert.equal(statusCode, 303, body)
  return String(headers.location)
}

/** Signs in, and comes back with a session. */
export async function signInAtIdp(
  server: Pick<TestServer, 'request' | 'clock'>,
  idp: { visit(url: string): Promise<URL> },
  query: Record<string, string> = {},
  place = atConsole,
): Promise<IdpBrowser> {
  const browser = anIdpBrowser(server, place)
  const back = await idp.visit(targetOf(await browser.start(query)))
  assert.equal(targetOf(await browser.comeBack(back)), query['return'] ?? place.mount)
  return browser
}
