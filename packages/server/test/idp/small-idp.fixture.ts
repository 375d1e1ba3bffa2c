// A small identity provider that does what it should, or what a test tells it: each part of its answers can be altered.
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { text } from 'node:stream/consumers'

type Claims = Record<string, unknown>

/** What is done otherwise, until {@link SmallIdp.behave} is called again. */
export interface Misbehaviour {
  claims?: (claims: Claims) => Claims
  header?: (header: Claims) => Claims
  /** `none`: without a signature. `altered`: a claim is changed after signing. */
  signature?: 'other-key' | 'none' | 'hmac' | 'altered'
  discovery?: (document: Claims) => Claims
  /** What it publishes in place of its key. */
  keys?: (own: Claims) => readonly unknown[]
  /** The parameters with which the browser is sent back. */
  back?: (parameters: URLSearchParams) => void
  /** In place of an answer to requests at this path. */
  answer?: { readonly path: string; readonly with: (response: ServerResponse) => void }
  userinfo?: Claims
  acceptsCodesTwice?: true
}

export interface Person extends Claims {
  sub: string
}

export interface SmallIdp {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who signs in. */
  person: Person
  /** Requests so far, by path. */
  readonly requests: Map<string, number>
  behave(otherwise?: Misbehaviour): void
  /** What a browser does that is sent here; it comes back with this URL. */
  visit(url: string | URL): Promise<URL>
  signJwt(header: Claims, claims: Claims): string
}

const clientId = 'console'
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** It ends after the tests of the file. */
export async function startSmallIdp(): Promise<SmallIdp> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }
  const clientSecret = randomBytes(24).toString('base64url')
  const codes = new Map<string, { readonly query: URLSearchParams; readonly person: Person }>()
  const tokens = new Map<string, Person>()
  const requests = new Map<string, number>()
  let now: Misbehaviour = {}
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', issuer)
    requests.set(pathname, (requests.get(pathname) ?? 0) + 1)
    if (now.answer?.path === pathname) return now.answer.with(response)
    const json = (document: object, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return json((now.discovery ?? same)(discoveryDocument()))
      case '/jwks':
        return json({ keys: now.keys?.(jwk) ?? [jwk] })
      case '/authorize': {
        const code = randomBytes(16).toString('base64url')
        codes.set(code, { query, person: idp.person })
        const back = new URL(query.get('redirect_uri') ?? '')
        for (const [name, value] of Object.entries({ code, state: query.get('state') ?? '', iss: issuer }))
          back.searchParams.set(name, value)
        now.back?.(back.searchParams)
        return void response.writeHead(303, { location: back.href }).end()
      }
      case '/token':
        return json(...redeem(request, new URLSearchParams(await text(request))))
      case '/userinfo': {
        const person = tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '')
        return person ? json(now.userinfo ?? person) : json({ error: 'invalid_token' }, 401)
      }
      default:
        return json({ error: 'not_found' }, 404)
    }
  }

  function redeem({ headers }: IncomingMessage, form: URLSearchParams): [document: object, status?: number] {
    const code = form.get('code') ?? ''
    const begun = codes.get(code)
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    if (headers.authorization !== basic) return [{ error: 'invalid_client' }, 401]
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!begun || begun.query.get('code_challenge') !== challenge || begun.query.get('redirect_uri') !== form.get('redirect_uri'))
      return [{ error: 'invalid_grant', error_description: 'never <b>shown</b>' }, 400]
    if (!now.acceptsCodesTwice) codes.delete(code)
    const accessToken = randomBytes(16).toString('base64url')
    tokens.set(accessToken, begun.person)
    return [{ access_token: accessToken, token_type: 'Bearer', expires_in: 60, id_token: idToken(begun) }]
  }

  function idToken({ query, person }: { readonly query: URLSearchParams; readonly person: Person }): string {
    const at = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, aud: clientId, iat: at, exp: at + 60, auth_time: at, nonce: query.get('nonce'), ...person }
    return signJwt((now.header ?? same)({ alg: 'ES256', kid: 'k1', typ: 'JWT' }), (now.claims ?? same)(claims))
  }

  function signJwt(header: Claims, claims: Claims): string {
    switch (now.signature) {
      case 'none':
        return `${base64url({ ...header, alg: 'none' })}.${base64url(claims)}.`
      case 'hmac': {
        const signed = `${base64url({ ...header, alg: 'HS256' })}.${base64url(claims)}`
        return `${signed}.${createHmac('sha256', clientSecret).update(signed).digest('base64url')}`
      }
      case 'altered': {
        const [head, , signature] = signBy(privateKey, header, claims).split('.')
        return `${head}.${base64url({ ...claims, sub: 'ada', groups: ['owners'] })}.${signature}`
      }
      default:
        return signBy(now.signature === 'other-key' ? other : privateKey, header, claims)
    }
  }

  function signBy(key: KeyObject, header: Claims, claims: Claims): string {
    const signed = `${base64url(header)}.${base64url(claims)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }

  function discoveryDocument(): Claims {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    }
  }

  const idp: SmallIdp = {
    issuer,
    clientId,
    clientSecret,
    person: { sub: 'mia', name: 'Mia Wong', email: 'mia@acme.example', groups: ['owners'] },
    requests,
    behave: (otherwise = {}) => void (now = otherwise),
    async visit(url) {
      const response = await fetch(url, { redirect: 'manual' })
      await response.body?.cancel()
      return new URL(response.headers.get('location') ?? '')
    },
    signJwt,
  }
  return idp
}

function same(value: Claims): Claims {
  return value
}
