// The id of a new client, by the rules of its realm.
import { randomInt } from 'node:crypto'
import { expectedPlainClientId, isPlainClientId } from '@countersign/admin'
import { tokenProfiles } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'

/**
 * If the subject of a token is the client id, the id cannot be chosen: an id such as "admin" must not become a subject. Otherwise it is
 * "api-client-{slug}" (seed 000, docs/systems.md), unless the operator specifies another.
 */
export function chooseClientId(realm: Realm, slug: string, wanted: string | undefined): string {
  if (tokenProfiles[realm.tokenProfile].subject !== 'client-id') {
    if (wanted !== undefined && !realm.compatibility.anyClientId) checkPlainClientId(realm, wanted)
    return wanted ?? `api-client-${slug}`
  }
  if (wanted !== undefined) {
    throw new ProblemError('invalid-request', {
      detail: `Client ids of the realm "${realm.name}" are made by the server, because they are the subjects of its tokens.`,
      remedy: 'Leave "clientId" out.',
      errors: [{ pointer: '/clientId', detail: 'expected no client id in this realm' }],
    })
  }
  return Array.from({ length: 26 }, () => randomInt(36).toString(36)).join('')
}

function checkPlainClientId(realm: Realm, wanted: string): void {
  if (isPlainClientId(wanted)) return
  throw new ProblemError('invalid-request', {
    detail: `Client ids of the realm "${realm.name}" have ${expectedPlainClientId}.`,
    remedy: 'Choose another client id, or set "compatibility: { anyClientId: true }" of the realm in the configuration.',
    errors: [{ pointer: '/clientId', detail: `expected ${expectedPlainClientId}` }],
  })
}
