// Links from the pages of a realm to those of the server, which are at publicUrl and perhaps not at the origin of the issuer.
import type { Realm } from '../realms/realm.ts'

export function linkToServer({ origin }: Pick<Realm, 'origin'>, publicUrl: string, path: string): string {
  return origin === publicUrl ? path : publicUrl + path
}
