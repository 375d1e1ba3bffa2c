// The problem catalogue: every error that a caller can get, with its causes and remedies. Pages, documents and tests are made
// from this table; the code that returns an error is elsewhere.

/** One reason why a problem occurs, and how the caller can fix it. */
export interface ProblemCause {
  readonly cause: string
  readonly remedy: string
}

/** One entry of the catalogue. `oauthError` is set on problems of OAuth endpoints (RFC 6749 §5.2). */
export interface ProblemEntry {
  readonly status: number
  readonly title: string
  readonly surface: 'api' | 'oauth'
  readonly oauthError?: string
  readonly causes: readonly ProblemCause[]
}

const whereToAccept =
  'Where the provider has a portal, a person with the role "admin" accepts it there; otherwise tell the provider who has accepted it.'
const askSupport = 'Ask the provider of the API; operators find the reason in the audit log.'

export const problems = {
  'missing-token': {
    status: 401,
    title: 'The request carries no access token',
    surface: 'api',
    causes: [
      {
        cause: 'The request has no Authorization header.',
        remedy: 'Get a token from the token endpoint and send it as "Authorization: Bearer <token>".',
      },
    ],
  },
  'malformed-authorization': {
    status: 401,
    title: 'The Authorization header is malformed',
    surface: 'api',
    causes: [
      {
        cause:
          'The header is not exactly "Bearer <token>" with a single space: another scheme, a missing or doubled space, quotes, or anything after the token.',
        remedy: 'Send exactly one header "Authorization: Bearer <token>", with one space and the token as it was issued.',
      },
    ],
  },
  'several-tokens': {
    status: 400,
    title: 'The request carries more than one access token',
    surface: 'api',
    causes: [
      {
        cause: 'The Authorization header was sent twice, or has a list of credentials, as a proxy makes of two headers.',
        remedy: 'Send exactly one header "Authorization: Bearer <token>", and check that no proxy or library adds another.',
      },
      {
        cause: 'There is a token in the Authorization header and another in the query parameter "access_token".',
        remedy: 'Remove "access_token" from the URL: URLs are logged, so treat a token that was sent there as known to others.',
      },
    ],
  },
  'invalid-token': {
    status: 401,
    title: 'The access token is not valid for this API',
    surface: 'api',
    causes: [
      {
        cause: 'Wrong realm: the token was issued by another realm than that of the API that was called.',
        remedy: 'Verify the realm in your token URL (for example "realms/nt24-idp") and request a new token there.',
      },
      {
        cause: 'The token was altered, truncated or not issued by this realm: its format or signature is invalid.',
        remedy: 'Send the access_token of the token response unchanged; if in doubt, request a new one.',
      },
      {
        cause: 'The token was revoked, or its client was disabled or deleted after it was issued.',
        remedy: 'Request a new token. If the token endpoint answers "invalid_client", follow that page.',
      },
      {
        cause: 'The clock of the API is behind that of the server by more than it allows, so the token is not valid there yet.',
        remedy: 'A new token does not help. Tell the provider of the API that its clock has to be corrected.',
      },
      {
        cause: 'The token is signed by an algorithm of its realm that the API was configured not to accept.',
        remedy:
          'A new token does not help. Tell the provider of the API and the operator of the token endpoint, who choose the algorithms.',
      },
      {
        cause: 'The token was issued for another API: the audience of the API that was called is not in it.',
        remedy:
          'Request a token for this API: if the client may use several, name its audience as "resource" in the token request. Otherwise verify the realm in your token URL.',
      },
    ],
  },
  'expired-token': {
    status: 401,
    title: 'The access token has expired',
    surface: 'api',
    causes: [
      {
        cause: 'The token is older than the expires_in of its token response.',
        remedy:
          'Re-issue: request a new token from the token endpoint and repeat the call. Renew at 80 % of the lifetime and you will not see this again.',
      },
    ],
  },
  'organization-suspended': {
    status: 403,
    title: 'The organization is suspended',
    surface: 'api',
    causes: [
      {
        cause: 'An operator has suspended the organization that the token belongs to.',
        remedy: `A new token does not help. ${askSupport}`,
      },
    ],
  },
  'dpa-missing': {
    status: 403,
    title: 'The Data Processing Agreement has not been accepted',
    surface: 'api',
    causes: [
      {
        cause: 'The organization has never accepted the Data Processing Agreement.',
        remedy: `Have an authorized signatory of your organization accept it. ${whereToAccept} "GET /v1/me" shows the required version and works without acceptance.`,
      },
    ],
  },
  'dpa-outdated': {
    status: 403,
    title: 'The accepted Data Processing Agreement is outdated',
    surface: 'api',
    causes: [
      {
        cause: 'The organization accepted an older version of the Data Processing Agreement than the one that is required now.',
        remedy: `Accept the required version. ${whereToAccept} "GET /v1/me" shows both versions and works without acceptance.`,
      },
    ],
  },
  'insufficient-scope': {
    status: 403,
    title: 'The access token lacks a required scope',
    surface: 'api',
    causes: [
      {
        cause: 'The token was requested without a scope that this endpoint needs.',
        remedy: 'Request a token with the scope that the WWW-Authenticate header names.',
      },
      {
        cause: 'The scope was taken from the client after the token was issued.',
        remedy: `A token counts only as far as its client has the scopes now. ${askSupport}`,
      },
      { cause: 'The client has not been granted that scope.', remedy: `The token endpoint then answers "invalid_scope". ${askSupport}` },
    ],
  },
  'realm-not-permitted': {
    status: 403,
    title: 'The operator is limited to other realms',
    surface: 'api',
    causes: [
      {
        cause: 'The operation is about a realm, or about all realms, and the operator may act only in the realms that "detail" names.',
        remedy: 'Use an operator that may act there, or ask an owner to change the limits of this one: "countersign operator limit".',
      },
      {
        cause: 'The limits of the operator were changed after the request began.',
        remedy: 'Ask an owner which realms the operator is limited to now.',
      },
    ],
  },
  'owner-required': {
    status: 403,
    title: 'Only an owner may change operators',
    surface: 'api',
    causes: [
      {
        cause:
          'The client has operator scopes in its realm or would get them, or its organization has such a client, and the caller is not an owner.',
        remedy:
          'Ask an owner: an operator of the realm "operators" that has every scope and is not limited to realms. A client rotates its own secret through "/v1/me/secret-rotation" of its realm.',
      },
      {
        cause: 'The request sets "operatorScopes" or "operatorRealms", and the caller is not an owner, or its token has fewer scopes.',
        remedy: 'Ask an owner, or leave these members out.',
      },
      {
        cause: 'The request imports a signing key into a realm that has a client with operator scopes, which the key could sign for.',
        remedy: 'Ask an owner, or stage a key that the server makes.',
      },
    ],
  },
  'partner-not-authorized': {
    status: 403,
    title: 'The partner is not one of your authorized partners',
    surface: 'api',
    causes: [
      {
        cause: 'The partner id in the path ({sellerId}) is not in the list of partners that your organization may act for.',
        remedy:
          'Check "partners" in the response of "GET /v1/me", or the pages at its "partnersUrl"; ids are lower-case UUIDs. If the partner is missing, ask the provider to authorize it.',
      },
    ],
  },
  'capability-missing': {
    status: 403,
    title: 'Your organization lacks a capability',
    surface: 'api',
    causes: [
      {
        cause:
          'The endpoint needs a capability flag that is not set for your organization (Mode A KYC, for example, requires allowMarketplaceLedKyc=true).',
        remedy: 'Check "capabilities" in the response of "GET /v1/me" and ask the provider to enable the capability that "detail" names.',
      },
    ],
  },
  'requestor-id-missing': {
    status: 400,
    title: 'The Requestor-ID header is missing',
    surface: 'api',
    causes: [
      {
        cause:
          'Every command must name the natural person who requests it, except creating natural persons and creating or preparing legal entities.',
        remedy: 'Send the id of the natural person in the header "Requestor-ID".',
      },
    ],
  },
  'requestor-id-malformed': {
    status: 400,
    title: 'The Requestor-ID header is malformed',
    surface: 'api',
    causes: [
      {
        cause: 'The header is not one lower-case UUID, or it was sent more than once.',
        remedy: 'Send exactly one header "Requestor-ID" with the id that creating the natural person returned.',
      },
    ],
  },
  'requestor-unknown': {
    status: 403,
    title: 'The requestor is not known for your organization',
    surface: 'api',
    causes: [
      {
        cause: 'No natural person of your organization has the id in the Requestor-ID header.',
        remedy: 'Check the id, or create the natural person first.',
      },
    ],
  },
  'requestor-not-permitted': {
    status: 403,
    title: 'The requestor may not perform this command',
    surface: 'api',
    causes: [
      {
        cause: 'The natural person in the Requestor-ID header lacks the permission that "detail" names.',
        remedy: 'Use a requestor who has the permission, or ask the provider to grant it.',
      },
    ],
  },
  'rate-limited': {
    status: 429,
    title: 'Your organization has reached its rate limit',
    surface: 'api',
    causes: [
      {
        cause: 'Your organization has sent more requests than its rate limit tier allows.',
        remedy:
          'Wait for the seconds in "Retry-After", then repeat the call. The RateLimit headers show the remaining requests; "rateLimitTier" in "GET /v1/me" names the tier.',
      },
      {
        cause: 'The client has started or cancelled rotations of its own secret, or tried to confirm them, too often within an hour.',
        remedy:
          'Wait for the seconds in "Retry-After". Start a rotation once, and confirm it when "confirmableAt" of its status has passed.',
      },
      {
        cause: 'The address that the client authenticates from sends too many requests.',
        remedy: 'Wait for the seconds in "Retry-After".',
      },
      {
        cause: 'The guard of an API reports what it refused more often than the server accepts.',
        remedy: 'Wait for the seconds in "Retry-After". Check that the client of the guard is used by that guard only.',
      },
    ],
  },
  'temporarily-unavailable': {
    status: 503,
    title: 'The request cannot be processed right now',
    surface: 'api',
    causes: [
      {
        cause: 'The API cannot reach the services that it needs to process the request. Your token may still be valid.',
        remedy: 'Keep the token, wait for the seconds in "Retry-After", then repeat the call. Do not request a new token.',
      },
    ],
  },
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    surface: 'api',
    causes: [
      {
        cause: 'A parameter or a member of the body is missing, malformed or unknown.',
        remedy: 'Correct the members that "detail" and "errors" name, then send the request again.',
      },
    ],
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    surface: 'api',
    causes: [{ cause: 'The path, or an id in it, does not exist or is not visible to this client.', remedy: 'Check the path and the id.' }],
  },
  'guard-outdated': {
    status: 410,
    title: 'The organization is too large for the version of the guard',
    surface: 'api',
    causes: [
      {
        cause: 'A guard of version 0.1.0 asked for a whole organization, which has more than 500 clients, partners or requestors.',
        remedy:
          'Upgrade the guard in the API: it asks for single clients and partners. Until then it denies requests of this organization with 503, and serves all others.',
      },
    ],
  },
  'route-not-permitted': {
    status: 403,
    title: 'The gateway of the API does not let this path and method through',
    surface: 'api',
    causes: [
      {
        cause: 'The path and the method of the request are not in the table of routes of the gateway.',
        remedy:
          'Check the path, the letter case and the method. A new token does not help. Operators see the table with "countersign gateway --check".',
      },
    ],
  },
  'ambiguous-request': {
    status: 400,
    title: 'The request can be understood in more than one way',
    surface: 'api',
    causes: [
      {
        cause:
          'The path has what programs read differently: a segment "." or "..", an empty segment, ";", a backslash, an encoded slash, "%" or control character, or text that is not UTF-8.',
        remedy: 'Send the path of the API exactly, with percent-encoding only inside of values.',
      },
      {
        cause: 'A header names another method, path or partner than the request itself.',
        remedy: 'Remove the header that "detail" names.',
      },
      {
        cause: 'A header has a name that programs may take for one of the headers with which the gateway tells the API who is calling.',
        remedy: 'Remove the header that "detail" names.',
      },
    ],
  },
  'untrusted-peer': {
    status: 403,
    title: 'The gateway answers only its proxies',
    surface: 'api',
    causes: [
      {
        cause: 'The request did not come from an address in "trustedProxies" of the gateway.',
        remedy: 'Call the API and not its gateway. Operators: add the address of the proxy to "trustedProxies".',
      },
    ],
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path does not support this method',
    surface: 'api',
    causes: [
      {
        cause: 'The method of the request is not listed in the "Allow" header.',
        remedy: 'Use a method from the "Allow" header. Tokens are requested with POST.',
      },
    ],
  },
  conflict: {
    status: 409,
    title: 'The request conflicts with the current state',
    surface: 'api',
    causes: [
      {
        cause: 'A resource with the same name already exists, or the resource has changed in the meantime.',
        remedy: 'Read the current state, then decide.',
      },
    ],
  },
  'precondition-failed': {
    status: 412,
    title: 'The resource has changed since you read it',
    surface: 'api',
    causes: [
      {
        cause: 'The version in the If-Match header is not the current version: another change was made first.',
        remedy: 'Read the resource again, check that your change still fits, and send it with the new ETag in If-Match.',
      },
      {
        cause: 'The ETag in If-Match is weak (W/): a proxy that compresses responses makes it so, and a weak ETag never matches.',
        remedy: 'Send the "version" of the resource in quotes, such as "7".',
      },
    ],
  },
  'precondition-required': {
    status: 428,
    title: 'The request requires an If-Match header',
    surface: 'api',
    causes: [
      {
        cause: 'An update was sent without the If-Match header, so it could overwrite a concurrent change.',
        remedy: 'Send the ETag of the version that you read as If-Match, or "*" to change any version.',
      },
    ],
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    surface: 'api',
    causes: [
      {
        cause: 'The same Idempotency-Key was sent before with another operation, path or body. This request was not applied.',
        remedy: 'Use a new key for every new request, and repeat a key only to retry exactly the same request.',
      },
    ],
  },
  'old-secret-in-use': {
    status: 409,
    title: 'The old secret is still in use',
    surface: 'api',
    causes: [
      {
        cause:
          'The old secret was used too recently, or tokens issued with it may still be valid: an instance may request its next token with it. Ending the old secret now would cause an outage.',
        remedy:
          'Find the instance that still uses the old secret and give it the new one; confirm again after "confirmableAt" of the rotation. An operator can force the confirmation with a reason.',
      },
    ],
  },
  'new-secret-unproven': {
    status: 409,
    title: 'The new secret has not been used yet',
    surface: 'api',
    causes: [
      {
        cause:
          'No token has been requested with the new secret yet, so it may not be in use anywhere; ending the old one could cause an outage.',
        remedy:
          'Give the new secret to every instance, request a token with it, then confirm again. Cancel the rotation if the new secret was lost. An operator can force the confirmation with a reason.',
      },
    ],
  },
  'key-in-use': {
    status: 409,
    title: 'The key is still in use',
    surface: 'api',
    causes: [
      {
        cause:
          'The key was used too recently, or tokens requested with it may still be valid: an instance may request its next token with it. Removing it now would cause an outage.',
        remedy:
          'Find the instance that still signs with this key and give it the other one; remove the key when it has been out of use for the quiet period of the realm. An operator can force the removal with a reason.',
      },
    ],
  },
  'other-key-unproven': {
    status: 409,
    title: 'No other key has been used yet',
    surface: 'api',
    causes: [
      {
        cause:
          'The client has requested tokens with this key, and never with another key or a secret; without it the client may get no tokens.',
        remedy:
          'Register the new key, let every instance sign with it, request a token, then remove the old key. An operator can force the removal with a reason.',
      },
    ],
  },
  'new-secret-in-use': {
    status: 409,
    title: 'The new secret is in use',
    surface: 'api',
    causes: [
      {
        cause:
          'The new secret was used too recently, or tokens issued with it may still be valid: an instance may request its next token with it. Ending it now would cause an outage.',
        remedy:
          'Confirm the rotation instead. To remove the new secret, configure all instances with the old one and cancel again later; in an emergency an operator can revoke the new secret.',
      },
    ],
  },
  'rotation-in-progress': {
    status: 409,
    title: 'A rotation is in progress',
    surface: 'api',
    causes: [
      {
        cause: 'The client already has two secrets, the maximum.',
        remedy: 'Confirm or cancel the rotation in progress; its status shows when each secret was last used.',
      },
    ],
  },
  'no-rotation': {
    status: 409,
    title: 'No rotation is in progress',
    surface: 'api',
    causes: [
      {
        cause: 'The client has one secret: its rotation was confirmed or cancelled, its window has ended, or none was started.',
        remedy: 'Read the status of the rotation; start one to replace the secret.',
      },
    ],
  },
  'rotation-of-the-operator': {
    status: 409,
    title: 'The rotation was started by the operator',
    surface: 'api',
    causes: [
      {
        cause:
          'The operator started this rotation and has handed the new secret over, or is about to. A client cancels only its own rotations.',
        remedy:
          'Ask the operator for the new secret, give it to every instance, and confirm with it. If the new secret was lost, ask the operator to cancel the rotation.',
      },
    ],
  },
  'new-secret-required': {
    status: 409,
    title: 'A rotation is confirmed with the new secret',
    surface: 'api',
    causes: [
      {
        cause: 'The client authenticated with the old secret. Only the new one shows that it has arrived.',
        remedy: 'Send the new secret. If it was lost, cancel the rotation with the old one and start again.',
      },
    ],
  },
  'no-self-service-here': {
    status: 405,
    title: 'Secrets are not changed at this path',
    surface: 'api',
    causes: [
      {
        cause: 'This is the path for the clients of all realms, and a client id is unique only within a realm.',
        remedy:
          'Send the request to "{issuer}/v1/me/secret-rotation", with the issuer of your realm. "Content-Location" in the answer to a GET at this path names it.',
      },
      {
        cause: 'The client is an operator. The secrets of operators are changed only through the admin API.',
        remedy: 'Use "countersign secret rotate <client-id> --realm operators", as an operator with every scope.',
      },
    ],
  },
  'signed-out': {
    status: 401,
    title: 'The session has ended, or there is none',
    surface: 'api',
    causes: [
      { cause: 'The browser sent no cookie of a session, or one that this server does not know.', remedy: 'Sign in.' },
      {
        cause: 'The session has ended: it was not used for a while, is older than the server allows, or was ended from another place.',
        remedy: 'Sign in again. The settings "idle" and "longest" of the console or the portal say how long a session lasts.',
      },
      {
        cause:
          'The client that had signed in may not do so any more: it was disabled, its organization suspended, its secret revoked, or its tokens were cut.',
        remedy: 'Ask an operator, or as an integrator the provider; the audit log has the change and its actor.',
      },
    ],
  },
  'sign-in-again': {
    status: 403,
    title: 'This step needs a fresh sign-in',
    surface: 'api',
    causes: [
      {
        cause:
          'Steps that delete, force, invite a person, give a new secret, a passkey or a higher role, or make an operator, and in the portal those that replace a secret, are taken only shortly after a sign-in, so that an unattended browser is not enough for them.',
        remedy: 'Enter the secret again, use the passkey again or sign in at the identity provider again, then repeat the step.',
      },
    ],
  },
  'invitation-ended': {
    status: 404,
    title: 'The invitation does not work',
    surface: 'api',
    causes: [
      {
        cause: 'A person has accepted it already; an invitation is for one person.',
        remedy: 'If that was you, sign in with your passkey. Otherwise ask for another invitation.',
      },
      {
        cause: 'It was not accepted in time, or it was withdrawn.',
        remedy: 'Ask a colleague with the role "admin", or the provider, for another invitation.',
      },
      { cause: 'The link was not copied completely.', remedy: 'Copy the whole link, with everything behind the "#".' },
    ],
  },
  'cross-site-request': {
    status: 403,
    title: 'The request came from another site',
    surface: 'api',
    causes: [
      {
        cause: 'A page of another site sent the request: "Sec-Fetch-Site" or "Origin" says so.',
        remedy: 'Use the page of this server. If you did not mean to send a request, close the page that sent it.',
      },
      {
        cause: 'A program sent the request without "Sec-Fetch-Site" and "Origin", or a proxy removed them.',
        remedy: 'Programs use the admin API with a token. A proxy has to pass these headers on.',
      },
      {
        cause:
          'The console or the portal was opened at another address than its "publicUrl", in a browser that does not send "Sec-Fetch-Site".',
        remedy: 'Open it at the address that is configured as "publicUrl".',
      },
    ],
  },
  'payload-too-large': {
    status: 413,
    title: 'The request body is too large',
    surface: 'api',
    causes: [{ cause: 'The body is larger than the server accepts.', remedy: 'Send a smaller body.' }],
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    surface: 'api',
    causes: [
      {
        cause: 'Headers or body stopped arriving, or arrived too slowly. The connection was closed.',
        remedy: 'Send the request again on a new connection; check for a slow proxy or network.',
      },
    ],
  },
  'request-header-too-large': {
    status: 431,
    title: 'The headers of the request are too large',
    surface: 'api',
    causes: [
      {
        cause: 'The request line and the headers together are larger than 16 kB. The connection was closed.',
        remedy: 'Remove headers that this server does not need, such as cookies, and send the request again.',
      },
    ],
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type or the encoding of the body is not supported',
    surface: 'api',
    causes: [
      {
        cause: 'The Content-Type is not the expected one, or the body is compressed.',
        remedy: 'Send the type that "detail" names, without Content-Encoding.',
      },
    ],
  },
  'internal-error': {
    status: 500,
    title: 'Internal server error',
    surface: 'api',
    causes: [
      {
        cause: 'A defect or an outage of the server.',
        remedy: 'Repeat the call later. If the error persists, report the request id in "instance".',
      },
    ],
  },
  'invalid-client': {
    status: 401,
    title: 'The client could not be authenticated',
    surface: 'oauth',
    oauthError: 'invalid_client',
    causes: [
      {
        cause: 'Wrong client_id or client_secret.',
        remedy: 'Check both for typos and missing characters, and that they belong to the realm in the token URL.',
      },
      { cause: 'The secret has expired or was revoked after a rotation.', remedy: 'Use the newer secret.' },
      { cause: 'The client is disabled.', remedy: 'Contact the support of the provider; operators find the reason in the audit log.' },
      {
        cause: 'Service account roles are disabled in the configuration of the client.',
        remedy: 'Ask the provider to enable the service account of the client.',
      },
      {
        cause: 'The Authorization header is not a well-formed Basic header, or names another client than the body does.',
        remedy: 'Send base64("client_id:client_secret") in the header, or both values in the body, but not both.',
      },
      {
        cause: 'The client does not use this way to authenticate: it is registered for keys and sent a secret, or the other way round.',
        remedy: 'Use a method that the client is registered for and that "token_endpoint_auth_methods_supported" in the metadata lists.',
      },
      {
        cause:
          'The assertion (private_key_jwt) is not signed with a registered key of the client and the algorithm of that key, or its "kid" names another one.',
        remedy: 'Register the public key, and sign with its private key; name its "kid" if the client has several keys.',
      },
      {
        cause:
          'A claim of the assertion is wrong: "iss" and "sub" are the client id, "aud" is the issuer as one string, "jti" is a text, and "exp" is at most five minutes ahead.',
        remedy: 'Correct the claim, and check the clock of the client: the server tolerates a minute.',
      },
      {
        cause: 'The assertion was sent before: each is good for one request, also if its response was lost.',
        remedy: 'Sign a new one with another "jti" for every request, also for a retry.',
      },
      {
        cause: 'A bearer token was sent to change a secret. A token is seen by every API that it is sent to, so it proves too little.',
        remedy: 'Send client_id and client_secret as "Authorization: Basic", or both in a form, as to the token endpoint.',
      },
    ],
  },
  'malformed-token-request': {
    status: 400,
    title: 'The token request is malformed',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [
      {
        cause: 'A parameter is missing, was sent twice, or is not valid UTF-8.',
        remedy: 'Send each parameter once, form-encoded in UTF-8; grant_type is required.',
      },
      {
        cause: 'The body has more than 64 parameters, a name of more than 64 characters or a value of more than 4,096 bytes.',
        remedy: 'Send only the parameters that the endpoint reads. Others are ignored, but count for these limits.',
      },
      {
        cause: 'Credentials or other parameters are in the query of the URL.',
        remedy: 'Move them to the body. URLs are often logged: rotate a secret that was sent in one.',
      },
      {
        cause: 'The client authenticates in two ways at once.',
        remedy: 'Use either the Authorization header or client_id and client_secret in the body.',
      },
      {
        cause: 'The Content-Type is not application/x-www-form-urlencoded.',
        remedy: 'Set that header and form-encode the body; JSON is not accepted.',
      },
    ],
  },
  'wrong-realm': {
    status: 404,
    title: 'The realm does not exist',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [
      {
        cause: 'The token URL names a realm that this server does not have.',
        remedy: 'Verify the realm in the token URL, for example "realms/nt24-idp". Ask the provider of the API for the correct URL.',
      },
      {
        cause: 'The URL lacks a part of the path of the realm, such as "/auth".',
        remedy: 'Write the URL exactly as in the discovery document or in the documentation of the API.',
      },
    ],
  },
  'wrong-path': {
    status: 404,
    title: 'The path is not exactly the one of the endpoint',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [
      {
        cause: 'The path has a slash too many, an encoded slash, a segment "." or "..", or other letters in upper and lower case.',
        remedy: 'Write the URL exactly as in the discovery document or in the documentation of the API.',
      },
      {
        cause: 'The path lacks the realm, or has more in front, such as "/auth".',
        remedy: 'Write the URL exactly as in the discovery document or in the documentation of the API.',
      },
    ],
  },
  'wrong-grant-type': {
    status: 400,
    title: 'grant_type must be exactly client_credentials',
    surface: 'oauth',
    oauthError: 'unsupported_grant_type',
    causes: [
      {
        cause: 'grant_type has another value, or is not written in lower case. Realms may report this as "invalid_grant".',
        remedy: 'Send exactly grant_type=client_credentials, in lower case.',
      },
    ],
  },
  'user-credentials-sent': {
    status: 400,
    title: 'username and password are not allowed in this request',
    surface: 'oauth',
    oauthError: 'invalid_grant',
    causes: [
      {
        cause: 'The request contains username or password; those are for a different grant flow.',
        remedy: 'Do not include username or password. Only the client authenticates.',
      },
    ],
  },
  'invalid-scope': {
    status: 400,
    title: 'The requested scope cannot be granted',
    surface: 'oauth',
    oauthError: 'invalid_scope',
    causes: [
      {
        cause: 'The client has not been granted all of the requested scopes.',
        remedy: 'Request only scopes that the client has, or omit the parameter to get all of them.',
      },
      {
        cause: 'The value is not a list of scope tokens with single spaces between them (RFC 6749 section 3.3).',
        remedy: 'Separate scopes by one space, without quotes or commas.',
      },
    ],
  },
  'invalid-target': {
    status: 400,
    title: 'The requested resource is not known',
    surface: 'oauth',
    oauthError: 'invalid_target',
    causes: [
      {
        cause: 'resource or audience is not the audience of an API that the client may use, or was sent twice.',
        remedy: 'Omit the parameter, or send exactly the audience of one of the APIs of the client; the provider knows them.',
      },
    ],
  },
  'too-many-token-requests': {
    status: 429,
    title: 'Too many token requests',
    surface: 'oauth',
    oauthError: 'too_many_requests',
    causes: [
      {
        cause: 'The address sends more requests per second than the realm allows.',
        remedy: 'Wait for the seconds in "Retry-After". Reuse a token for its whole lifetime instead of requesting one per call.',
      },
      {
        cause: 'The client authenticates by its key more than 100 times a second.',
        remedy: 'Wait for the seconds in "Retry-After". Reuse a token for its whole lifetime instead of requesting one per call.',
      },
    ],
  },
  'authentication-blocked': {
    status: 429,
    title: 'Blocked for a while after failed authentications',
    surface: 'oauth',
    oauthError: 'too_many_requests',
    causes: [
      {
        cause: 'The client has failed to authenticate from this address too often.',
        remedy:
          'Correct the credentials, then wait for the seconds in "Retry-After": until then the right ones are refused, too. Other clients and tokens that were issued are not affected.',
      },
      {
        cause: 'Several clients have failed to authenticate from this address. Only requests with wrong credentials are blocked.',
        remedy: 'Correct the credentials, then wait for the seconds in "Retry-After".',
      },
      {
        cause: 'The server takes a proxy for its clients, because the proxy is not in "trustedProxies".',
        remedy: 'Ask the operator, who sees a warning about it in the log and at /readyz of the operations listener.',
      },
    ],
  },
  'token-request-too-large': {
    status: 413,
    title: 'The token request is too large',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [
      {
        cause: 'The body is larger than the server accepts.',
        remedy: 'A token request needs a few hundred bytes; send only the parameters of the grant.',
      },
    ],
  },
  'token-request-encoded': {
    status: 415,
    title: 'The token request must not be compressed',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [{ cause: 'The request has a Content-Encoding header.', remedy: 'Send the form without compression.' }],
  },
  'token-method-not-allowed': {
    status: 405,
    title: 'This endpoint supports only POST',
    surface: 'oauth',
    oauthError: 'invalid_request',
    causes: [
      {
        cause: 'The URL of the token, introspection or revocation endpoint was called with another method than POST.',
        remedy: 'Send a POST request with the parameters in the body (RFC 6749 section 3.2).',
      },
    ],
  },
  'token-service-unavailable': {
    status: 503,
    title: 'No token can be issued right now',
    surface: 'oauth',
    oauthError: 'temporarily_unavailable',
    causes: [
      {
        cause: 'The server is temporarily unable to issue and record tokens. Your credentials are not the cause.',
        remedy: 'Keep using your current token, wait for the seconds in "Retry-After", then request a new one.',
      },
    ],
  },
  'token-server-error': {
    status: 500,
    title: 'Internal server error',
    surface: 'oauth',
    oauthError: 'server_error',
    causes: [
      {
        cause: 'A defect or an outage of the server.',
        remedy: 'Request a token again later. If the error persists, report the X-Request-Id of the response.',
      },
    ],
  },
} as const satisfies Record<string, ProblemEntry>

export type ProblemCode = keyof typeof problems

/** Whether an untrusted string is the code of a problem in the catalogue. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code)
}

/** The page that explains a problem: `{publicUrl}/problems/{code}`. */
export function problemUri(publicUrl: string, code: ProblemCode): string {
  return `${publicUrl}/problems/${code}`
}

/** A problem document (RFC 9457 §3). `instance` is the request id as a URN; `remedy` is an extension member (§3.2). */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly remedy: string
  readonly instance: string
  readonly errors?: readonly FieldError[]
}

/** One invalid member of a request body; `pointer` is a JSON pointer (RFC 6901). */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

export interface ProblemDetails {
  readonly requestId: string
  /** Explains this occurrence. Must not contain a token or a secret. */
  readonly detail?: string
  readonly remedy?: string
  readonly errors?: readonly FieldError[]
}

export const problemContentType = 'application/problem+json'

/** Builds the body of a failed API call (RFC 9457 §3), media type {@link problemContentType}. */
export function problemDocument(
  publicUrl: string,
  code: ProblemCode,
  { requestId, detail, remedy, errors }: ProblemDetails,
): ProblemDocument {
  const entry: ProblemEntry = problems[code]
  const usual = entry.causes[0]
  return {
    type: problemUri(publicUrl, code),
    title: entry.title,
    status: entry.status,
    detail: detail ?? usual?.cause ?? entry.title,
    remedy: remedy ?? usual?.remedy ?? '',
    instance: `urn:request:${requestId}`,
    ...(errors && { errors }),
  }
}
