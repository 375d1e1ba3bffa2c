// The authentication methods of clients in the metadata of a realm (RFC 8414 §2), from the one table of methods.
import type { ClientAuthenticationMethod } from '@countersign/protocol'
import { acceptsMethod, type MethodRules } from '../realms/accepted-methods.ts'

const endpoints = ['token', 'introspection', 'revocation'] as const

type Metadata = Readonly<Record<string, readonly string[]>>

export function describeClientAuthentication(
  methods: Readonly<Record<string, ClientAuthenticationMethod>>,
  realm: MethodRules = {},
): Metadata {
  const accepted = Object.entries(methods).filter(([name]) => acceptsMethod(realm, name))
  const names = accepted.map(([name]) => name)
  const algorithms = [...new Set(accepted.flatMap(([, { signingAlgorithms = [] }]) => signingAlgorithms))]
  const supported = endpoints.map((endpoint) => [`${endpoint}_endpoint_auth_methods_supported`, names] as const)
  const signed = endpoints.map((endpoint) => [`${endpoint}_endpoint_auth_signing_alg_values_supported`, algorithms] as const)
  return Object.fromEntries(algorithms.length > 0 ? [...supported, ...signed] : supported) // RFC 8414 §3.2: no empty members.
}
