// A client of a test server that has signed in to the portal, and what others have beside it.
import type { InjectOptions, Response } from 'light-my-request'
import { operations, type Operation, type OperationName } from '@countersign/admin'
import { postSession, signIn, type Browser } from './console.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

export const withPortal = { settings: 'console: {}\nportal: { enabled: true }' }
export const portalSession = '/portal/api/session'
export const realm = 'nt24-idp'

/** The operations of the portal. */
export const portalRows = (Object.entries(operations) as [OperationName, Operation][]).filter(([, { portal }]) => portal)

const uuid = '11111111-2222-4333-8444-555555555555'
const params: Readonly<Record<string, string>> = {
  capability: 'rateLimitTier',
  claimSet: 'some',
  keyId: 'abc',
  request: '0199c5e2a4b0-1f2e3d4c-0000002a',
  version: '2026-01',
}

/** A value of a parameter that its operation accepts, and that names nothing. */
export function usualParam(name: string): string {
  return params[name] ?? uuid
}

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
