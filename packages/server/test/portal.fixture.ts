// A client of a test server that has signed in to the portal, and what others have beside it.
import type { InjectOptions, Response } from 'light-my-request'
import { postSession, signIn, type Browser } from './console.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

export const withPortal = { settings: 'console: {}\nportal: { enabled: true }' }
export const portalSession = '/portal/api/session'
export const realm = 'nt24-idp'

export type ClientOfTest = Awaited<ReturnType<TestServer['aClient']>>

export function postPortalSession(server: TestServer, payload: object, headers: Record<string, string> = {}): Promise<Response> {
  return postSession(server, payload, headers, '/portal')
}

export function signInToPortal(server: TestServer, { clientId, clientSecret }: ClientOfTest, of = realm): Promise<Browser> {
  return signIn(server, { clientId, clientSecret, realm: of }, {}, '/portal')
}

/** A client with its page. */
export async function aReader(server: TestServer, settings: Parameters<TestServer['aClient']>[1] = {}) {
  const client = await server.aClient(realm, settings)
  return { client, browser: await signInToPortal(server, client), params: { realm, client: client.clientId } }
}

export function confirmBy(browser: Browser, clientSecret: string): Promise<Response> {
  return browser.request({ method: 'POST', url: `${portalSession}/confirm`, payload: { clientSecret } })
}

export function tryToken(browser: Browser, payload: InjectOptions['payload']): Promise<Response> {
  return browser.request({ method: 'POST', url: '/portal/api/try/token', payload: payload ?? {} })
}
