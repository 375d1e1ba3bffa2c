// What to do for an API whose guard does not hear of changes: one advice for each API, the worst first.
import type { OperationOutput } from '@countersign/admin'
import { countOf } from '../../shared/count.ts'

export type Guard = OperationOutput<'guards.list'>['items'][number]

export interface Advice {
  readonly key: string
  readonly tone: 'bad' | 'warn'
  /** Undefined for an API without a name. */
  readonly api: string | null
  readonly reporter: string
  readonly seenAt: string
  readonly fact: string
  readonly remedy: string
  readonly command: string | null
}

const faults = {
  'scope-missing': 'Its client lacks the scope decisions:write, so the guard cannot report.',
  'client-disabled': 'Its client is disabled, so the guard learns of no changes.',
  'service-account-off': 'The service account of its client is off, so the guard learns of no changes.',
  'organization-suspended': 'Its client belongs to a suspended organization, so the guard learns of no changes.',
  'client-deleted': 'Its client was deleted, so the guard learns of no changes.',
} as const

export function adviseFor(guards: readonly Guard[]): Advice[] {
  const byApi = Map.groupBy(guards, ({ api, reporter }) => JSON.stringify([api, reporter]))
  const found = [...byApi].flatMap(([key, processes]) => adviseForApi(key, processes) ?? [])
  return found.toSorted((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'))
}

function adviseForApi(key: string, processes: readonly Guard[]): Advice | undefined {
  const [first] = processes
  if (!first) return undefined
  const { api, reporter } = first
  const seenAt = processes.reduce((latest, one) => (one.seenAt > latest ? one.seenAt : latest), first.seenAt)
  const advice = (tone: Advice['tone'], fact: string, remedy: string, command: string | null = null): Advice => {
    return { key, tone, api, reporter, seenAt, fact, remedy, command }
  }
  const count = (state: Guard['state']) => processes.filter((one) => one.state === state).length
  const fault = first.cannotReport
  if (fault)
    return advice(
      count('blocked') > 0 || fault.reason !== 'scope-missing' ? 'bad' : 'warn',
      fault.reason === 'scope-missing' && count('blocked') > 0
        ? 'Its client lacks the scope entitlements:read, so the guard learns of no changes.'
        : faults[fault.reason],
      fault.command === null ? 'Create a client for it, and give its API the new credentials.' : 'This command repairs it:',
      fault.command,
    )
  const isRepaired = processes.some(({ clientChangedSecondsAgo }) => clientChangedSecondsAgo !== null)
  if (count('connected') > 0) return adviseForSome(advice, processes)
  if (isRepaired)
    return advice('warn', 'It learns of no changes yet; its client was changed a moment ago.', 'It asks again within two minutes.')
  if (count('cut-off') > 0)
    return advice(
      'bad',
      'It reports, but learns of no changes: what is revoked stays allowed there for up to 5 minutes, and then it refuses every call.',
      seeWhy(processes),
    )
  if (count('late') > 0)
    return advice(
      'warn',
      'Its report is late: one is due every 30 seconds.',
      'See whether its machine stands still, or lost the way to this server.',
    )
  return advice(
    'warn',
    'It was not seen for more than 90 seconds.',
    'If it was stopped, there is nothing to do. Otherwise see whether it reaches this server.',
  )
}

/** Those beside a process that is well. */
function adviseForSome(advice: (tone: 'warn', fact: string, remedy: string) => Advice, processes: readonly Guard[]): Advice | undefined {
  const cutOff = processes.filter(({ state }) => state === 'cut-off')
  if (cutOff.length === 0) return undefined
  const isOne = cutOff.length === 1
  const seen = processes.filter(({ state }) => state !== 'not-seen').length
  return advice(
    'warn',
    `${countOf(cutOff.length, 'process', 'processes')} of ${seen} learn${isOne ? 's' : ''} of no changes: what is revoked stays allowed there for up to 5 minutes.`,
    `Restart ${isOne ? 'it' : 'them'}. If it stays so: ${seeWhy(processes)}`,
  )
}

/** A guard that pulls has no stream, which a proxy could hold back. */
function seeWhy(processes: readonly Guard[]): string {
  const cutOff = processes.filter(({ state }) => state === 'cut-off')
  return cutOff.every(({ mode }) => mode === 'pull')
    ? 'See its log, which says what this server answered when it asked for changes.'
    : 'See its log, and let proxies pass its stream ("proxy_buffering off" in nginx).'
}

/** "0.4 s", "12 min": how old what it knew was when it reported; a dash for one that knew nothing. */
export function describeLag(seconds: number | null): string {
  if (seconds === null) return '–'
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`
  return seconds < 3600
    ? seconds < 120
      ? `${Math.round(seconds)} s`
      : `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`
}
