// Compares an answer of Keycloak with one of ours, member by member, up to what two answers of one Keycloak differ in.
import type { DecodedToken } from './recorded-exchange.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly token: DecodedToken | undefined
}

export interface Difference {
  /** `status`, `error`, `lifetime`, or a member of one of the parts of an answer, such as `claims.aud`. */
  readonly field: string
  readonly theirs: unknown
  readonly ours: unknown
}

/** Instants, identifiers and sessions; the address of the caller; and the token itself, which is compared by its parts. */
const varying = new Set(['access_token', 'exp', 'iat', 'jti', 'sid', 'session_state', 'at_hash', 'clientHost', 'clientAddress'])

/** Descriptions of errors are for people. */
export function differencesOf(theirs: Answer, ours: Answer): Difference[] {
  if (theirs.status !== ours.status) return [{ field: 'status', theirs: outcomeOf(theirs), ours: outcomeOf(ours) }]
  if (theirs.status !== 200) return differ('error', theirs.body['error'], ours.body['error'])
  return [
    ...memberDifferences('response', theirs.body, ours.body),
    ...memberDifferences('header', theirs.token?.header ?? {}, ours.token?.header ?? {}),
    ...memberDifferences('claims', theirs.token?.claims ?? {}, ours.token?.claims ?? {}),
    ...differ('lifetime', lifetimeOf(theirs.token), lifetimeOf(ours.token)),
  ]
}

export function outcomeOf({ status, body }: Answer): string {
  return [status, body['error']].filter((part) => part !== undefined).join(' ')
}

function memberDifferences(part: string, theirs: Answer['body'], ours: Answer['body']): Difference[] {
  const names = new Set([...Object.keys(theirs), ...Object.keys(ours)]).difference(varying)
  return [...names].flatMap((name) => differ(`${part}.${name}`, theirs[name], ours[name]))
}

function differ(field: string, theirs: unknown, ours: unknown): Difference[] {
  const isScope = field.endsWith('.scope')
  return canonical(theirs, isScope) === canonical(ours, isScope) ? [] : [{ field, theirs, ours }]
}

function lifetimeOf(token: DecodedToken | undefined): number | undefined {
  return token && Number(token.claims['exp']) - Number(token.claims['iat'])
}

/** As text; lists, scopes and members of objects come in no fixed order from Keycloak. */
function canonical(value: unknown, isScope: boolean): string | undefined {
  return JSON.stringify(isScope && typeof value === 'string' ? value.split(' ') : value, (_, member: unknown) => {
    if (Array.isArray(member)) return member.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    if (typeof member !== 'object' || member === null) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
