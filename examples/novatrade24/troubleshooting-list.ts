// Seed 000's troubleshooting list as data: each line in the document's words, with the request that causes it.
import type { DemoClient, DemoState } from '@countersign/cli'
import { giveUp } from '../demo-state.ts'

export interface TroubleshootingLine {
  readonly line: string
  /** The beginning of the matching cause on the problem's page. */
  readonly cause: string
  readonly prepare: (tools: Tools) => DemoRequest | Promise<DemoRequest>
}

export interface DemoRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export const troubleshootingList: Readonly<Record<string, TroubleshootingLine>> = {
  'token-expired': {
    line: 'Token expired — re-issue via the token endpoint.',
    cause: 'The token is older than the expires_in',
    prepare: async ({ getToken, waitSeconds, me }) => {
      const { token, lifetimeSeconds } = await getToken('golf')
      await waitSeconds(lifetimeSeconds, 'for the token of golf to expire')
      return me(`Bearer ${token}`)
    },
  },
  'wrong-realm': {
    line: 'Wrong realm — verify realms/nt24-idp in the token URL.',
    cause: 'Wrong realm',
    prepare: async ({ getToken, me }) => me(`Bearer ${(await getToken('acme', 'ptv')).token}`),
  },
  'wrong-realm-in-token-url': {
    line: 'Wrong realm — verify realms/nt24-idp in the token URL.',
    cause: 'The token URL names a realm',
    prepare: ({ tokenRequest }) => {
      const request = tokenRequest('acme')
      return { ...request, url: request.url.replace('realms/nt24-idp', 'realms/nt24') }
    },
  },
  'malformed-header': {
    line: 'Malformed Authorization header — must be exactly Bearer <token> (single space).',
    cause: 'The header is not exactly',
    prepare: async ({ getToken, me }) => me(`Bearer  ${(await getToken('acme')).token}`),
  },
  'partner-not-authorized': {
    line: 'Partner path ({sellerId}) not in your authorized partners list. Check GET /v1/me.',
    cause: 'The partner id in the path',
    prepare: ({ client, call }) => call('acme', 'GET', `/v1/partners/${client('borealis').partnerIds[0]}/orders`),
  },
  'capability-missing': {
    line: 'Missing capability for the endpoint (e.g. Mode A KYC requires allowMarketplaceLedKyc=true).',
    cause: 'The endpoint needs a capability flag',
    prepare: ({ client, call }) => call('borealis', 'POST', `/v1/partners/${client('borealis').partnerIds[0]}/kyc`),
  },
  'dpa-not-accepted': {
    line: 'DPA not accepted for your organization.',
    cause: 'The organization has never accepted',
    prepare: ({ client, call }) => call('delta', 'GET', `/v1/partners/${client('delta').partnerIds[0]}/orders`),
  },
  'dpa-outdated': {
    line: 'DPA not accepted for your organization.',
    cause: 'The organization accepted an older version',
    prepare: ({ client, call }) => call('cobalt', 'GET', `/v1/partners/${client('cobalt').partnerIds[0]}/orders`),
  },
  'wrong-client-or-secret': {
    line: 'Wrong client_id or client_secret.',
    cause: 'Wrong client_id or client_secret',
    prepare: ({ client, tokenRequest }) => tokenRequest('acme', { client_secret: client('borealis').clientSecret }),
  },
  'client-disabled': {
    line: 'Client disabled in Keycloak — contact support.',
    cause: 'The client is disabled',
    prepare: ({ tokenRequest }) => tokenRequest('echo'),
  },
  'service-account-off': {
    line: 'Service Account Roles disabled on the client configuration.',
    cause: 'Service account roles are disabled',
    prepare: ({ tokenRequest }) => tokenRequest('foxtrot'),
  },
  'wrong-grant-type': {
    line: 'grant_type must be exactly client_credentials (lowercase).',
    cause: 'grant_type has another value',
    prepare: ({ tokenRequest }) => tokenRequest('acme', { grant_type: 'CLIENT_CREDENTIALS' }),
  },
  'username-or-password': {
    line: 'Do not include username or password — those are for a different grant flow.',
    cause: 'The request contains username or password',
    prepare: ({ tokenRequest }) => tokenRequest('acme', { username: 'ada', password: 'secret' }),
  },
}

export type Tools = ReturnType<typeof createTools>

interface TokenAnswer {
  readonly access_token?: string
  readonly expires_in?: number
  readonly error?: string
  readonly error_description?: string
  readonly error_uri?: string
}

/** The requests of the lines; each is for one client of the demo. */
export function createTools({ systems }: DemoState, say: (sentence: string) => void) {
  const { apiUrl } = systems['novatrade24']!
  const client = (name: string, system = 'novatrade24'): DemoClient => systems[system]!.clients[name]!

  function tokenRequest(name: string, changes: Record<string, string> = {}, system = 'novatrade24'): DemoRequest {
    const { clientId, clientSecret } = client(name, system)
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...changes }
    return {
      url: systems[system]!.tokenUrl,
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    }
  }

  async function getToken(name: string, system?: string) {
    const { url, ...init } = tokenRequest(name, {}, system)
    const answer = (await (await fetch(url, init)).json()) as TokenAnswer
    if (answer.access_token === undefined)
      giveUp(`There is no token, so the line cannot be reproduced: "${client(name, system).clientId}" got ${answer.error}: ${answer.error_description}
Next: undo what was changed about this client in the demo, for example with "countersign client enable", or start the demo again. See ${answer.error_uri}`)
    return { token: answer.access_token, lifetimeSeconds: answer.expires_in ?? 0 }
  }

  return {
    client,
    tokenRequest,
    getToken,
    me: (authorization: string): DemoRequest => ({ url: `${apiUrl}/v1/me`, method: 'GET', headers: { Authorization: authorization } }),
    async call(name: string, method: 'GET' | 'POST', path: string): Promise<DemoRequest> {
      return { url: apiUrl + path, method, headers: { Authorization: `Bearer ${(await getToken(name)).token}` } }
    },
    async waitSeconds(seconds: number, why: string): Promise<void> {
      say(`Waiting ${seconds} seconds ${why} ...`)
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    },
  }
}
