import type { GuardFigures } from './measure-guard.ts'

const titles = {
  guardRemembered: 'guard, remembered token',
  guardOfThreeIssuersRemembered: 'guard of three issuers, remembered tokens of each in turn',
  remoteWithoutReports: 'remote guard without reports, remembered token',
  remoteWithReports: 'remote guard with reports, remembered token',
  refusedWithoutReports: 'remote guard without reports, request refused',
  refusedWithReports: 'remote guard with reports, request refused',
  fastJwtRemembered: 'fast-jwt with cache, remembered token (token only)',
  guardNew: 'guard, new token',
  joseNew: 'jose, new token (token only)',
  fastJwtNew: 'fast-jwt, new token (token only)',
  signatureAlone: 'node:crypto, the signature alone',
} as const

/** For `console.table`. */
export function guardTable({ microseconds, cpuMicroseconds }: GuardFigures): Record<string, Readonly<Record<string, string>>> {
  const rows = Object.entries(titles).map(([name, title]) => {
    const contestant = name as keyof typeof titles
    return [title, { µs: microseconds[contestant].toFixed(2), 'CPU µs': cpuMicroseconds[contestant].toFixed(2) }] as const
  })
  return Object.fromEntries(rows)
}
