// People of a test server: invited, with a passkey in an authenticator of their own, and signed in to the portal.
import assert from 'node:assert/strict'
import type { Response } from 'light-my-request'
import type { PortalRole } from '@countersign/admin'
import { createAuthenticator, type Authenticator, type Deviation } from './authenticator.fixture.ts'
import { browserWith, cookieOf, sameOrigin, type Browser } from './console.fixture.ts'
import { realm } from './portal.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

export const portalOrigin = 'http://localhost:8080'
const api = '/portal/api'

export interface PersonOfTest {
  readonly id: string
  readonly organization: string
  readonly organizationId: string
  readonly browser: Browser
  readonly authenticator: Authenticator
}

/** Posts as the page does, without a session; some time after the last request, which are throttled. */
export function postToPortal(server: TestServer, path: string, payload: object, headers: Record<string, string> = {}): Promise<Response> {
  server.clock.advance(25)
  return server.request({ method: 'POST', url: `${api}/${path}`, headers: { ...sameOrigin, ...headers }, payload })
}

/** Returns what the link has behind its "#", too. */
export async function invite(server: TestServer, organization: string, role: PortalRole = 'admin') {
  const { url, ...invitation } = await server.admin('invitations.create', { params: { realm, organization }, body: { role } })
  const [page, token = ''] = (url ?? '').split('#')
  assert.equal(page, `${portalOrigin}/portal/invitation`)
  return { ...invitation, url, token }
}

export const mia = { name: 'Mia Wong', address: 'mia.wong@acme.example' }

export async function accept(
  server: TestServer,
  token: string,
  authenticator: Authenticator,
  person: { readonly name: string; readonly address: string } = mia,
  deviation: Deviation = {},
): Promise<Response> {
  const options = await postToPortal(server, 'invitation/options', { invitation: token, ...person })
  assert.equal(options.statusCode, 200, options.body)
  const credential = authenticator.create(options.json<{ publicKey: never }>().publicKey, deviation)
  return postToPortal(server, 'invitation/accept', { invitation: token, ...person, credential })
}

/** A person of an organization, by default a new one with a client. */
export async function aPerson(
  server: TestServer,
  role: PortalRole = 'admin',
  of?: { readonly slug: string; readonly organizationId: string },
  person = mia,
): Promise<PersonOfTest> {
  const { slug, organizationId } = of ?? (await server.aClient(realm))
  const authenticator = createAuthenticator(portalOrigin)
  const { token } = await invite(server, slug, role)
  const joined = await accept(server, token, authenticator, person)
  assert.equal(joined.statusCode, 201, joined.body)
  const { id } = joined.json<{ person: { id: string } }>().person
  return { id, organization: slug, organizationId, authenticator, browser: browserWith(server, cookieOf(joined), '/portal') }
}

/** What a passkey signs for a sign-in. */
export async function signByPasskey(server: TestServer, authenticator: Authenticator, deviation: Deviation = {}) {
  const options = await postToPortal(server, 'passkey/options', {})
  assert.equal(options.statusCode, 200, options.body)
  return authenticator.get(options.json<{ publicKey: never }>().publicKey, deviation)
}

export async function signInByPasskey(server: TestServer, authenticator: Authenticator, deviation: Deviation = {}): Promise<Response> {
  return postToPortal(server, 'session', { passkey: await signByPasskey(server, authenticator, deviation) })
}
