// The subject of a client's tokens, by the profile of its realm.
import { tokenProfiles } from '@countersign/protocol'
import type { Realm } from './realm.ts'

/** The `sub` of a client's tokens. Unless an operator chose it, it is never reused: where it is the client id, the server generates that. */
export function subjectOf(
  { tokenProfile }: Pick<Realm, 'tokenProfile'>,
  { id, clientId, subject }: { readonly id: string; readonly clientId: string; readonly subject: string | null },
): string {
  if (subject !== null) return subject
  return tokenProfiles[tokenProfile].subject === 'client-id' ? clientId : id
}
