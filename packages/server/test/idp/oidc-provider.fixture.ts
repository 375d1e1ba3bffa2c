// oidc-provider as an identity provider, with its own pages for signing in, at which every login is right; and a program that goes through them as a
// browser does.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Provider } from 'oidc-provider'
import { findFreePort } from '../free-port.fixture.ts'

export interface OidcProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Claims by login. */
  readonly people: Record<string, Readonly<Record<string, unknown>>>
  close(): Promise<void>
}

interface ProviderOptions {
  readonly callbackUrl: string
  readonly logoutUrl?: string
}

export async function startOidcProvider({ callbackUrl, logoutUrl }: ProviderOptions): Promise<OidcProvider> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const people: OidcProvider['people'] = {}
  const clientSecret = randomBytes(24).toString('base64url')
  const port = await findFreePort()
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'console',
        client_secret: clientSecret,
        grant_types: ['authorization_code'],
        redirect_uris: [callbackUrl],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
        ...(logoutUrl !== undefined && { backchannel_logout_uri: logoutUrl, backchannel_logout_session_required: true }),
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'k1' }] },
    claims: { openid: ['sub', 'sid'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    findAccount: (_context, login) => ({ accountId: login, claims: () => Promise.resolve({ sub: login, ...people[login] }) }),
    cookies: { keys: [randomBytes(16).toString('base64url')] },
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
  })
  const server = provider.listen(port, '127.0.0.1', () => {})
  if (!server.listening) await once(server, 'listening')
  return {
    issuer,
    clientId: 'console',
    clientSecret,
    people,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const maxSteps = 20

/** Goes through the pages of an identity provider, and returns the URL with which the browser is sent back. @param cookies those of the browser */
export async function signInAtPages(
  start: string,
  callbackUrl: string,
  fill: (page: string) => Record<string, string>,
  cookies = new Map<string, string>(),
): Promise<URL> {
  let next = new URL(start)
  let form: URLSearchParams | undefined
  for (let step = 0; step < maxSteps; step++) {
    const response: Response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(form && { method: 'POST', body: form }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', ...value] = line.split(';', 1)[0]!.split('=')
      cookies.set(name, value.join('='))
    }
    const page = await response.text()
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      next = new URL(location, next)
      if (next.href.startsWith(callbackUrl)) return next
      continue
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    if (response.status !== 200 || action === undefined)
      throw new Error(`The identity provider answered ${response.status}: ${page.slice(0, 500)}`)
    next = new URL(action, next)
    form = new URLSearchParams(fill(page))
  }
  throw new Error(`The identity provider did not send the browser back within ${maxSteps} steps`)
}

/** The pages of oidc-provider: a form for the login, and one for the consent. */
export function asLogin(login: string): (page: string) => Record<string, string> {
  return (page): Record<string, string> => {
    if (page.includes('value="login"')) return { prompt: 'login', login, password: 'any' }
    return page.includes('value="consent"') ? { prompt: 'consent' } : {}
  }
}
