// The id of a new client, by the rules of its realm.
import { randomInt } from 'node:crypto'
import { expectedPlainClientId, isPlainClientId } from '@countersign/admin'
import { tokenProfiles } from '@countersign/protocol'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'

/** What its clients can be called. */
export function clientIdsOf({ tokenProfile, compatibility }: Realm): 'plain' | 'any' | 'generated' {
  if (tokenProfiles[tokenProfile].subject === 'client-id') return 'generated'
  return compatibility.anyClientId ? 'any' : 'plain'
}

/**
 * If the subject of a token is the client id, the id cannot be chosen: an id such as "admin" must not become a subject. Otherwise it is
 * "api-client-{slug}" (seed 000, docs/systems.md), with a number if that is taken, unless the operator specifies another.
 */
export async function chooseClientId(change: Pick<Change, 'db'>, realm: Realm, slug: string, wanted: string | undefined): Promise<string> {
  const kind = clientIdsOf(realm)
  if (kind !== 'generated') {
    if (wanted === undefined) return findFreeClientId(change, realm, `api-client-${slug}`)
    if (kind === 'plain') checkPlainClientId(realm, wanted)
    return wanted
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

/** Ids that are tried before a client needs one that is given. */
const maxTried = 100

/** The id, or the first of "{id}-2", "{id}-3" and so on that no client of the realm has. @throws ProblemError `conflict` */
export async function findFreeClientId({ db }: Pick<Change, 'db'>, realm: Realm, first: string): Promise<string> {
  const candidates = [first, ...Array.from({ length: maxTried - 1 }, (_, index) => `${first}-${index + 2}`)]
  const taken = await db
    .selectFrom('clients')
    .select('client_id')
    .where('realm', '=', realm.name)
    .where('client_id', 'in', oneOf(db, candidates))
    .execute()
  const free = candidates.find((candidate) => !taken.some(({ client_id }) => client_id === candidate))
  if (free !== undefined) return free
  throw new ProblemError('conflict', {
    detail: `The realm "${realm.name}" has ${maxTried} clients called "${first}" and a number.`,
    remedy: 'Choose a client id or another name.',
  })
}

function checkPlainClientId(realm: Realm, wanted: string): void {
  if (isPlainClientId(wanted)) return
  throw new ProblemError('invalid-request', {
    detail: `Client ids of the realm "${realm.name}" have ${expectedPlainClientId}.`,
    remedy: 'Choose another client id, or set "compatibility: { anyClientId: true }" of the realm in the configuration.',
    errors: [{ pointer: '/clientId', detail: `expected ${expectedPlainClientId}` }],
  })
}
