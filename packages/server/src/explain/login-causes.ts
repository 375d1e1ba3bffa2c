// Causes of refusals of requests in which a client authenticates itself, by their reason in the audit log: at the token endpoint, at
// introspection and revocation, and where a client rotates its own secret. The response tells none of them.
import type { OAuthProblemCode } from '@countersign/protocol'
import type { AuthenticationFailure, ErrorReason } from '../errors.ts'
import { clientOf, nameOf, ofTheRequest, ofTheServer, upper, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import * as commands from './commands.ts'
import type { Facts } from './facts.ts'

/** Also of a revocation that had no effect: it is answered with 200. */
export type LoginReason = ErrorReason | 'token-of-another-client' | 'token-not-active'

const request = (sentence: string, remedy?: string): Cause => ({
  who: 'integrator',
  sentence: () => sentence,
  ...(remedy !== undefined && { remedy }),
  unchanged: ofTheRequest,
})

const server = (sentence: string, remedy: string): Cause => ({ who: 'operator', sentence: () => sentence, remedy, unchanged: ofTheServer })

const wrongSecret: Cause = {
  who: 'integrator',
  sentence: (facts) => `The secret that was sent for ${clientOf(facts)} was none of its secrets.`,
  remedy: askForSecret,
  changes: () => changes.endedSecret,
  unchanged: 'No secret of this client was ever ended: it was mistaken, or of another client or realm.',
  isGuess: true,
}

/** What was sent is not known: it may be a stranger that guesses, for which a working secret must not end. */
function askForSecret(facts: Facts): string {
  const { client } = facts
  if (!client) return 'Ask the integrator which client and which secret its program sends.'
  const [newest, older] = client.secrets
  if (!newest) return commands.withCommand('The client has no secret.', client.otherCredentials ? undefined : commands.rotateSecret(facts))
  if (older)
    return commands.withCommand(
      `Ask the integrator which secret its program sends: a rotation is in progress, so the one that ends in "${newest.lastFour}" (new) or in "${older.lastFour}" (old). The rotation shows which of them was used:`,
      commands.showRotation(facts),
    )
  return commands.withCommand(
    `Ask the integrator which secret its program sends: the one that works ends in "${newest.lastFour}". Only if the integrator has lost it:`,
    commands.rotateSecret(facts),
  )
}

const wrongKey: Cause = {
  who: 'integrator',
  sentence: (facts) => `The assertion for ${clientOf(facts)} was not signed by one of its keys.`,
  remedy: 'Sign with the private key of a registered key; "countersign client key list" shows them.',
  changes: () => changes.removedKey,
  unchanged: 'No key of this client was ever removed.',
  isGuess: true,
}

const failures: Readonly<Record<AuthenticationFailure, Cause>> = {
  'no-credentials': request('The request carried no credentials, or only a client id.'),
  'malformed-basic-header': request('The Authorization header was not a well-formed Basic header.'),
  'bearer-token': request('A bearer token was sent where a client authenticates with its secret or key.'),
  'client-ids-differ': request('The Authorization header and the body named two different clients.'),
  'method-not-registered': {
    who: 'operator',
    sentence: (facts) =>
      `${upper(clientOf(facts))} authenticated by a method that it was not registered for, or that the realm did not accept.`,
    remedy: 'Let the client use a method that it is registered for, or change them: countersign client update --authentication-method.',
    changes: () => changes.changedMethods,
    unchanged: 'The methods of the client had not been changed before.',
    isGuess: true,
  },
  'unknown-client': {
    ...request(
      'The realm had no client of the id that was sent. The id is not kept: it may be a secret that was typed into the wrong field.',
    ),
    unchanged: 'Which client was meant is not known.',
  },
  'secret-mistyped': {
    ...request('What was sent as the secret was not a secret of this server: characters were missing, wrong or too many.'),
    remedy: askForSecret,
  },
  'wrong-secret': wrongSecret,
  'expired-secret': {
    ...wrongSecret,
    sentence: (facts) => `The secret that was sent for ${clientOf(facts)} had expired.`,
    changes: () => changes.expiringSecret,
    unchanged: 'It was its own expiry, which was set with the secret.',
  },
  'malformed-assertion': request('The assertion of the client was not a well-formed JWT, or lacked a claim.'),
  'wrong-assertion': wrongKey,
  'unknown-assertion-key': { ...wrongKey, sentence: (facts) => `The assertion for ${clientOf(facts)} named a key that it does not have.` },
  'client-keys-unavailable': {
    who: 'integrator',
    sentence: (facts) => `The keys that ${clientOf(facts)} publishes could not be fetched.`,
    remedy:
      'Make the address with the keys of the client reachable; "countersign client key list" shows it, the log of the server the reason.',
    unchanged: ofTheServer,
  },
  'wrong-assertion-audience': request('The "aud" of the assertion was not the issuer of the realm, as one string.'),
  'assertion-lifetime-too-long': request('The "exp" of the assertion was too far ahead.'),
  'expired-assertion': request('The assertion had expired, or the clock of the client was wrong.'),
  'repeated-assertion': request(
    'The assertion had been sent before: each is good for one request.',
    'Sign a new assertion for every request.',
  ),
  'unknown-passkey': {
    ...request(
      'The passkey was none of this server, or the person it belonged to was removed.',
      'Ask for another invitation to the portal.',
    ),
    unchanged: 'Which person was meant is not known.',
  },
  'wrong-passkey': request(
    'What the passkey signed was not for this sign-in: it was made at another address, too long ago, or by another key.',
    'Open the portal at its own address, and sign in again.',
  ),
  'repeated-passkey': request('The answer of the passkey had been sent before: each signs in once.', 'Sign in again.'),
  'passkey-counter-back': {
    who: 'operator',
    sentence: () => 'The counter of the passkey was not higher than at its last use, so a copy of it may exist.',
    remedy: 'Ask the person whether the sign-in was its own. Remove the person and invite it again: countersign person remove.',
    unchanged: ofTheServer,
  },
  'expired-credential': {
    ...wrongKey,
    sentence: (facts) => `The key that signed the assertion of ${clientOf(facts)} had expired.`,
    remedy: 'Register a new key.',
    changes: () => [],
    unchanged: 'It was its own expiry, which was set with the key.',
  },
  'wrong-credential-kind': request('A client that authenticates by keys tried to change a secret.'),
  'client-disabled': {
    who: 'operator',
    sentence: (facts) => `${upper(clientOf(facts))} was disabled.`,
    step: commands.enableClient,
    changes: () => changes.disabled,
    unchanged: 'The client was created like that.',
  },
  'service-account-off': {
    who: 'operator',
    sentence: (facts) => `The service account of ${clientOf(facts)} was off.`,
    step: commands.switchServiceAccountOn,
    changes: () => changes.serviceAccountOff,
    unchanged: 'The client was created like that.',
  },
  'organization-suspended': {
    who: 'operator',
    sentence: (facts) => `The organization ${nameOf(facts)} was suspended.`,
    step: commands.resumeOrganization,
    changes: () => changes.suspended,
    unchanged: 'The audit log has no suspension of this organization.',
  },
}

const blocked: Cause = {
  who: 'integrator',
  sentence: () => 'Too many authentications have failed from this address, so it was blocked for a while.',
  remedy:
    'Correct the credentials, then wait for the end of the block; "countersign audit search --client CLIENT --outcome refused" lists the failures.',
  unchanged: 'It was the failures before it, not a change.',
}

const tooMany = request(
  'The address, or the client by its key, sent more requests a second than are allowed.',
  'Use a token for its whole lifetime.',
)
const unavailable = server('The server could not issue and record a token.', 'Ask /readyz of the operations listener why.')

const problems: Readonly<Record<OAuthProblemCode, Cause>> = {
  'invalid-client': request('The client could not be authenticated; the reason is not kept.'),
  'malformed-token-request': request(
    'The request was malformed: a parameter was missing, was sent twice or was too long, or it had two kinds of credentials.',
  ),
  'wrong-realm': request('The URL named a realm that this server does not have.'),
  'wrong-path': request('The path was not exactly that of the endpoint.'),
  'wrong-grant-type': request('The "grant_type" was not exactly "client_credentials".'),
  'user-credentials-sent': request('The request had a username or a password, which belong to another grant.'),
  'invalid-scope': request('The scope that was requested could not be granted.'),
  'invalid-target': request('The "resource" or "audience" that was requested was not an API that the client may use.'),
  'too-many-token-requests': tooMany,
  'authentication-blocked': blocked,
  'token-request-too-large': request('The body was larger than the server accepts.'),
  'token-request-encoded': request('The body was compressed.'),
  'token-method-not-allowed': request('The endpoint was called by another method than POST.'),
  'token-service-unavailable': unavailable,
  'token-server-error': server('A defect of the server.', 'Look for the request id in the log of the server, and report it.'),
}

const others: Readonly<Record<Exclude<LoginReason, AuthenticationFailure | OAuthProblemCode>, Cause>> = {
  'scope-not-granted': {
    who: 'operator',
    sentence: (facts) =>
      `${upper(clientOf(facts))} requested a scope that it did not have${facts.client ? `; it has ${facts.client.scopes.join(' ') || 'none'} now` : ''}. Which one is not kept.`,
    remedy:
      'Request only scopes that the client has, or give it the scope: countersign client update --scope, with all that it is to have.',
    changes: (facts) => (facts.realm ? changes.withoutScope(facts.realm.scopes) : []),
    unchanged: 'The scopes of the client had not been changed before.',
    isGuess: true,
  },
  'scope-malformed': request('The "scope" was not a list of scope tokens with single spaces between them.'),
  'address-blocked': blocked,
  'address-rate-exceeded': tooMany,
  'assertion-rate-exceeded': tooMany,
  'bad-token-rate-exceeded': request(
    'The client sent more tokens that are not valid a second than it may ask about.',
    'Find out where the tokens come from: an API that asks about each may get forged ones.',
  ),
  'request-aborted': request('The caller ended the connection before its request was complete.'),
  'audit-not-durable': server(
    'The audit event of the token could be written neither to the store nor to the spool, so no token was issued.',
    'Ask /readyz of the operations listener; check the store and the disk of the spool.',
  ),
  'changed-meanwhile': server(
    'The client or the signing key was changed again and again while the token was made.',
    'Request the token again.',
  ),
  'client-damaged': server('The row of the client in the store cannot be read.', 'Repair the row that the log of the server names.'),
  'pepper-version-missing': server(
    'The secret of the client is under a version of the pepper that this server lacks.',
    'Give every server the same pepper; "countersign pepper status" shows its versions.',
  ),
  'signing-key-damaged': server('The signing key of the realm cannot be used.', 'Look for it in the log of the server.'),
  'signing-algorithm-missing': server(
    'The client has a signing algorithm that the realm has no longer.',
    'Change it: countersign client update --signing-algorithm.',
  ),
  'signing-key-not-ready': {
    ...server(
      'The signing key of the realm was replaced, and the next one may not sign yet.',
      'Wait until it may; "countersign key list" shows when.',
    ),
    changes: () => changes.compromisedKey(),
    unchanged: 'The audit log has no key of this realm that was compromised.',
    isGuess: true,
  },
  'token-of-another-client': request('A client tried to revoke the token of another client, which had no effect.'),
  'token-not-active': request('A client tried to revoke a token that was not active, which had no effect.'),
}

export const loginCauses: Readonly<Record<LoginReason, Cause>> = { ...problems, ...failures, ...others }
