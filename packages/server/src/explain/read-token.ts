// What was pasted where a token belongs: a secret, nothing that is a token, a token of another issuer, or one of a realm. Nothing of what
// is not genuine is told: only the issuer is read from it, to choose the realm.
import { createJwsParser, readClaimedIssuer, type CompactJws } from '@countersign/guard'
import { looksLikeSecret } from '../keys/secret-format.ts'
import type { Realm } from '../realms/realm.ts'

export type PresentedToken =
  | { readonly standing: 'secret' | 'not-a-token' | 'other-issuer' }
  | { readonly standing: 'of-realm'; readonly realm: Realm; readonly jws: CompactJws }

const parseJws = createJwsParser()

/** @param permitted realms of the operator; undefined for all */
export function readPresentedToken(
  token: string,
  realms: ReadonlyMap<string, Realm>,
  permitted: readonly string[] | undefined,
): PresentedToken {
  if (looksLikeSecret(token)) return { standing: 'secret' }
  const jws = tryToParse(token)
  const issuer = readClaimedIssuer(token)
  if (!jws || typeof issuer !== 'string') return { standing: 'not-a-token' }
  const realm = [...realms.values()].find((each) => each.issuer === issuer)
  if (!realm || permitted?.includes(realm.name) === false) return { standing: 'other-issuer' }
  return { standing: 'of-realm', realm, jws }
}

function tryToParse(token: string): CompactJws | undefined {
  try {
    return parseJws(token)
  } catch {
    return undefined
  }
}
