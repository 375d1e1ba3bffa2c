// The subject of a client's tokens, by the profile of its realm.
import { tokenProfiles } from '@countersign/protocol'
import type { Realm } from './realm.ts'

/** The `sub` of a client's tokens. Neither kind is ever reused: where it is the client id, the server generates that. */
export function subjectOf(
  { tokenProfile }: Pick<Realm, 'tokenProfile'>,
  { id, clientId }: { readonly id: string; readonly clientId: string },
): string {
  return tokenProfiles[tokenProfile].subject === 'client-id' ? clientId : id
}
