// The clients that a session sees: a client only itself, a person all of the organization.
import type { OperationOutput } from '@countersign/admin'
import { describeClient, lastUseOf, rotationOf, type ClientState } from '../shared/client-state.ts'
import { read } from '../shared/reads.ts'
import { own } from './own.ts'

export type OwnClient = OperationOutput<'clients.list'>['items'][number]

/** As many as a choice shows. */
const most = 100

export function clientsOfOwn() {
  const { realm, organization } = own()
  return read('clients.list', { params: { realm }, query: { organization, with: 'standing', limit: most } })
}

/** By a secret or a key. */
export function lastTokenOf({
  standing,
  secrets,
}: Pick<OwnClient, 'secrets'> & { readonly standing?: OwnClient['standing'] }): string | null {
  return standing?.lastUsedAt ?? lastUseOf(secrets)
}

/** The one in the address, otherwise the first that works. Undefined if there is none. */
export function pickClient<One extends Pick<OwnClient, 'clientId' | 'enabled'>>(clients: readonly One[], asked: string): One | undefined {
  return clients.find(({ clientId }) => clientId === asked) ?? clients.find(({ enabled }) => enabled) ?? clients[0]
}

/** Which keys there are the portal is not told. The names of methods that send a secret begin with what they send. */
export function usesKeys({ authenticationMethods }: Pick<OwnClient, 'authenticationMethods'>): boolean {
  return authenticationMethods.some((name) => !name.startsWith('client_secret'))
}

export function stateOf(client: OwnClient, nowMs: number): ClientState {
  const { secrets, standing } = client
  return describeClient(
    {
      ...client,
      rotation: standing?.rotation ?? rotationOf(secrets),
      isDue: standing?.due ?? false,
      hasCredential: secrets.length > 0 || usesKeys(client),
      lastUsedAt: lastTokenOf(client),
    },
    nowMs,
  )
}
