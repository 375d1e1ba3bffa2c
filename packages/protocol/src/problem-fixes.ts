// Who can fix a problem, and with which command: a row for every problem of the catalogue. In commands, words in capitals are for the
// reader to fill in. packages/cli/src/problem-commands.test.ts checks that each command exists.
import type { ProblemCode } from './problems.ts'

/** The caller of an API, the provider of that API, or the operator of the server. */
export type Fixer = 'integrator' | 'api' | 'operator'

export interface ProblemFix {
  readonly who: Fixer
  /** What to do, as a sentence. */
  readonly step: string
  /** Does it, or shows what is to be done. */
  readonly command?: string
}

type Fix = (step: string, command?: string) => ProblemFix

const by =
  (who: Fixer): Fix =>
  (step, command) => ({ who, step, ...(command !== undefined && { command }) })

const integrator = by('integrator')
const api = by('api')
const operator = by('operator')

const getToken = 'countersign token get --token-url TOKEN_URL --client-id CLIENT --client-secret-file FILE'
const ofOrganization = '--realm REALM --organization ORGANIZATION'
const ofClient = 'CLIENT --realm REALM'

const explain = operator('See why one request was refused, by the request id of its answer.', 'countersign explain REQUEST_ID')
const repeatRequest = integrator('Correct the request as above and send it again. A new token does not help.')
const correctTokenRequest = integrator('Correct the token request as above and send it again.')
const tokenRequest = integrator('Request a token by the command, and compare what your program sends.', getToken)
const whatChanged = operator('See what was changed, and by which operator.', 'countersign audit search --changes --realm REALM --since 2h')
const readiness = operator('Ask /readyz of the operations listener what is missing, and restore it.')
const showRotation = operator('See which secret was used when.', `countersign secret status ${ofClient}`)
const showUses = operator('See from where each secret is used.', `countersign secret uses ${ofClient}`)
const forceConfirm = operator(
  'In an emergency, end the old secret all the same.',
  `countersign secret confirm ${ofClient} --force --reason 'WHY'`,
)
const cancelRotation = operator('If the new secret was lost, cancel the rotation.', `countersign secret cancel ${ofClient}`)
const forceRemoval = operator(
  'In an emergency, remove the key all the same.',
  `countersign client key remove CLIENT KEY --realm REALM --force --reason 'WHY'`,
)
const acceptAgreement = [
  integrator('Have an authorized signatory accept the version that "GET /v1/me" names.'),
  integrator('Where the provider has a portal, a person with the role "admin" accepts it there, on the page "Agreement".'),
  operator('Record the acceptance.', `countersign dpa accept VERSION ${ofOrganization} --accepted-by 'NAME'`),
] as const

export const problemFixes: { readonly [Code in ProblemCode]: readonly [ProblemFix, ...ProblemFix[]] } = {
  'missing-token': [integrator('Get a token, and send it with every call.', getToken)],
  'malformed-authorization': [repeatRequest],
  'several-tokens': [repeatRequest],
  'invalid-token': [
    integrator('Request a new token from the realm of the API, and look at its issuer and audience.', `${getToken} --decode`),
    api('Correct the clock of the API, and the realm, audience and algorithms that its guard accepts.'),
    explain,
    operator('See what a token is and which rights it has.', 'countersign explain --token-file FILE'),
    operator('If the client was disabled by mistake, enable it.', `countersign client enable ${ofClient}`),
  ],
  'expired-token': [integrator('Request a new token, in good time before the old one ends.', getToken)],
  'organization-suspended': [operator('Resume the organization.', 'countersign organization resume ORGANIZATION --realm REALM')],
  'dpa-missing': acceptAgreement,
  'dpa-outdated': acceptAgreement,
  'insufficient-scope': [
    integrator('Request a token with the scope that the challenge names.', `${getToken} --scope SCOPE`),
    operator('Give the client the scope, with all others that it is to have.', `countersign client update ${ofClient} --scope 'SCOPES'`),
    operator('At the admin API: give the operator the scope.', `countersign client operator ${ofClient} --scope 'SCOPES'`),
  ],
  'realm-not-permitted': [
    operator('See the realms of an operator.', 'countersign operator show CLIENT'),
    operator('As an owner: change them.', 'countersign operator limit CLIENT --realm REALM'),
  ],
  'signed-out': [operator('Sign in to the console again.')],
  'invitation-ended': [
    integrator('Sign in with your passkey if you have accepted it, or ask a colleague with the role "admin" for another one.'),
    operator('See which invitations are open.', `countersign invitation list ${ofOrganization}`),
    operator('Invite the person again.', `countersign invitation create ${ofOrganization} --role ROLE`),
  ],
  'cross-site-request': [operator('Open the console at its own address, and repeat the step there.')],
  'sign-in-again': [operator('Enter the client secret again in the page, and repeat the step.')],
  'owner-required': [operator('See which operators are owners, and ask one.', 'countersign operator list')],
  'partner-not-authorized': [
    integrator('Compare the partner id in the path with "partners" of "GET /v1/me".'),
    operator('Authorize the organization for the partner.', `countersign partner authorize PARTNER ${ofOrganization}`),
  ],
  'capability-missing': [operator('Set the capability.', `countersign capability set CAPABILITY true ${ofOrganization}`)],
  'requestor-id-missing': [repeatRequest],
  'requestor-id-malformed': [repeatRequest],
  'requestor-unknown': [
    integrator('Create the natural person at the API first, and send its id.'),
    operator('Or create the requestor under that id.', `countersign requestor create --id UUID ${ofOrganization}`),
  ],
  'requestor-not-permitted': [
    integrator('Use a requestor who has the permission.'),
    operator(
      'Give the requestor its permissions, with all that it is to have.',
      `countersign requestor update REQUESTOR ${ofOrganization} --permission PERMISSION`,
    ),
  ],
  'rate-limited': [
    integrator('Wait for the seconds in "Retry-After", and send fewer requests.'),
    operator('Give the organization another tier.', `countersign capability set rateLimitTier TIER ${ofOrganization}`),
  ],
  'temporarily-unavailable': [
    api('Check whether the API reaches the server, and what its guard reports.'),
    operator('See which guards are connected.', 'countersign guard list --realm REALM'),
    readiness,
  ],
  'invalid-request': [repeatRequest],
  'not-found': [repeatRequest],
  'guard-outdated': [api('Upgrade the guard in the API.'), operator('See which guards report.', 'countersign guard list --realm REALM')],
  'route-not-permitted': [
    repeatRequest,
    api('See the table of routes of the gateway, and add the route.', 'countersign gateway --config FILE --check'),
  ],
  'ambiguous-request': [repeatRequest, explain],
  'untrusted-peer': [
    integrator('Call the address of the API, not that of its gateway.'),
    api('Add the address of the proxy to "trustedProxies", and check the file.', 'countersign gateway --config FILE --check'),
  ],
  'method-not-allowed': [repeatRequest],
  conflict: [integrator('Read the current state, and decide again.'), whatChanged],
  'precondition-failed': [integrator('Read the resource again, and send its new ETag as If-Match.'), whatChanged],
  'precondition-required': [integrator('Read the resource, and send its ETag as If-Match.')],
  'idempotency-key-reused': [
    integrator('Send the request with a new key. A command makes one itself, unless --idempotency-key repeats an old one.'),
  ],
  'old-secret-in-use': [integrator('Give the new secret to every instance, then confirm again.'), showUses, forceConfirm],
  'new-secret-unproven': [
    integrator('Request a token with the new secret, then confirm again.', getToken),
    showRotation,
    cancelRotation,
    forceConfirm,
  ],
  'key-in-use': [
    integrator('Let every instance sign with the other key, then wait for the quiet period of the realm.'),
    showUses,
    forceRemoval,
  ],
  'other-key-unproven': [
    integrator('Request a token with the other key first.'),
    operator('See the keys of the client and their last uses.', `countersign client key list ${ofClient}`),
    forceRemoval,
  ],
  'new-secret-in-use': [
    integrator('Confirm the rotation instead of cancelling it.'),
    operator('Confirm it for the client.', `countersign secret confirm ${ofClient}`),
    operator('In an emergency, revoke the new secret.', `countersign secret revoke CLIENT SECRET --realm REALM --reason 'WHY'`),
  ],
  'rotation-in-progress': [
    integrator('Confirm or cancel the rotation in progress.'),
    showRotation,
    operator('Confirm it for the client.', `countersign secret confirm ${ofClient}`),
    cancelRotation,
  ],
  'no-rotation': [
    integrator(
      'Start a rotation. The command also finishes it.',
      'countersign secret rotate --auto --save-to FILE --issuer ISSUER --client-id CLIENT',
    ),
    operator('Start one for the client.', `countersign secret rotate ${ofClient}`),
  ],
  'rotation-of-the-operator': [integrator('Ask the operator for the new secret, and confirm with it.'), cancelRotation],
  'new-secret-required': [integrator('Confirm with the new secret.'), cancelRotation],
  'no-self-service-here': [
    integrator('Send the request to "{issuer}/v1/me/secret-rotation" of your realm.'),
    operator('Rotate the secret of an operator.', 'countersign secret rotate CLIENT --realm operators'),
  ],
  'payload-too-large': [integrator('Send a smaller body.'), operator('Raise "requestBodyLimit" in the configuration of the server.')],
  'request-timeout': [integrator('Send the request again on a new connection.'), operator('Look for a slow proxy in front of the server.')],
  'request-header-too-large': [repeatRequest],
  'unsupported-media-type': [repeatRequest],
  'internal-error': [
    integrator('Repeat the call later, and report the request id.'),
    api('Look for the request id in the log of the API.'),
    operator('Look for the request id in the log of the server.'),
  ],
  'invalid-client': [
    tokenRequest,
    explain,
    operator('If the client is disabled, enable it.', `countersign client enable ${ofClient}`),
    operator('If its service account is off, switch it on.', `countersign client update ${ofClient} --service-account on`),
    operator('If the secret was lost, replace it.', `countersign secret rotate ${ofClient}`),
  ],
  'malformed-token-request': [tokenRequest],
  'wrong-realm': [
    integrator('Copy the token URL from the documentation of the API.'),
    operator('See the realms of this server.', 'countersign realm list'),
  ],
  'wrong-path': [integrator('Copy the token URL from the documentation of the API.')],
  'wrong-grant-type': [tokenRequest],
  'user-credentials-sent': [tokenRequest],
  'invalid-scope': [
    integrator('Request fewer scopes, or none to get all of them.', getToken),
    operator('Give the client the scope, with all others that it is to have.', `countersign client update ${ofClient} --scope 'SCOPES'`),
  ],
  'invalid-target': [
    integrator('Send exactly the audience of the API.', `${getToken} --resource AUDIENCE`),
    operator('See the APIs of a client.', `countersign client show ${ofClient}`),
  ],
  'too-many-token-requests': [
    integrator('Use a token for its whole lifetime.'),
    operator('Raise "requestsPerSecond" of the realm in the configuration of the server.'),
  ],
  'authentication-blocked': [
    integrator('Correct the credentials, and wait for the seconds in "Retry-After".'),
    operator('See the failed authentications.', `countersign audit search --client ${ofClient} --outcome refused`),
    operator('If the address is that of a proxy, add it to "trustedProxies" in the configuration of the server.'),
  ],
  'token-request-too-large': [correctTokenRequest],
  'token-request-encoded': [correctTokenRequest],
  'token-method-not-allowed': [tokenRequest],
  'token-service-unavailable': [integrator('Use the current token, and ask again after the seconds in "Retry-After".'), readiness],
  'token-server-error': [
    integrator('Request a token again later, and report the request id.'),
    operator('Look for the request id in the log of the server.'),
  ],
}
