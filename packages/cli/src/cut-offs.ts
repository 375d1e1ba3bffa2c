// countersign organization due, and what a suspension would stop.
import type { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addList, describeNextPage } from './operator-command.ts'
import { formatFacts, formatTable } from './output.ts'

type CutOff = OperationOutput<'organizations.due'>['items'][number]
type Impact = OperationOutput<'organizations.impact'>
type UsedFrom = CutOff['usedFrom']

export function addDue(organization: Command): void {
  addList(organization, {
    usage: 'due',
    operation: 'organizations.due',
    description:
      'List what will cut off clients and organizations of a realm, soonest first: secrets and keys that expire without another one in use, rotations that end while the old secret is in use, agreements that become required. Each with the command that helps',
    example: 'organization due --realm nt24-idp',
    input: ({ realm }) => ({ params: { realm } }),
    none: ({ realm }) =>
      `None: no secret, key or agreement of "${realm}" that has an end will cut off a client; suspended organizations are left out, and what is refused already.\nNext: "countersign secret due --realm ${realm}" lists the secrets that are old.`,
    text: ({ items, next }) => [...items.map(describeCutOff), ...describeNextPage(next)].join('\n\n'),
  })
}

export function describeCutOff({ at, reason, organization, client, evidence, usedFrom, command }: CutOff): string {
  const who = client === null ? organization : `${client} (${organization})`
  return [`${at}  ${reason}  ${who}`, evidence, ...usedFrom.map((one) => `Used from ${describeUsedFrom(one)}`), command].join('\n  ')
}

/** The name that it gave itself. The server writes "(none)" for a request without the header. */
export function programOf({ userAgent }: Pick<UsedFrom[number], 'userAgent'>): string {
  return userAgent === null ? 'other programs' : userAgent === '(none)' ? 'no User-Agent' : userAgent
}

function describeUsedFrom({ address, lastAt, count, ...used }: UsedFrom[number]): string {
  return `${address ?? 'other addresses'} by ${programOf(used)}, ${count === 1 ? '1 time' : `${count} times`}, last at ${lastAt}`
}

export function describeImpact(impact: Impact): string {
  const { organization, since, tokens, calls, routes, lastUsedAt, clients, clientsTotal, usedFrom, partners } = impact
  const recent = (one: Impact['tokens']) => `${one.lastHour} since ${since.lastHour}, ${one.lastDay} since ${since.lastDay}, by whole hours`
  const [hour, day] = [since.lastHour, since.lastDay].map((at) => `SINCE ${at.replace(/:\d\d\.\d+Z$/, 'Z')}`) as [string, string]
  const facts = formatFacts([
    ['organization', `${organization.name} (${organization.slug}), ${organization.status}`],
    ['clients', String(clientsTotal)],
    ['tokens issued', recent(tokens)],
    ['calls allowed', `${recent(calls)}; guards report them up to 30 s later`],
    ['last used', lastUsedAt ?? 'never'],
    ['tokens valid', describeTokens(impact)],
    ['partners', `acts for ${partners.total}${partners.total === 0 ? '' : `: ${partners.list.map(({ name }) => name).join(', ')}`}`],
  ])
  const parts = [
    describeGuards(impact),
    facts,
    table(
      ['CLIENT', `TOKENS ${day}`, 'CALLS', 'LAST USED'],
      clients.map((one) => [
        `${one.client}${one.enabled ? '' : ' (disabled)'}`,
        String(one.tokens.lastDay),
        String(one.calls.lastDay),
        one.lastUsedAt ?? 'never',
      ]),
    ),
    table(
      ['ROUTE', `CALLS ${hour}`, day],
      routes.map((one) => [one.route, String(one.lastHour), String(one.lastDay)]),
    ),
    table(
      ['ADDRESS', 'PROGRAM', 'LAST', 'COUNT'],
      usedFrom.map((one) => [one.address ?? 'other addresses', programOf(one), one.lastAt, String(one.count)]),
    ),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function describeTokens({ organization: { status }, tokensEndAt }: Impact): string {
  if (tokensEndAt === null) return 'none'
  if (status === 'suspended') return `none: guards reject them; resumed, those from before would be good again until ${tokensEndAt}`
  return `until ${tokensEndAt}; guards would reject them at once`
}

/** An organization whose calls are few may be the one that all others need. */
function describeGuards({ organization: { slug, status }, guards }: Impact): string {
  if (guards.length === 0) return ''
  const isSuspended = status === 'suspended'
  const effect = isSuspended
    ? 'While it is suspended, these APIs hear of no changes and let pass what they knew. They answer 503 to every caller'
    : 'Suspended, these APIs hear of no changes any more and let pass what they knew. Then they answer 503 to every caller'
  const lines = guards.map(({ client, api, processes, lastSeenAt }) => {
    const reported = lastSeenAt === null ? 'no report' : `processes: ${processes}, last report ${lastSeenAt}`
    return `  ${api ?? '(not named)'} (${client}), ${reported}`
  })
  return [
    `CAREFUL: clients of "${slug}" are guards of APIs. ${effect}, 300 s after their last answer by default ("staleIfErrorSeconds" of the guard):`,
    ...lines,
  ].join('\n')
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : formatTable(headings, rows)
}
