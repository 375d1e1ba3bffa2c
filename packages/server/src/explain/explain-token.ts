// Explains a token: whose it is, whether it counts, which change took that away, and what a route would answer now. The token is neither
// stored nor logged, and nothing of it is told before its signature is verified.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { meRequirement, type Denial, type Guard } from '@countersign/guard'
import { tokenProfiles } from '@countersign/protocol'
import { refuseRate } from '../api/client-rate.ts'
import { createRealmGuard } from '../api/realm-guard.ts'
import { toInstant } from '../api/instants.ts'
import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { Operator } from '../operators/operator-authority.ts'
import type { Realm } from '../realms/realm.ts'
import { remedyOf } from './cause.ts'
import { failedCheck } from '../refusals/refusal.ts'
import { badTokens, createVerificationBudget } from '../throttle/verification-budget.ts'
import { endedKey } from './change-rules.ts'
import { nameOrganization, readFacts, type ExplainContext } from './facts.ts'
import { findCause } from './find-cause.ts'
import { describeChange, findChange } from './find-change.ts'
import { decideAtRoute } from './decide-at-route.ts'
import { findMade } from './find-made.ts'
import { readPresentedToken } from './read-token.ts'
import type { RefusedRequest } from './refused-request.ts'

type Explanation = OperationOutput<'tokens.explain'>
export type TokenQuestion = CheckedInput<'tokens.explain'>['body']

export interface TokenContext extends ExplainContext {
  readonly cache: Cache
  readonly signingKeys: SigningKeys
  readonly clock: Clock
}

/** @throws ProblemError `rate-limited` for a token that is not known to be good, once the operator has asked about too many bad ones */
export type ExplainToken = (question: TokenQuestion, operator: Pick<Operator, 'realm' | 'clientId' | 'realms'>) => Promise<Explanation>

export function createTokenExplainer(context: TokenContext): ExplainToken {
  const { realms, signingKeys, cache, clock, db } = context
  const guards = new Map<string, Guard>()
  const budget = createVerificationBudget((waitMs) => refuseRate(badTokens, waitMs))

  /** Of its own, which counts against no rate. */
  function guardOf(realm: Realm): Guard {
    const guard =
      guards.get(realm.name) ?? createRealmGuard(realm, { keys: signingKeys.of(realm.name), cache, publicUrl: realm.origin, clock })
    guards.set(realm.name, guard)
    return guard
  }

  return async (question, operator) => {
    const presented = readPresentedToken(question.token, realms, operator.realms)
    if (presented.standing !== 'of-realm') return { ...nothingKnown, standing: presented.standing, ...notOurs[presented.standing] }
    const { realm, jws } = presented
    const guard = guardOf(realm)
    budget.check(operator, question.token, clock())
    const verdict = await guard.verifyToken(question.token)
    budget.settle(operator, question.token, verdict.valid, clock())
    if (verdict.valid)
      return {
        ...nothingKnown,
        standing: 'good',
        verdict: `The token is good: it is of the client "${verdict.token.clientId}" and expires at ${toInstant(verdict.token.expiresAt * 1000)}.`,
        token: await describe(realm, jws.payload, verdict.token.keyId, verdict.entitlement.organization.rights.id),
        since: toInstant(verdict.token.issuedAt * 1000),
        unchanged: 'The token is good.',
        certain: true,
        remedy: 'None is needed.',
        decision: await decideAtRoute(context, guard, realm, question, { token: verdict.token, at: clock() }),
      }
    const request = { rawHeaders: ['authorization', `Bearer ${question.token}`], params: {} }
    const denial = await guard.authorize(request, meRequirement)
    if (denial.allowed || denial.code === 'temporarily-unavailable')
      throw new ProblemError('temporarily-unavailable', denial.allowed ? {} : { cause: denial.cause })
    return explainRefused(realm, jws.header['kid'], jws.payload, denial)
  }

  async function explainRefused(realm: Realm, kid: unknown, payload: Claims, denial: Denial): Promise<Explanation> {
    const failed = failedCheck(denial)
    const saw = failed?.saw ?? ''
    if (denial.clientId === null) return explainUnverified(realm, kid, saw)
    const facts = await readFacts(context, asRequest(realm, denial))
    const cause = findCause(facts)
    const made = await findMade(context, cause, facts)
    const expiresAt = Number(payload['exp']) * 1000
    const standing = standingOf(failed?.check, saw)
    return {
      ...nothingKnown,
      standing,
      verdict: cause.sentence(facts),
      token: await describe(realm, payload, String(kid), facts.organization?.id ?? denial.organizationId),
      since: made.changedBy?.at ?? (standing === 'expired' ? toInstant(expiresAt) : null),
      ...made,
      who: cause.who,
      remedy: cause.remedy === undefined ? (denial.remedy ?? '') : remedyOf(cause, facts),
      ...cause.step?.(facts),
    }
  }

  /** Its signature was not verified, so of what it says only a key of the realm is told. */
  async function explainUnverified(realm: Realm, kid: unknown, saw: string): Promise<Explanation> {
    const common = { ...nothingKnown, who: 'integrator', remedy: 'Request a new token, and send it unchanged.' } as const
    if (saw.startsWith('not valid yet'))
      return { ...common, standing: 'not-valid-yet', verdict: 'The token is not valid yet by the clock of this server.' }
    if (!saw.startsWith('its key is unknown'))
      return {
        ...common,
        standing: 'altered',
        verdict: `The token was altered or truncated, or is of another kind, so nothing in it counts: ${saw}`,
      }
    const row = await db
      .selectFrom('signing_keys')
      .select(['kid', 'state'])
      .where('realm', '=', realm.name)
      .where('kid', '=', typeof kid === 'string' ? kid.toWellFormed().replaceAll('\0', '') : '')
      .executeTakeFirst()
    if (!row) return { ...common, standing: 'unknown-key', verdict: `The token names a key that the realm "${realm.name}" never had.` }
    const subject = { realm: realm.name, organizationId: null, clientId: null, at: clock() }
    const { event } = await findChange(db, endedKey(row.kid), subject)
    return {
      ...common,
      standing: 'key-ended',
      verdict: `The token names the key "${row.kid}" of the realm "${realm.name}", which is ${row.state}: no token that it signed counts.`,
      since: event ? toInstant(event.at) : null,
      changedBy: event ? describeChange(event) : null,
      unchanged: event ? null : 'The audit log has no end of this key.',
      certain: event !== undefined,
    }
  }

  function asRequest(realm: Realm, { code, clientId, organizationId, tokenId, checks }: Denial): RefusedRequest {
    const detail = { checks, ...(tokenId !== null && { tokenId }) }
    return { ...noRequest, at: clock(), realm: realm.name, code, clientId, organizationId, detail }
  }

  async function describe(realm: Realm, payload: Claims, keyId: string, organizationId: string | null): Promise<Explanation['token']> {
    const row = signingKeys
      .of(realm.name)
      .rows()
      .live.find(({ kid }) => kid === keyId)
    const { aud, jti, scope, iat, exp } = payload
    return {
      realm: realm.name,
      id: String(jti),
      clientId: String(tokenProfiles[realm.tokenProfile].clientId(payload)),
      organization: organizationId === null ? null : await nameOrganization(db, organizationId),
      scope: typeof scope === 'string' ? scope : '',
      audience: (Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]).map(String),
      issuedAt: toInstant(Number(iat) * 1000),
      expiresAt: toInstant(Number(exp) * 1000),
      key: { id: keyId, algorithm: row?.algorithm ?? 'unknown', state: row?.state ?? 'unknown' },
    }
  }
}

type Claims = Readonly<Record<string, unknown>>

const nothingKnown = {
  token: null,
  since: null,
  changedBy: null,
  unchanged: 'It was no change.',
  certain: true,
  who: null,
  command: null,
  operation: null,
  decision: null,
} as const

const notOurs = {
  secret: {
    verdict: 'This is a client secret, or contains one, and not a token.',
    who: 'operator',
    remedy: 'A secret that was pasted into a terminal or a ticket is known to others: rotate it with "countersign secret rotate".',
  },
  'not-a-token': {
    verdict: 'This is not a token: a token has three parts of base64url, with dots between them.',
    who: 'integrator',
    remedy: 'Take the value of "access_token" in the token response, without quotes, and without "Bearer" in front.',
  },
  'other-issuer': {
    verdict: 'The token is of another issuer: of none of the realms of this server that this operator may act in.',
    who: 'integrator',
    remedy: 'Check the realm in the token URL of the client; the claim "iss" of the token names its issuer.',
  },
} as const

const noRequest = {
  requestId: '',
  source: 'guard',
  reporter: '',
  guard: null,
  api: null,
  method: null,
  route: null,
  reason: null,
  address: null,
  apiRequestId: null,
  callerRequestId: null,
} as const satisfies Partial<RefusedRequest>

function standingOf(check: string | undefined, saw: string): Explanation['standing'] {
  if (check === 'expiry') return 'expired'
  if (saw === 'client disabled') return 'client-disabled'
  if (saw.startsWith('cut:')) return 'cut'
  return saw === 'revoked' ? 'revoked' : 'client-deleted'
}
