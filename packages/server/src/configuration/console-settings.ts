// The settings of the console, and where it may be: never by accident at an address that others than operators reach.
import { isLoopbackHost } from '@countersign/protocol'
import { z } from 'zod'
import { duration } from '../units.ts'
import { isLoopback, parseListen } from './listening.ts'
import { originUrl } from './origin-url.ts'
import { findSignInFaults, signInSchema } from './sign-in-settings.ts'

/** @param sensitive what "sensitive" is */
export function sessionSchema(sensitive: string) {
  return z
    .strictObject({
      idle: duration({ atLeast: 60, atMost: 86_400 })
        .default(30 * 60)
        .describe('Time without a click or a key after which a session ends (30m by default).'),
      longest: duration({ atLeast: 300, atMost: 7 * 86_400 })
        .default(10 * 3600)
        .describe('Longest time for which a session lasts (10h by default).'),
      sensitive: duration({ atLeast: 60, atMost: 86_400 })
        .default(15 * 60)
        .describe(sensitive),
    })
    .prefault({})
    .describe('Lifetime of sessions. They are in the store, so all servers need the same values.')
}

export const consoleSchema = z.strictObject({
  publicUrl: originUrl('https://console.internal.example')
    .optional()
    .describe(
      'URL at which operators open the console; it answers at this host only. Required unless the server listens on a loopback address and no proxy is in front.',
    ),
  signIn: signInSchema,
  session: sessionSchema(
    'Time after a sign-in in which a step is allowed that deletes, forces, gives a secret or makes an operator (15m by default).',
  ),
})

export type ConsoleSettings = z.output<typeof consoleSchema>

interface Settings {
  readonly listen: string
  readonly publicUrl: string
  readonly tls?: unknown
  readonly behindTlsProxy: boolean
  readonly console?: ConsoleSettings | undefined
}

/** By name. */
type Realms = Readonly<Record<string, unknown>>

interface ConsoleFault {
  readonly setting: readonly ['console', ...string[]]
  /** Worded for a configuration message ("expected …"). */
  readonly expected: string
}

export function findConsoleFaults({ listen, tls, behindTlsProxy, console: settings }: Settings, realms: Realms): ConsoleFault[] {
  if (!settings) return []
  const { publicUrl, signIn, session } = settings
  const faults: ConsoleFault[] = findSignInFaults(signIn, Object.keys(realms)).map(({ setting, expected }) => ({
    setting: ['console', 'signIn', ...setting],
    expected,
  }))
  const setting = ['console', 'publicUrl'] as const
  const isEncrypted = tls !== undefined || behindTlsProxy
  if (publicUrl === undefined) {
    if (isEncrypted || !isLoopback(parseListen(listen).host))
      faults.push({
        setting: ['console', 'publicUrl'],
        expected:
          'the URL at which operators open the console, such as "https://console.internal.example", because others than operators reach this server. The console answers at this host only',
      })
  } else if (URL.canParse(publicUrl))
    faults.push(...pageUrlFaults(new URL(publicUrl), isEncrypted).map((expected) => ({ setting, expected })))
  if (session.idle > session.longest)
    faults.push({ setting: ['console', 'session', 'idle'], expected: 'a duration that is not longer than "longest"' })
  return faults
}

/** What is expected of the URL of pages, in place of this one. */
export function pageUrlFaults({ protocol, hostname }: URL, isEncrypted: boolean): string[] {
  if (protocol === 'https:' && !isEncrypted)
    return ['an http URL, because TLS is not configured. Set "tls", or "behindTlsProxy: true" if a proxy in front terminates TLS']
  if (protocol === 'http:' && !isLoopbackHost(hostname))
    return ['an https URL, because the cookie of a session would cross the network in clear']
  return []
}
