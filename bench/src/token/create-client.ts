// Creates the client of a measurement through the admin API of a running server.
import { clientId, realmName } from './scenario.ts'
import { clientCredentials } from './server-process.ts'

export interface OperatorCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** @param path of the collection, below that of the realm */
export type CreateInRealm = (path: string, body: object) => Promise<Record<string, unknown>>

/** Gets a token of the operator. @param serverUrl where the server listens, which is not its public URL */
export async function asOperator(serverUrl: string, operator: OperatorCredentials): Promise<CreateInRealm> {
  const { pathname } = new URL(operator.tokenUrl)
  const form = new URLSearchParams(clientCredentials(operator.clientId, operator.clientSecret))
  const { access_token: token } = await post(new URL(pathname, serverUrl), form, {})
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const realm = new URL(`/admin/v1/realms/${realmName}/`, serverUrl)
  return (path, body) => post(new URL(path, realm), JSON.stringify(body), headers)
}

/** Returns the secret of the client, which is the first of the realm. */
export async function createClient(create: CreateInRealm): Promise<string> {
  await create('organizations', { slug: 'acme', name: 'Acme' })
  const client = await create('clients', { organization: 'acme', clientId, name: 'Acme' })
  return String(client['clientSecret'])
}

/** Returns the JSON of the response. @throws Error for any response but a successful one */
export async function post(url: URL, body: string | URLSearchParams, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`POST ${url.pathname} was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Record<string, unknown>
}
