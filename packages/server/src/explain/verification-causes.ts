// Causes of refusals of tokens that were not verified: check 3 of the table in ARCHITECTURE.md, by what the guard saw (guard/src/jws.ts,
// verify-token.ts, claims.ts and invalid-token.ts there). A remedy for the wrong one of them costs an integrator hours.
import { problems } from '@countersign/protocol'
import { ofTheRequest, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import type { Facts } from './facts.ts'

const [wrongRealm, altered, , ahead, wrongAlgorithm, wrongAudience] = problems['invalid-token'].causes

const withWhatItSaw =
  (text: string) =>
  ({ saw }: Facts): string =>
    saw === '' ? `${text}.` : `${text}: ${saw.replace(/\.$/, '')}.`

const noToken: Cause = {
  who: 'integrator',
  sentence: withWhatItSaw('What was sent as the token was no token, or only a part of one'),
  remedy:
    'Send the value of "access_token" of the token response, whole and without quotes, as "Authorization: Bearer <token>". A new token does not help.',
  unchanged: ofTheRequest,
}

const otherKind: Cause = {
  who: 'integrator',
  sentence: withWhatItSaw('The token was none of the access tokens of this realm'),
  remedy:
    'Send the "access_token" of the token response, and no ID token, assertion or token of another system. If it is that one, the "tokenProfile" of the guard is not that of the realm: tell the provider of the API.',
  unchanged: ofTheRequest,
}

const otherRealm: Cause = {
  who: 'integrator',
  sentence: () => 'The token named another issuer than the realm of this API.',
  remedy: wrongRealm.remedy,
  unchanged: ofTheRequest,
}

const otherAudience: Cause = {
  who: 'integrator',
  sentence: () => 'The token was for another API: the audience of this one was not in it.',
  remedy: wrongAudience.remedy,
  unchanged: ofTheRequest,
}

const forged: Cause = {
  who: 'integrator',
  sentence: withWhatItSaw('The token named a key of the realm, which did not sign it as it was sent'),
  remedy: `${altered.remedy} A token that was sent unchanged and gets this answer again was not issued by this server.`,
  unchanged: ofTheRequest,
}

const unknownKey: Cause = {
  who: 'integrator',
  sentence: ({ saw }) => `The token was signed by a key that counted no longer, or never did (${saw.replace(/\.$/, '')}).`,
  remedy: 'Request a new token.',
  changes: () => changes.compromisedKey(),
  unchanged: 'The audit log has no key of this realm that was compromised.',
  isGuess: true,
}

const notYetValid: Cause = {
  who: 'api',
  sentence: () => 'The token was not valid yet by the clock of the API, which was behind that of this server.',
  remedy: ahead.remedy,
  unchanged: 'It was the clock of the API, not a change.',
}

const otherAlgorithm: Cause = {
  who: 'api',
  sentence: withWhatItSaw('The token was signed by an algorithm that the API does not accept'),
  remedy: wrongAlgorithm.remedy,
  unchanged: 'It is set in the options of the guard ("algorithms"), and in the realm or the client ("signingAlgorithm").',
}

export const verificationCauses: readonly (readonly [pattern: RegExp, cause: Cause])[] = [
  [/not a JWT|is too long/, noToken],
  [/^issued by another realm/, otherRealm],
  [/^wrong audience/, otherAudience],
  [/^its key is unknown/, unknownKey],
  [/signature of the access token is invalid|does not match its key/, forged],
  [/^not valid yet/, notYetValid],
  [/does not accept tokens signed by/, otherAlgorithm],
  [/does not mark it as|does not name its|which is not accepted|was not issued by this realm/, otherKind],
]
