// The guard of the gateway, as the configuration describes it.
import { createGuard, createRemoteGuard, type RemoteGuard, type RemoteGuardOptions } from '@countersign/guard'
import { GatewayConfigurationError, type GatewayConfiguration } from './configuration.ts'
import { readPrivateFile } from '@countersign/guard/private-file'
import type { Route } from './route-table.ts'

export interface GuardSeams {
  readonly fetch?: RemoteGuardOptions['fetch']
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  readonly onError: (error: Error) => void
}

/** Asks nothing yet. @throws GatewayConfigurationError for a secret that cannot be read, and for what the guard refuses */
export function openGuard(configuration: GatewayConfiguration, { fetch, clock, onError }: GuardSeams): RemoteGuard {
  const { issuer, realm, tokenProfile, audience, algorithms, publicUrl, credentials, api } = configuration
  const { clockSkewSeconds, issuedAheadSeconds } = configuration
  readSecret(credentials.clientSecret) // The first request would find a wrong path only later.
  try {
    return createRemoteGuard({
      issuer,
      realm,
      tokenProfile,
      credentials: { clientId: credentials.clientId, clientSecret: () => readSecret(credentials.clientSecret) },
      clockSkewSeconds,
      issuedAheadSeconds,
      reports: api === undefined ? true : { api },
      onError,
      ...(audience !== undefined && { audience }),
      ...(algorithms !== undefined && { algorithms }),
      ...(publicUrl !== undefined && { publicUrl }),
      ...(fetch !== undefined && { fetch }),
      ...(clock !== undefined && { clock }),
    })
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new GatewayConfigurationError(`The guard cannot be created: ${cause.message}`, { cause })
  }
}

/** One secret, or during a rotation two: one a line, the newer first. */
function readSecret(location: string): string | readonly [newer: string, older: string] {
  const [newer, older] = textAt(location).split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
  if (newer === undefined) throw new GatewayConfigurationError(`credentials.clientSecret: "${location}" is empty`)
  return older === undefined ? newer : [newer, older]
}

function textAt(location: string): string {
  const [, kind, place = ''] = /^(file|env):(.+)$/s.exec(location) ?? []
  if (kind === 'env') return process.env[place] ?? ''
  try {
    return readPrivateFile(place)
  } catch (cause) {
    throw new GatewayConfigurationError(`credentials.clientSecret: ${(cause as Error).message}`, { cause })
  }
}

/**
 * What only a guard knows, such as how far away the end of "reportOnly" may be, asked of one that reports nothing: the routes of a
 * configuration that turns out to be invalid are not in force. @throws GatewayConfigurationError
 */
export function checkRoutes({ issuer, realm, routes }: GatewayConfiguration, clock: () => number): void {
  const nothing = { find: () => undefined }
  const sources = { keys: nothing, entitlements: nothing }
  const guard = createGuard({ issuer, realm, publicUrl: issuer, tokenProfile: 'rfc9068', audience: realm, ...sources, clock })
  routes.forEach(({ template, requires }, at) => {
    if (!requires) return
    try {
      guard.checkRequirement(requires, template.paramNames)
    } catch (cause) {
      throw new GatewayConfigurationError(`routes.${at}.requires ("${template.text}"): ${(cause as Error).message}`, { cause })
    }
  })
}

/** Tells the guard its routes, which it reports to the server. */
export function registerRoutes(guard: RemoteGuard, routes: readonly Route[]): void {
  for (const { template, methods, requires } of routes) {
    if (!requires) continue
    for (const method of methods) guard.checkRequirement(requires, template.paramNames, { method, route: template.text })
  }
}
