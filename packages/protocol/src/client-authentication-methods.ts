// The one table of client authentication methods (RFC 6749 §2.3), by their names in the IANA registry "OAuth Token Endpoint
// Authentication Methods" (RFC 7591 §2, §4.2). Discovery, the admin API, the command and authentication follow it. "none" is not in
// it, so no code path can let a client in without credentials.

import { signingAlgorithms } from './signing-algorithms.ts'

export interface ClientAuthenticationMethod {
  /** Where a request has the credentials: the Authorization header (RFC 6749 §2.3.1), or members of the form. */
  readonly credentialsIn: 'header' | 'body'
  /** The kind of credential of the client that the request proves it has. */
  readonly credentialKind: 'client_secret' | 'public_key'
  /** What it may be signed with, for the metadata of a realm (RFC 8414 §2); absent for a method without a signature. */
  readonly signingAlgorithms?: readonly string[]
  /** One clause for the reference of the admin API. */
  readonly description: string
}

export const clientAuthenticationMethods = {
  client_secret_basic: {
    credentialsIn: 'header',
    credentialKind: 'client_secret',
    description: 'sends the secret in the Authorization header',
  },
  client_secret_post: {
    credentialsIn: 'body',
    credentialKind: 'client_secret',
    description: 'sends it in the body',
  },
  private_key_jwt: {
    credentialsIn: 'body',
    credentialKind: 'public_key',
    signingAlgorithms: Object.keys(signingAlgorithms),
    description: 'sends a JWT signed with a private key of the client (RFC 7523 section 2.2)',
  },
} as const satisfies Record<string, ClientAuthenticationMethod>

export type ClientAuthenticationMethodName = keyof typeof clientAuthenticationMethods

/** What a stored credential can be. */
export type CredentialKind = ClientAuthenticationMethod['credentialKind']

export const clientAuthenticationMethodNames = Object.freeze(Object.keys(clientAuthenticationMethods) as ClientAuthenticationMethodName[])

/** What a credential is whose material is a public key, or the place where public keys are fetched. */
export const publicKeyKind = 'public_key' satisfies CredentialKind

/** By which a client presents a secret, in this order: the default of a client with a secret. A key is never a default. */
export const secretMethodNames = namesOf('client_secret')

/** By which a client proves that it has a private key. */
export const keyMethodName = namesOf(publicKeyKind)[0]!

function namesOf(kind: CredentialKind): readonly ClientAuthenticationMethodName[] {
  return Object.freeze(clientAuthenticationMethodNames.filter((name) => clientAuthenticationMethods[name].credentialKind === kind))
}

/** The method by which a secret is presented in a place of a request. */
export const secretMethods = {
  header: methodOf('header'),
  body: methodOf('body'),
} as const

function methodOf(place: ClientAuthenticationMethod['credentialsIn']): ClientAuthenticationMethodName {
  return clientAuthenticationMethodNames.find((name) => {
    const { credentialsIn, credentialKind } = clientAuthenticationMethods[name]
    return credentialsIn === place && credentialKind === 'client_secret'
  })!
}
