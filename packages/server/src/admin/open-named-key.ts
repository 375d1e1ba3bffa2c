// Creates the key of the algorithm that a change gives to a client, before the transaction of the change: so no token request waits for
// an RSA key, and every server publishes the key by the time it signs.
import { isSigningAlgorithm } from '@countersign/protocol'
import type { AdminContext } from './handler-types.ts'

/** @param input checked; of any operation that changes something */
export async function openNamedKey(
  { realms, signingKeys }: Pick<AdminContext, 'realms' | 'signingKeys'>,
  input: ChangeInput,
): Promise<void> {
  const { params, body } = input
  const algorithm = body?.['signingAlgorithm']
  const realm = realms.get(String(params['realm']))
  if (realm && isSigningAlgorithm(algorithm)) await signingKeys.of(realm.name).open(algorithm)
}

export interface ChangeInput {
  readonly params: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>> & { readonly reason?: string }
}
