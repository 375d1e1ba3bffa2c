// The signing algorithm of a client: one of its realm, whose key exists before a client has it.
import type { SigningAlgorithmName } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'

/** @throws ProblemError `invalid-request` if the realm does not have the algorithm */
export function checkSigningAlgorithm(realm: string, signingKeys: SigningKeys, wanted: SigningAlgorithmName | null | undefined): void {
  const algorithms = signingKeys.of(realm).algorithms()
  if (wanted === null || wanted === undefined || algorithms.includes(wanted)) return
  const known = algorithms.join(', ')
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm}" does not have the signing algorithm "${wanted}". The setting "signingAlgorithms" of the realm can add it.`,
    remedy: `Use one of ${known}, or add it to "signingAlgorithms" of the realm in the configuration of every server.`,
    errors: [{ pointer: '/signingAlgorithm', detail: `expected one of ${known}` }],
  })
}
