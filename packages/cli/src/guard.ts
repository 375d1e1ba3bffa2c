// countersign guard: the guards of APIs that report to the server, and which API does not hear of changes.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addOperation, type RealmOptions } from './operator-command.ts'
import { formatTable } from './output.ts'

type Process = OperationOutput<'guards.list'>['items'][number]

/** One page has that of nearly every realm. */
const shown = 200

export function guardCommand(): Command {
  const command = new Command('guard')
    .description('List the guards of APIs that report to the server')
    .addHelpText('after', '\nExample:\n  countersign guard list --realm nt24-idp')

  addOperation(command, {
    usage: 'list',
    description:
      'List the guards that report, and say which API does not hear of changes: no process of it was seen for 90 seconds, or none is connected. A report is due every 30 seconds: a process without one for 35 seconds is "late". If the client of a guard cannot report, the command that repairs it is named. BEHIND is the number of changes since the last report, and empty for a connected process, which hears of them between its reports. Processes that were not seen for 7 days are left out',
    operation: 'guards.list',
    example: 'guard list --realm nt24-idp',
    input: ({ realm }: RealmOptions) => ({ params: { realm }, query: { limit: shown } }),
    text: ({ items, next }, { realm }) => {
      if (items.length === 0) return describeNone(realm)
      const more = next === null ? [] : [`Only the ${shown} processes that were seen last are shown.`]
      return [formatProcesses(items), '', ...describeApis(items), ...more].join('\n')
    },
  })
  return command
}

function describeNone(realm: string): string {
  return `None. No guard has reported to the realm "${realm}" in the last 7 days.
A guard reports if its client has the scope: countersign client update CLIENT --realm ${realm} --scope "entitlements:read decisions:write".`
}

function formatProcesses(items: readonly Process[]): string {
  const columns: Readonly<Record<string, (item: Process) => string>> = {
    API: ({ api }) => api ?? '',
    CLIENT: ({ reporter }) => reporter,
    PROCESS: ({ guard }) => guard,
    STATE: ({ state }) => state,
    SEEN: ({ seenAt }) => seenAt,
    'KNOWN AS OF': ({ knownAsOf }) => knownAsOf ?? 'nothing yet',
    BEHIND: ({ revisionsBehind }) => (revisionsBehind === null ? '' : String(revisionsBehind)),
    ROUTES: ({ routes }) => String(routes),
    'REPORT-ONLY': ({ reportOnlyUntil, reportOnlyRoutes }) => {
      if (reportOnlyUntil !== null) return `until ${reportOnlyUntil}`
      return reportOnlyRoutes === 0 ? '' : `${reportOnlyRoutes} routes`
    },
    LOST: ({ lost: { refusals, counts } }) => (refusals + counts === 0 ? '' : `${refusals} refusals, ${counts} counts`),
  }
  return formatTable(
    Object.keys(columns),
    items.map((item) => Object.values(columns).map((cell) => cell(item))),
    { shorten: ['LOST', 'REPORT-ONLY', 'ROUTES', 'KNOWN AS OF', 'BEHIND'] },
  )
}

/** A sentence for each API; those that do not hear us first. */
export function describeApis(items: readonly Process[]): string[] {
  const apis = [...Map.groupBy(items, ({ api, reporter }) => (api === null ? `The API of ${reporter}` : `${api} (${reporter})`))]
  return apis
    .map(([name, processes]) => ({ hears: hearsOfChanges(processes), line: describeApi(name, processes) }))
    .toSorted((a, b) => Number(a.hears) - Number(b.hears))
    .map(({ line }) => line)
}

function hearsOfChanges(processes: readonly Process[]): boolean {
  return processes.some(({ state, cannotReport }) => state === 'connected' && cannotReport === null)
}

function describeApi(name: string, processes: readonly Process[]): string {
  const count = (wanted: Process['state']) => processes.filter(({ state }) => state === wanted).length
  const [connected, late, cutOff, notSeen] = [count('connected'), count('late'), count('cut-off'), count('not-seen')]
  // One client, so the same for all processes.
  const fault = processes.find(({ cannotReport }) => cannotReport !== null)?.cannotReport
  const last = processes
    .map(({ seenAt }) => seenAt)
    .toSorted()
    .at(-1)
  if (fault) return describeFault(name, fault, last ?? '')
  if (connected === 0 && cutOff > 0)
    return `${name} does not hear of changes: ${processesOf(cutOff)} reported, cut off from what changes. Check its log, and that proxies let its stream through.`
  if (connected === 0 && late > 0)
    return `${name} may not hear of changes: it was last heard ${lastHeard(processes)} s ago; a report is due every 30 s. It was stopped, is frozen, or cannot reach this server.`
  if (connected === 0) return `${name} does not hear of changes: it was last seen at ${last}. It was stopped, or cannot reach this server.`
  const rest = [
    ...(late === 0 ? [] : [`${processesOf(late)} late`]),
    ...(cutOff === 0 ? [] : [`${processesOf(cutOff)} cut off`]),
    ...(notSeen === 0 ? [] : [`${processesOf(notSeen)} not seen for 90 s`]),
  ]
  return `${name} hears of changes: ${processesOf(connected)} connected${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.`
}

function lastHeard(processes: readonly Process[]): number {
  return Math.min(...processes.map(({ seenSecondsAgo }) => seenSecondsAgo))
}

const faults = {
  'scope-missing': 'lacks decisions:write, so it is not known whether the API hears of changes',
  'client-disabled': 'is disabled, so the API does not hear of changes',
  'service-account-off': 'may get no tokens (its service account is off), so the API does not hear of changes',
  'organization-suspended': 'belongs to a suspended organization, so the API does not hear of changes',
  'client-deleted': 'was deleted, so the API does not hear of changes. Create a client for it',
} as const satisfies Record<NonNullable<Process['cannotReport']>['reason'], string>

function describeFault(name: string, { reason, command }: NonNullable<Process['cannotReport']>, last: string): string {
  return `${name} cannot report, and was last seen at ${last}: its client ${faults[reason]}${command === null ? '.' : `: ${command}`}`
}

function processesOf(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`
}
