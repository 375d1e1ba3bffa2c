// A browser at the console or the portal of a test server: it keeps its cookie, and says of each request that it comes from the page itself.
import assert from 'node:assert/strict'
import type { InjectOptions, Response } from 'light-my-request'
import { operations, type OperationInput, type OperationName } from '@countersign/admin'
import type { TestServer } from './test-server.fixture.ts'

export const withConsole = { settings: 'console: {}' }
export const sameOrigin = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
export const sessionPath = '/console/api/session'
export type Mount = '/console' | '/portal'

export interface Browser {
  /** As the page asks. */
  request(options: InjectOptions): Promise<Response>
  session(): Promise<Response>
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<Response>
  readonly cookie: string
}

type Visited = Pick<TestServer, 'request' | 'clock'>

interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly realm?: string
}

/** Of them what a sign-in needs. */
export function credentialsOf({ clientId, clientSecret, realm }: Credentials): Credentials {
  return { clientId, clientSecret, ...(realm !== undefined && { realm }) }
}

/** Posts to the path of the session, without a cookie unless the headers have one; some time after the last attempt, which are throttled. */
export function postSession(
  server: Visited,
  payload: object,
  headers: Record<string, string> = {},
  mount: Mount = '/console',
): Promise<Response> {
  server.clock.advance(25)
  return server.request({ method: 'POST', url: `${mount}/api/session`, headers: { ...sameOrigin, ...headers }, payload })
}

export async function signIn(
  server: Visited,
  credentials: Credentials,
  headers: Record<string, string> = {},
  mount: Mount = '/console',
): Promise<Browser> {
  const response = await postSession(server, credentialsOf(credentials), headers, mount)
  assert.equal(response.statusCode, 201, response.body)
  return browserWith(server, cookieOf(response), mount)
}

/** What a browser sends back. */
export function cookieOf({ headers }: Response): string {
  const [cookie = ''] = [headers['set-cookie']].flat()
  return cookie.split(';', 1)[0]!
}

export function browserWith(server: Visited, cookie: string, mount: Mount = '/console'): Browser {
  const request = ({ headers, ...options }: InjectOptions) => server.request({ ...options, headers: { ...sameOrigin, cookie, ...headers } })
  return {
    request,
    cookie,
    session: () => request({ url: `${mount}/api/session` }),
    call(name, input) {
      const { method, path } = operations[name]
      const { params, query, body } = input as { params: Record<string, string>; query?: Record<string, string>; body?: object }
      const url = path
        .replace('/admin/v1', `${mount}/api/v1`)
        .replace(/\{(\w+)\}/g, (_, member: string) => encodeURIComponent(params[member] ?? ''))
      return request({
        method,
        url,
        headers: method === 'PATCH' ? { 'if-match': '*' } : {},
        ...(query && { query }),
        ...(body && { payload: body }),
      })
    },
  }
}

/** The status and the problem of a response. */
export function refusalOf(response: Response): readonly [status: number, code: string] {
  return [response.statusCode, String(response.json<{ type: string }>().type).split('/').at(-1)!]
}
