// The settings of the portal, and where it may be: at an address that the cookie of a session reaches encrypted.
import { isLoopbackHost } from '@countersign/protocol'
import { z } from 'zod'
import { sessionSchema, pageUrlFaults } from './console-settings.ts'
import { originUrl } from './origin-url.ts'

export const portalSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'If true, there is a portal at /portal, where the clients of all realms sign in by their secrets, and people that were invited by passkeys.',
    ),
  publicUrl: originUrl('https://partners.example')
    .optional()
    .describe(
      'URL at which integrators open the portal; it answers at this host only. By default it is at the URL of the server. Passkeys belong to its host, which must have a name, and do not work at another one.',
    ),
  session: sessionSchema('Time after a sign-in in which a secret can be replaced (15m by default).'),
})

export type PortalSettings = z.output<typeof portalSchema>

interface Settings {
  readonly publicUrl: string
  readonly tls?: unknown
  readonly behindTlsProxy: boolean
  readonly portal: PortalSettings
}

interface PortalFault {
  readonly setting: readonly ['portal', ...string[]]
  /** Worded for a configuration message ("expected …"). */
  readonly expected: string
}

export function findPortalFaults({ publicUrl: ofServer, tls, behindTlsProxy, portal }: Settings): PortalFault[] {
  const { enabled, publicUrl, session } = portal
  if (!enabled) return []
  const faults: PortalFault[] = []
  if (publicUrl === undefined) {
    const isOpen = URL.canParse(ofServer) && ofServer.startsWith('http:') && !isLoopbackHost(new URL(ofServer).hostname)
    if (isOpen)
      faults.push({
        setting: ['portal', 'publicUrl'],
        expected: 'an https URL, because the cookie of a session would cross the network in clear',
      })
  } else if (URL.canParse(publicUrl)) {
    const isEncrypted = tls !== undefined || behindTlsProxy
    const setting = ['portal', 'publicUrl'] as const
    faults.push(...pageUrlFaults(new URL(publicUrl), isEncrypted).map((expected) => ({ setting, expected })))
  }
  if (session.idle > session.longest)
    faults.push({ setting: ['portal', 'session', 'idle'], expected: 'a duration that is not longer than "longest"' })
  return faults
}
