// The configuration of this server in measurements: one realm in the Keycloak profile.
import { audience, consoleUrl, lifetimeSeconds, publicUrl, realmName, scopes, tokenPath, type Algorithm } from './scenario.ts'

export interface CountersignSettings {
  readonly port: number
  readonly store: string
  readonly algorithm: Algorithm
  readonly logLevel: 'info' | 'error'
  readonly hasConsole?: boolean
}

/** YAML, for a folder that has the files `pepper` and `key-encryption-key`. */
export function countersignConfiguration({ port, store, algorithm, logLevel, hasConsole }: CountersignSettings): string {
  return `
listen: 127.0.0.1:${port}
publicUrl: ${publicUrl}
behindTlsProxy: true
store: ${store}
secretPepper: file:pepper
keyEncryptionKey: file:key-encryption-key
logLevel: ${logLevel}
${hasConsole ? `console: { publicUrl: '${consoleUrl}' }` : ''}
realms:
  ${realmName}:
    issuer: /realms/${realmName}
    tokenEndpoint: ${tokenPath}
    tokenProfile: keycloak
    signingAlgorithm: ${algorithm}
    accessTokenLifetime: ${lifetimeSeconds}s
    audience: ${audience}
    scopes: [${scopes.join(', ')}]
    defaultScopes: [${scopes.join(', ')}]
`
}
