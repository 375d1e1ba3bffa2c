// The API of a sandbox: the real guard decides about every call, unless a scenario plays a refusal or an outage.
import { readBearer } from '@countersign/protocol'
import type { FrontAnswer, FrontRequest } from './front.ts'
import { passedHeaders, type FrontOptions } from './issuer-front.ts'

/** A request to the API, as it was answered. */
export interface ApiRequestSeen {
  /** Of a steady clock, in milliseconds. */
  readonly at: number
  /** Which of the issued tokens it had, from 1; undefined for none, 0 for something else in its place. */
  readonly token: number | undefined
  readonly answered: number | 'reset'
}

interface ApiFrontOptions extends FrontOptions {
  readonly numberOf: (token: string) => number | undefined
}

const orders = JSON.stringify({ orders: [{ id: 'NT-1001', status: 'shipped' }] })

export function createApiFront({ server, marks, conduct, address, numberOf }: ApiFrontOptions) {
  const requests: ApiRequestSeen[] = []
  const front = {
    requests,
    /** Set by a scenario: the answer in place of the guard's. */
    fault: undefined as (() => FrontAnswer | undefined) | undefined,
    answer,
  }
  return front

  async function answer(request: FrontRequest): Promise<FrontAnswer> {
    const at = performance.now()
    const token = tokenOf(request)
    watch(request, token)
    const index = requests.push({ at, token, answered: 0 }) - 1
    const answered = front.fault?.() ?? (await askGuard(request))
    requests[index] = { at, token, answered: answered === 'reset' ? 'reset' : answered.status }
    return answered
  }

  function tokenOf({ headers }: FrontRequest): number | undefined {
    const read = readBearer(headers.authorization)
    if (read.kind === 'missing') return undefined
    return read.kind === 'token' ? (numberOf(read.token) ?? 0) : 0
  }

  function watch({ target, rawHeaders, body }: FrontRequest, token: number | undefined): void {
    const isInUrl = marks.find(target) !== undefined || /[?&]access_token=/.test(target)
    if (isInUrl) conduct.note('token-in-url', 'a credential in the URL of a call to the API')
    const credential = marks.findCredential([target, ...rawHeaders, body].join('\n').replaceAll(/Bearer \S+/g, ''))
    if (credential !== undefined) conduct.note('secret-elsewhere', `the ${credential} in a call to the API`)
    const sent = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'authorization')
    const fault = describeFault(sent, token)
    if (fault !== undefined && !(isInUrl && sent.length === 0)) conduct.note('bearer-scheme', fault)
  }

  /** The server's own API for token holders, which any valid token opens. */
  async function askGuard({ headers, method }: FrontRequest): Promise<FrontAnswer> {
    const { authorization } = headers
    const response = await fetch(`${server.url}${server.issuerPath}/v1/me`, {
      headers: { 'x-forwarded-for': address, ...(authorization && { authorization }) },
    })
    const body = await response.text()
    if (response.status !== 200) return { status: response.status, headers: passedHeaders(response), body }
    return { status: method === 'POST' ? 201 : 200, headers: { 'content-type': 'application/json' }, body: orders }
  }
}

/** The header itself is not repeated: it may be a token. */
function describeFault(sent: readonly string[], token: number | undefined): string | undefined {
  if (sent.length === 0) return 'a call without the header Authorization'
  if (sent.length > 1) return `a call with ${sent.length} headers Authorization`
  const [, scheme, spaces] = /^(\S+)( *)/.exec(sent[0]!) ?? []
  if (scheme !== 'Bearer') return /^bearer$/i.test(scheme ?? '') ? `the scheme "${scheme}"` : 'a call with another scheme than Bearer'
  if (spaces !== ' ') return `"Bearer" with ${spaces?.length} spaces after it`
  return token === 0 ? 'a call with something after "Bearer" that is none of the issued tokens' : undefined
}
