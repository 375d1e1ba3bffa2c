// The issuer of a sandbox: passes requests on to the real server, plays the faults of the token endpoint, and numbers the tokens.
import { createHash } from 'node:crypto'
import { createAssertionCheck, type AssertionCheckOptions, type CheckedAssertion } from './assertion-check.ts'
import type { Conduct } from './conduct.ts'
import type { CredentialMarks } from './credential-marks.ts'
import type { FrontAnswer, FrontRequest, FrontResponse } from './front.ts'
import { serverPublicUrl, type SandboxServer } from './sandbox-server.ts'

export interface FrontOptions {
  readonly server: SandboxServer
  readonly marks: CredentialMarks
  readonly conduct: Conduct
  /** The address that the server sees, so that its limits count each sandbox by itself. */
  readonly address: string
}

/** A request to the token endpoint, as it was answered. */
export interface TokenRequestSeen {
  /** Of a steady clock, in milliseconds. */
  readonly at: number
  /** When the backend can have begun to send it. */
  readonly begunAt: number
  readonly answered: number | 'reset'
}

type Fault = () => FrontAnswer | undefined
type Members = Record<string, unknown>

interface IssuerFrontOptions extends FrontOptions {
  readonly toldLifetime: number
  /** For a client that authenticates by them. */
  readonly assertions?: Omit<AssertionCheckOptions, 'server' | 'marks' | 'conduct'>
}

export function createIssuerFront({ server, marks, conduct, address, toldLifetime, assertions }: IssuerFrontOptions) {
  const check = assertions && createAssertionCheck({ server, marks, conduct, ...assertions })
  const numbers = new Map<string, number>()
  const requests: TokenRequestSeen[] = []
  let url = ''

  const front = {
    requests,
    /** Set by a scenario: the answer of the token endpoint in place of the server's. */
    fault: undefined as Fault | undefined,
    /** Set by a scenario: changes the members of a token response. */
    alter: (response: Members): Members => response,
    /** Set by a scenario: for how long a token response is held back. */
    delayMs: 0,
    /** How many requests arrived elsewhere, where the token endpoint has redirected to. */
    followed: 0,
    secretSentElsewhere: false,
    setUrl: (own: string) => void (url = own),
    /** Which of the issued tokens it is, from 1. */
    numberOf: (token: string) => numbers.get(digestOf(token)),
    answer,
    answerElsewhere,
  }
  return front

  async function answer(request: FrontRequest): Promise<FrontAnswer> {
    const [path, query = ''] = request.target.split('?', 2)
    if (marks.find(decodeSafely(query))) conduct.note('token-in-url', 'a credential in the query of a request to the issuer')
    if (path === server.tokenPath) return answerTokenRequest(request)
    const sent = `${request.rawHeaders.join('\n')}\n${request.body}`
    const credential = marks.findCredential(sent)
    if (credential !== undefined) conduct.note('secret-elsewhere', `the ${credential} in a request to ${path} of the issuer`)
    return passOn(request)
  }

  async function answerTokenRequest(request: FrontRequest): Promise<FrontAnswer> {
    const at = performance.now()
    const { begunAt } = request
    const index = requests.push({ at, begunAt, answered: 0 }) - 1
    const checked = check?.read(request.body, url + server.issuerPath)
    const answered = front.fault?.() ?? (await issue(request, checked))
    checked?.noteAnswer(answered)
    requests[index] = { at, begunAt, answered: answered === 'reset' ? 'reset' : answered.status }
    if (front.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, front.delayMs))
    return answered
  }

  async function issue(request: FrontRequest, checked: CheckedAssertion | undefined): Promise<FrontResponse> {
    const response = await passOn(checked === undefined ? request : { ...request, body: checked.body })
    if (response.status === 401) await checked?.noteRefusal(response.headers['x-request-id'])
    if (response.status !== 200) return response
    const members = JSON.parse(response.body) as Members & { access_token: string }
    marks.addToken(members.access_token)
    numbers.set(digestOf(members.access_token), numbers.size + 1)
    return { ...response, body: JSON.stringify(front.alter({ ...members, expires_in: toldLifetime })) }
  }

  async function passOn({ method, target, headers, body }: FrontRequest): Promise<FrontResponse> {
    const { authorization, 'content-type': contentType } = headers
    const response = await fetch(server.url + target, {
      method,
      redirect: 'manual',
      headers: { 'x-forwarded-for': address, ...(authorization && { authorization }), ...(contentType && { 'content-type': contentType }) },
      ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.from(body, 'latin1') }),
    })
    return { status: response.status, headers: passedHeaders(response), body: (await response.text()).replaceAll(serverPublicUrl, url) }
  }

  /** Another origin, which a secret must not reach. */
  async function answerElsewhere({ rawHeaders, body, target }: FrontRequest): Promise<FrontAnswer> {
    front.followed += 1
    if (marks.find([...rawHeaders, body, target].join('\n')) || /\bclient_assertion=/.test(body)) front.secretSentElsewhere = true
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found' }
  }
}

const passed = ['content-type', 'cache-control', 'www-authenticate', 'retry-after', 'x-request-id', 'allow']

export function passedHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries(passed.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : [])))
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
