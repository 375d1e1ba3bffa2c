// Where a mapper puts its value: into the token's own members, or at the path of a claim.
import type { JsonValue } from '@countersign/protocol'
import { putClaim, splitClaimPath } from './claim-values.ts'
import type { ProtocolMapper } from './realm-export.ts'
import type { TokenDraft } from './token-draft.ts'

/** No mapper can set these. */
const fixedClaims = new Set(['jti', 'typ', 'iat', 'exp', 'iss', 'scope', 'nonce', 'session_state'])
/** A text at the top of the token, whatever type the mapper names. */
const textClaims = new Set(['sub', 'azp', 'acr'])

/** @param unites whether the value joins a list that is already there */
export function writeClaim(
  draft: TokenDraft,
  mapper: ProtocolMapper,
  value: JsonValue | undefined,
  unites = mapper.config['multivalued'] === 'true',
): void {
  const path = splitClaimPath(mapper.config['claim.name'] ?? '')
  const [first] = path
  if (first === undefined || value === undefined || fixedClaims.has(first)) return
  const isText = textClaims.has(first)
  if (first === 'aud' || isText) {
    if (path.length > 1) return // Ignored by Keycloak, with a warning in its log.
    if (isText) return writeText(draft, mapper, first, String(value))
    for (const audience of [value].flat()) draft.audiences.add(String(audience))
    return
  }
  const replaced = putClaim(draft.claims, path, value, unites)
  noteWriter(draft, mapper, path.join('.'), replaced !== undefined)
}

/** Sets a text at the top of the token. */
export function writeText(draft: TokenDraft, mapper: ProtocolMapper, claim: string, value: string): void {
  const isOther = draft.claims.get(claim) !== value
  draft.claims.set(claim, value)
  noteWriter(draft, mapper, claim, isOther)
}

/** Of two mappers in one bucket, the export does not tell which one comes last. */
function noteWriter({ writers, placeOf, openQuestions }: TokenDraft, mapper: ProtocolMapper, claim: string, replaces: boolean): void {
  const before = writers.get(claim)
  if (replaces && before && placeOf(before) === placeOf(mapper)) openQuestions.push(`which of two mappers sets "${claim}"`)
  writers.set(claim, mapper)
}
