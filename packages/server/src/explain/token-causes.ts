// Causes of refusals by the token of a request: checks 1 to 5 of the table in ARCHITECTURE.md. A token can be invalid in many ways; what
// the check saw tells which one.
import { problems } from '@countersign/protocol'
import { clientOf, nameOf, ofTheRequest, upper, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import * as commands from './commands.ts'
import type { Facts } from './facts.ts'
import { verificationCauses } from './verification-causes.ts'

const [, altered, revokedOrDisabled] = problems['invalid-token'].causes

const revoked: Cause = {
  who: 'integrator',
  sentence: (facts) => `The token of ${clientOf(facts)} was revoked.`,
  remedy: 'Request a new token.',
  changes: ({ request: { detail } }) => (detail.tokenId === undefined ? [] : changes.revokedToken(detail.tokenId)),
  unchanged: 'The audit log has no revocation of this token.',
}

const cutWithOrganization: Cause = {
  who: 'integrator',
  sentence: (facts) =>
    `All tokens of the organization ${nameOf(facts)} from before a certain time were revoked, this one with them (${facts.saw}).`,
  remedy: 'Request a new token.',
  changes: () => changes.cutOfOrganization,
  unchanged: ({ realm }) =>
    realm && realm.tokensNotBefore > 0
      ? 'It is set in the configuration of the realm ("tokensNotBefore").'
      : 'The audit log has no such cut.',
}

const cutWithClient: Cause = {
  who: 'integrator',
  sentence: (facts) => `All tokens of ${clientOf(facts)} from before a certain time were revoked, this one with them (${facts.saw}).`,
  remedy: 'Request a new token.',
  changes: () => changes.cutOfClient,
  unchanged: 'The audit log has no such cut.',
}

const disabled: Cause = {
  who: 'operator',
  sentence: (facts) => `${upper(clientOf(facts))} was disabled.`,
  remedy: 'A new token does not help before the client is enabled again.',
  step: commands.enableClient,
  changes: () => [...changes.disabled, ...changes.serviceAccountOff],
  unchanged: 'The client was created like that, or the audit log has no such change.',
}

const deleted: Cause = {
  who: 'operator',
  sentence: (facts) =>
    `${upper(clientOf(facts))} that the token was issued to did not exist any more${facts.saw === '' ? '' : ` (${facts.saw})`}.`,
  remedy: 'Ask the provider of the API for a client.',
  changes: () => changes.deletedClient,
  unchanged: 'The audit log has no deletion of this client.',
}

const notOfThisApi: Cause = {
  who: 'integrator',
  sentence: ({ saw }) => `The token was not one that this API accepts: ${saw.replace(/\.$/, '')}.`,
  remedy: altered.remedy,
  unchanged: ofTheRequest,
}

/** By what the check saw (guard/src/token-revocation.ts). */
const byWhatItSaw: readonly (readonly [pattern: RegExp, cause: Cause])[] = [
  [/^revoked$/, revoked],
  [/^cut: the tokens of its organization/, cutWithOrganization],
  [/^cut: the tokens of its client/, cutWithClient],
  [/^client disabled$/, disabled],
  [/^the client does not exist$|^another client has its name|^the client belongs to another organization/, deleted],
  ...verificationCauses,
]

/** For a refusal of which only the problem is known. */
const anyOfThem: Cause = {
  who: 'integrator',
  sentence: () => 'The token was invalid, revoked, or its client was disabled or deleted; what the check saw is not known.',
  remedy: `${revokedOrDisabled.remedy} "countersign explain --token-file FILE" tells what the token itself is.`,
  changes: ({ request: { detail } }) => [
    ...(detail.tokenId === undefined ? [] : changes.revokedToken(detail.tokenId)),
    ...changes.disabled,
    ...changes.deletedClient,
    ...changes.cutOfClient,
    ...changes.cutOfOrganization,
  ],
  unchanged: 'The audit log has no change by which the token can have become invalid.',
  isGuess: true,
}

export function causeOfInvalidToken({ saw }: Facts): Cause {
  if (saw === '') return anyOfThem
  return byWhatItSaw.find(([pattern]) => pattern.test(saw))?.[1] ?? notOfThisApi
}

export const tokenCauses = {
  'missing-token': { who: 'integrator', sentence: () => 'The request carried no access token.', unchanged: ofTheRequest },
  'malformed-authorization': {
    who: 'integrator',
    sentence: () => 'The Authorization header was not exactly "Bearer <token>".',
    unchanged: ofTheRequest,
  },
  'several-tokens': { who: 'integrator', sentence: () => 'The request carried more than one access token.', unchanged: ofTheRequest },
  'expired-token': {
    who: 'integrator',
    sentence: (facts) => `The token of ${clientOf(facts)} had expired.`,
    unchanged: 'A token ends with its lifetime.',
  },
} as const satisfies Record<string, Cause>
