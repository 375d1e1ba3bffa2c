// The request to every server under test and the content of its tokens: one client of one realm in the Keycloak profile. The tokens of
// oidc-provider have no scope.

export const publicUrl = 'https://auth.example.com'
export const consoleUrl = 'https://console.example.com'
export const realmName = 'bench'
export const issuer = `${publicUrl}/realms/${realmName}`
export const tokenPath = `/realms/${realmName}/protocol/openid-connect/token`
export const audience = 'nt24-integration-api'
export const clientId = 'api-client-acme'
export const scopes = ['profile', 'email']
export const lifetimeSeconds = 300

export const algorithms = ['ES256', 'RS256'] as const
export type Algorithm = (typeof algorithms)[number]

export function isAlgorithm(name: unknown): name is Algorithm {
  return (algorithms as readonly unknown[]).includes(name)
}
