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
      'List the guards that report, and say which API does not hear of changes: no process of it was seen for 90 seconds, or none is connected. A report is due every 30 seconds: a process without one for 35 seconds is "late". "cut-off" reports, but does not hear of changes. "blocked" cannot ask any more, because its client gets no tokens for it; the command that repairs it is named. BEHIND is the number of changes since the last report, and empty for a connected process, which hears of them between its reports. Processes that were not seen for 7 days are left out',
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

export function formatProcesses(items: readonly Process[]): string {
  const columns: Readonly<Record<string, (item: Process) => string>> = {
    API: ({ api }) => api ?? '(not named)',
    CLIENT: ({ reporter }) => reporter,
    PROCESS: ({ guard }) => guard,
    STATE: ({ state }) => state,
    VERSION: ({ version }) => version ?? '',
    SEEN: ({ seenAt }) => seenAt,
    'KNOWN AS OF': ({ knownAsOf }) => knownAsOf ?? 'nothing yet',
    BEHIND: ({ revisionsBehind }) => (revisionsBehind === null ? '' : String(revisionsBehind)),
    ROUTES: ({ routes }) => String(routes),
    'REPORT-ONLY': ({ reportOnlyUntil, reportOnlyRoutes }) => {
      if (reportOnlyUntil !== null) return `until ${reportOnlyUntil}`
      return reportOnlyRoutes === 0 ? '' : `${reportOnlyRoutes} routes`
    },
    'REFUSED 1 H': ({ refusedLastHour }) => (refusedLastHour === 0 ? '' : String(refusedLastHour)),
    LOST: ({ lost: { refusals, counts } }) => (refusals + counts === 0 ? '' : `${refusals} refusals, ${counts} counts`),
  }
  return formatTable(
    Object.keys(columns),
    inOrder(items).map((item) => Object.values(columns).map((cell) => cell(item))),
    { shorten: ['LOST', 'VERSION', 'REFUSED 1 H', 'REPORT-ONLY', 'ROUTES', 'KNOWN AS OF', 'BEHIND'] },
  )
}

const worstFirst = ['blocked', 'cut-off', 'not-seen', 'late', 'connected'] satisfies Process['state'][]

/** The processes of an API together, and the APIs that do not hear us first. */
function inOrder(items: readonly Process[]): Process[] {
  return byApi(items).flatMap(([, processes]) =>
    processes.toSorted((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state) || compare(a.guard, b.guard)),
  )
}

/** A sentence for each API; those that do not hear us first. */
export function describeApis(items: readonly Process[]): string[] {
  return byApi(items).map(([name, processes]) => describeApi(name, processes))
}

function byApi(items: readonly Process[]): [name: string, processes: Process[]][] {
  const apis = [...Map.groupBy(items, ({ api, reporter }) => (api === null ? `The API of ${reporter}` : `${api} (${reporter})`))]
  return apis.toSorted(([a, ofA], [b, ofB]) => Number(hearsOfChanges(ofA)) - Number(hearsOfChanges(ofB)) || compare(a, b))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
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
  if (fault) return describeFault(name, fault, processes, last ?? '')
  const changed = processes.find(({ clientChangedSecondsAgo }) => clientChangedSecondsAgo !== null)?.clientChangedSecondsAgo ?? null
  if (connected === 0 && changed !== null)
    return `${name} does not hear of changes yet: its client or organization was changed ${changed} s ago. If that was the repair, its guard asks again within a minute or two; run this command again then.`
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

function describeFault(
  name: string,
  { reason, command }: NonNullable<Process['cannotReport']>,
  processes: readonly Process[],
  last: string,
): string {
  const repair = command === null ? '.' : `: ${command}`
  if (reason === 'scope-missing' && processes.some(({ state }) => state === 'blocked'))
    return `${name} does not hear of changes, and was last seen at ${last}: its client lacks entitlements:read${repair}`
  return `${name} cannot report, and was last seen at ${last}: its client ${faults[reason]}${repair}`
}

function processesOf(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`
}
