// The server under test as its callers see it: URLs, clients, and requests over `fetch`, or over a plain connection for requests that
// `fetch` cannot send. Imports no code of the product.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { DemoState, DemoSystem } from '@countersign/cli'

export const systemNames = ['novatrade24', 'partner-api', 'ptv', 'nxtsoft'] as const
export type SystemName = (typeof systemNames)[number]

export type Json = Record<string, unknown>
/** Parameters of a form. A list of pairs can repeat a name, a string can be malformed. */
export type Form = Record<string, string> | [string, string][] | string
type HeaderFields = Record<string, string>

interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

const stateFile = process.env['TARGET_STATE']
assert.ok(stateFile, 'There is no target. Run the suite by "npm run conformance", one file by "npm test -- conformance/<file>".')
export const target: DemoState = JSON.parse(readFileSync(stateFile, 'utf8'))

export function systemOf(name: SystemName): DemoSystem {
  const system = target.systems[name]
  assert.ok(system, `The target has no system "${name}"`)
  return system
}

/** A client of a system; `guard` is the one of its sample API. */
export function clientOf(name: SystemName, slug = 'acme') {
  const { clients, guard } = systemOf(name)
  const client = slug === 'guard' ? { ...guard, organizationId: '', partnerIds: [] } : clients[slug]
  assert.ok(client, `The target has no client "${name}/${slug}"`)
  return client
}

/** A client that has a private key in place of a secret. */
export async function keyedClientOf(name: SystemName): Promise<{ clientId: string; keyId: string; privateKey: CryptoKey }> {
  const client = systemOf(name).keyedClients?.['acme']
  assert.ok(client, `The target has no client with a key in "${name}"`)
  const base64 = readFileSync(client.keyFile, 'utf8').replaceAll(/-----[\w ]+-----|\s/g, '')
  const privateKey = await crypto.subtle.importKey('pkcs8', Uint8Array.fromBase64(base64), 'Ed25519', false, ['sign'])
  return { ...client, privateKey }
}

export function basic({ clientId, clientSecret }: Credentials): string {
  return `Basic ${btoa(`${clientId}:${clientSecret}`)}`
}

export function postForm(url: string, form: Form, headers: HeaderFields = {}): Promise<Response> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body })
}

/** A valid token request with Basic credentials, unless `parameters` and `headers` change it. */
export function requestToken(name: SystemName, parameters: Record<string, string> = {}, headers: HeaderFields = {}): Promise<Response> {
  const form = { grant_type: 'client_credentials', ...parameters }
  return postForm(systemOf(name).tokenUrl, form, { authorization: basic(clientOf(name)), ...headers })
}

const knownTokens = new Map<string, Promise<string>>()

/** An access token of a client, cached: ptv limits the requests per second from one address. */
export function tokenOf(name: SystemName, slug = 'acme'): Promise<string> {
  const key = `${name}/${slug}`
  const token = knownTokens.get(key) ?? newTokenOf(name, slug)
  knownTokens.set(key, token)
  return token
}

/** A new access token that no other test uses. */
export async function newTokenOf(name: SystemName, slug = 'acme'): Promise<string> {
  const response = await requestToken(name, {}, { authorization: basic(clientOf(name, slug)) })
  const { access_token: token } = await readJson(response)
  assert.ok(typeof token === 'string', `${name}/${slug} got no token: ${response.status}`)
  return token
}

/** Sends a request to the sample API of a system. */
export function callApi(
  name: SystemName,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: HeaderFields } = {},
) {
  return fetch(systemOf(name).apiUrl + path, { method, headers })
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

export interface Metadata {
  readonly issuer: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly introspection_endpoint: string
  readonly revocation_endpoint: string
  readonly [member: string]: unknown
}

/** The metadata of a system's issuer at the OpenID Connect path. */
export async function metadataOf(name: SystemName): Promise<Metadata> {
  const response = await fetch(`${systemOf(name).issuer}/.well-known/openid-configuration`)
  return (await readJson(response)) as unknown as Metadata
}

export type Jwk = Record<string, string>

export async function keysOf(name: SystemName): Promise<Jwk[]> {
  const { jwks_uri: url } = await metadataOf(name)
  return (await readJson(await fetch(url)))['keys'] as Jwk[]
}

/** The Content-Type without its parameters. */
export function mediaTypeOf({ headers }: Response): string | undefined {
  return headers.get('content-type')?.split(';')[0]
}

export async function readJson(response: Response): Promise<Json> {
  return (await response.json()) as Json
}

/** Header and claims of a token, unverified. */
export function decodeToken(token: string): { header: Json; claims: Json } {
  const [header, claims] = token
    .split('.', 2)
    .map((segment): Json => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64url(segment))))
  assert.ok(header && claims)
  return { header, claims }
}

/** Reads base64url as RFC 7515 §2 defines it: without padding and without unused bits. */
export function fromBase64url(encoded: string): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.fromBase64(encoded, { alphabet: 'base64url' })
  assert.equal(bytes.toBase64({ alphabet: 'base64url', omitPadding: true }), encoded)
  return bytes
}

/** Changes a character in the middle of the signature, where every bit is significant. */
export function alterSignature(token: string): string {
  const position = token.lastIndexOf('.') + 10
  return token.slice(0, position) + (token[position] === 'A' ? 'B' : 'A') + token.slice(position + 1)
}

export interface Challenge {
  readonly scheme: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** The only challenge of a response (RFC 9110 §11.6.1); all its values are quoted. */
export function readChallenge({ headers }: Response): Challenge | undefined {
  const header = headers.get('www-authenticate')
  if (header === null) return undefined
  const match = /^(\w+) (\w+="[^"]*"(?:, \w+="[^"]*")*)$/.exec(header)
  assert.ok(match, `No challenge: ${header}`)
  const parameters = [...match[2]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const)
  return { scheme: match[1]!, parameters }
}

/** The `error` and `scope` of a Bearer challenge. */
export function readBearerError(response: Response): { error?: string; scope?: string } | undefined {
  const challenge = readChallenge(response)
  if (challenge?.scheme !== 'Bearer') return undefined
  return Object.fromEntries(challenge.parameters.filter(([name]) => name === 'error' || name === 'scope'))
}

/** Sends raw header lines on a new connection, and reads the response. */
export async function sendRaw(method: string, url: string, lines: readonly string[], body = ''): Promise<Response> {
  const { hostname, port, host, pathname, search } = new URL(url)
  const socket = connect(Number(port || 80), hostname)
  socket.write([`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...lines, '', body].join('\r\n'))
  const answer = await text(socket)
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const [statusLine = '', ...headerLines] = head.split('\r\n')
  const headers = headerLines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  return new Response(rest.join('\r\n\r\n'), { status: Number(statusLine.split(' ')[1]), headers })
}
