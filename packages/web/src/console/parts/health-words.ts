// Facts of the health of the server in words.
import type { OperationOutput } from '@countersign/admin'
import { countOf, number } from '../../shared/count.ts'

export type Health = OperationOutput<'health.get'>
export type HealthyNode = Health['nodes'][number]
export type HealthWarning = Health['warnings'][number]

const names: Readonly<Record<string, string>> = {
  audit: 'Audit log',
  'audit-anchor': 'Anchor of the audit log',
  'audit-cut': 'Audit log was cut',
  'audit-retention': 'Retention of the audit log',
  'audit-seal': 'Seals of the audit log',
  'audit-spool': 'Audit spool',
  'audit-spool-files': 'Audit spool',
  clock: 'Clock',
  cuts: 'Cuts in the future',
  'damaged-rows': 'Damaged row',
  'event-loop': 'Too little CPU',
  'key-rings': 'Key ring',
  log: 'Log',
  'node-of-other-version': 'Other version',
  'node-silent': 'Silent node',
  proxies: 'Proxy',
  'signing-key-reserve': 'Signing keys',
  'signing-keys': 'Signing keys',
  stopping: 'Stopping',
  store: 'Database',
}

export function nameOfCheck(kind: string): string {
  return names[kind] ?? kind
}

/** A chip for a node, the worst that is known of it. */
export function stateOfNode(
  { ready }: Pick<HealthyNode, 'ready'>,
  warnings: number,
): readonly [tone: 'ok' | 'warn' | 'bad' | 'off', word: string] {
  if (ready === null) return ['off', 'silent']
  if (!ready) return ['bad', 'gets no requests']
  return warnings > 0 ? ['warn', countOf(warnings, 'warning')] : ['ok', 'ready']
}

/** A chip for a key that signs. What to do about one without a reserve is on the page of the keys of its realm. */
export function stateOfKey({
  overdue,
  reserves,
}: Pick<Health['signingKeys'][number], 'overdue' | 'reserves'>): readonly [tone: 'ok' | 'warn', word: string] {
  if (overdue) return ['warn', 'overdue']
  return reserves === 0 ? ['warn', 'no reserve'] : ['ok', 'signs']
}

/** By how much the clock of the node is wrong, from what the database's says. */
export function describeClock(aheadSeconds: number | null): string {
  if (aheadSeconds === null) return '–'
  if (Math.abs(aheadSeconds) < 0.0005) return 'exact'
  const size = Math.abs(aheadSeconds)
  const shown = size < 10 ? `${size.toFixed(size < 1 ? 3 : 1)} s` : `${Math.round(size)} s`
  return aheadSeconds > 0 ? `${shown} behind` : `${shown} ahead`
}

export function describeLag(seconds: number | null): string {
  return seconds === null ? '–' : `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s ago`
}

/** Audit events that are not in the store yet, and where they are. */
export function describeAudit({ audit }: Pick<HealthyNode, 'audit'>): string {
  if (!audit) return '–'
  const { waiting, spool } = audit
  const spooled = spool?.events ?? 0
  const damaged = spool && spool.damagedFiles > 0 ? `, ${countOf(spool.damagedFiles, 'damaged file')}` : ''
  if (spooled > 0) return `${countOf(spooled, 'event waits', 'events wait')} in the spool, ${describeBytes(spool!.bytes)}${damaged}`
  return `${waiting === 0 ? 'all stored' : `${number(waiting)} on their way`}${damaged}`
}

export function describeBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  const size = bytes / 1000 ** power
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[power - 1]}`
}
