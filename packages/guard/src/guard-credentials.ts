// The credentials of a guard at an issuer, for its own tokens.
import type { ClientCredentialOptions, TokenProviderOptions } from '@countersign/client'
import { kindOf } from '@countersign/protocol'

/**
 * A client with the scope `entitlements:read`, with what the client library takes: the secret is a value, `[newer, older]` during a
 * rotation, or a function that returns either, such as one that reads a file or a vault. It is called before each token request, so a
 * rotated secret needs neither a restart nor a deployment. Or `clientAuth: privateKeyJwt({ … })` of the client library in place of a secret;
 * the issuer is its audience.
 */
export type GuardCredentials = ClientCredentialOptions & {
  /** Default: from the issuer's metadata. */
  readonly tokenUrl?: string
}

/** @param at the place of the issuer in the options, for messages */
export function readCredentials(at: string, credentials: GuardCredentials, issuer: string): TokenProviderOptions {
  if (typeof credentials !== 'object' || credentials === null)
    throw new TypeError(
      `"${at}credentials" must be an object with "clientId" and "clientSecret" or "clientAuth"; found ${kindOf(credentials)}`,
    )
  const { tokenUrl, clientId, clientSecret, clientAuthentication, onSecretProven, clientAuth } = credentials
  return {
    ...(tokenUrl === undefined ? { issuer } : { tokenUrl }),
    clientId,
    clientSecret,
    clientAuthentication,
    onSecretProven,
    ...(clientAuth !== undefined && { clientAuth: { ...clientAuth, audience: clientAuth.audience ?? issuer } }),
  } as TokenProviderOptions
}
