// Causes of refusals of requests in which a client authenticates itself, by their reason in the audit log: at the token endpoint, at
// introspection and revocation, and where a client rotates its own secret. The response tells none of them.
import type { OAuthProblemCode } from '@countersign/protocol'
import type { AuthenticationFailure, ErrorReason } from '../errors.ts'
import { clientOf, nameOf, ofTheRequest, ofTheServer, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import * as commands from './commands.ts'

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
  sentence: (facts) => `The secret that was sent for ${clientOf(facts)} is none of its secrets.`,
  remedy: 'Use the newest secret of the client; if it is lost, the operator rotates it and hands the new one over.',
  command: commands.rotateSecret,
  changes: () => changes.endedSecret,
  unchanged: 'No secret of this client was ever ended: it was mistaken, or of another client or realm.',
  isGuess: true,
}

const wrongKey: Cause = {
  who: 'integrator',
  sentence: (facts) => `The assertion for ${clientOf(facts)} is not signed by one of its keys.`,
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
      `${upper(clientOf(facts))} authenticated by a method that it is not registered for, or that the realm does not accept.`,
    remedy: 'Let the client use a method that it is registered for, or change them: countersign client update --authentication-method.',
    changes: () => changes.changedMethods,
    unchanged: 'The methods of the client were never changed.',
    isGuess: true,
  },
  'unknown-client': {
    ...request(
      'The realm has no client of the id that was sent. The id is not kept: it may be a secret that was typed into the wrong field.',
    ),
    unchanged: 'Which client was meant is not known.',
  },
  'secret-mistyped': {
    ...request('What was sent as the secret is not a secret of this server: characters are missing, wrong or too many.'),
    command: commands.rotateSecret,
  },
  'wrong-secret': wrongSecret,
  'expired-secret': {
    ...wrongSecret,
    sentence: (facts) => `The secret that was sent for ${clientOf(facts)} has expired.`,
    changes: () => changes.expiringSecret,
    unchanged: 'It was its own expiry, which was set with the secret.',
  },
  'malformed-assertion': request('The assertion of the client is not a well-formed JWT, or lacks a claim.'),
  'wrong-assertion': wrongKey,
  'unknown-assertion-key': { ...wrongKey, sentence: (facts) => `The assertion for ${clientOf(facts)} names a key that it does not have.` },
  'client-keys-unavailable': {
    who: 'integrator',
    sentence: (facts) => `The keys that ${clientOf(facts)} publishes could not be fetched.`,
    remedy:
      'Make the address with the keys of the client reachable; "countersign client key list" shows it, the log of the server the reason.',
    unchanged: ofTheServer,
  },
  'wrong-assertion-audience': request('The "aud" of the assertion is not the issuer of the realm, as one string.'),
  'assertion-lifetime-too-long': request('The "exp" of the assertion is too far ahead.'),
  'expired-assertion': request('The assertion had expired, or the clock of the client is wrong.'),
  'repeated-assertion': request('The assertion was sent before: each is good for one request.', 'Sign a new assertion for every request.'),
  'expired-credential': {
    ...wrongKey,
    sentence: (facts) => `The key that signed the assertion of ${clientOf(facts)} has expired.`,
    remedy: 'Register a new key.',
    changes: () => [],
    unchanged: 'It was its own expiry, which was set with the key.',
  },
  'wrong-credential-kind': request('A client that authenticates by keys tried to change a secret.'),
  'client-disabled': {
    who: 'operator',
    sentence: (facts) => `${upper(clientOf(facts))} is disabled.`,
    command: commands.enableClient,
    changes: () => changes.disabled,
    unchanged: 'The client was created like that.',
  },
  'service-account-off': {
    who: 'operator',
    sentence: (facts) => `The service account of ${clientOf(facts)} is off.`,
    command: commands.switchServiceAccountOn,
    changes: () => changes.serviceAccountOff,
    unchanged: 'The client was created like that.',
  },
  'organization-suspended': {
    who: 'operator',
    sentence: (facts) => `The organization ${nameOf(facts)} is suspended.`,
    command: commands.resumeOrganization,
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
    'The request is malformed: a parameter is missing, was sent twice or is too long, or it has two kinds of credentials.',
  ),
  'wrong-realm': request('The URL names a realm that this server does not have.'),
  'wrong-path': request('The path is not exactly that of the endpoint.'),
  'wrong-grant-type': request('The "grant_type" is not exactly "client_credentials".'),
  'user-credentials-sent': request('The request has a username or a password, which belong to another grant.'),
  'invalid-scope': request('The scope that was requested cannot be granted.'),
  'invalid-target': request('The "resource" or "audience" that was requested is not an API that the client may use.'),
  'too-many-token-requests': tooMany,
  'authentication-blocked': blocked,
  'token-request-too-large': request('The body is larger than the server accepts.'),
  'token-request-encoded': request('The body is compressed.'),
  'token-method-not-allowed': request('The endpoint was called by another method than POST.'),
  'token-service-unavailable': unavailable,
  'token-server-error': server('A defect of the server.', 'Look for the request id in the log of the server, and report it.'),
}

const others: Readonly<Record<Exclude<LoginReason, AuthenticationFailure | OAuthProblemCode>, Cause>> = {
  'scope-not-granted': {
    who: 'operator',
    sentence: (facts) =>
      `${upper(clientOf(facts))} requested a scope that it does not have${facts.client ? `; it has ${facts.client.scopes.join(' ') || 'none'} now` : ''}. Which one is not kept.`,
    remedy:
      'Request only scopes that the client has, or give it the scope: countersign client update --scope, with all that it is to have.',
    changes: (facts) => (facts.realm ? changes.withoutScope(facts.realm.scopes) : []),
    unchanged: 'The scopes of the client were never changed.',
    isGuess: true,
  },
  'scope-malformed': request('The "scope" is not a list of scope tokens with single spaces between them.'),
  'address-blocked': blocked,
  'address-rate-exceeded': tooMany,
  'assertion-rate-exceeded': tooMany,
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

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
