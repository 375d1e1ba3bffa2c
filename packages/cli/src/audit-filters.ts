// The filters of "audit search", "audit changes" and "audit export".
import { isLowerCaseUuid } from '@countersign/protocol'
import type { Command } from 'commander'
import { openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError } from './output.ts'
import { given, parseInstant, parseSince } from './values.ts'

export type Filters = SessionOptions & {
  readonly realm?: string
  readonly organization?: string
  readonly client?: string
  readonly by?: string
  readonly actor?: string
  readonly request?: string
  readonly kind?: readonly string[]
  readonly changes?: boolean
  readonly outcome?: 'success' | 'refused'
  readonly reason?: string
  readonly since?: string
  readonly from?: string
  readonly to?: string
}

export function withFilters(command: Command): Command {
  return withFiltersOfChanges(command).option('--changes', 'changes only: no issued tokens and no denied requests')
}

/** For a command that finds changes only. */
export function withFiltersOfChanges(command: Command): Command {
  return command
    .option('--realm <name>', 'filter by realm')
    .option(
      '--organization <organization>',
      'filter by organization: its id, or its slug together with --realm; a deleted organization is found by its id only',
    )
    .option('--client <client-id>', 'filter by client: events about it and changes made by it')
    .option('--by <actor>', 'filter by actor: changes made by this operator, client or person (by the id, or by the name)')
    .option('--actor <actor>', 'the same as --by')
    .option('--request <id>', 'filter by request: the X-Request-Id of its response, or the one that the caller sent')
    .option(
      '--kind <kinds...>',
      'filter by kind, one or several: operations (organizations.create), OAuth endpoints (token.request, token.introspection, token.revocation), sessions in the console or the portal (session.start, session.confirm, session.end), people in the portal (people.join, passkeys.add, passkeys.remove), "request" for denied requests elsewhere, or events of the server itself (rotation.prove, rotation.end, secrets.remind, signingKeys.stage, signingKeys.import, signingKeys.activate, signingKeys.retire, signingKeys.compromise, store.restored, store.failover, audit.archive, audit.remove, audit.removeName, spool.damaged)',
    )
    .option('--outcome <outcome>', 'filter by outcome: "success" or "refused"')
    .option('--reason <reason>', 'filter by the reason of a denial, such as "wrong-secret" or "http-403"')
    .option('--since <when>', 'filter by time: the last "30m", "2h" or "7d", or since an instant or day (UTC)')
    .option('--from <instant>', 'filter by time: at or after this instant or day (UTC)')
    .option('--to <instant>', 'filter by time: before this instant or day (UTC)')
}

export async function readFilters(options: Filters) {
  const { realm, client, by, actor, request, kind, changes, outcome, reason, since, from, to } = options
  refuseBoth('--by', by, '--actor', actor)
  refuseBoth('--since', since, '--from', from)
  const range = { from: given(parseSince, '--since', since) ?? given(parseInstant, '--from', from), to: given(parseInstant, '--to', to) }
  const organization = options.organization === undefined ? undefined : await findOrganizationId(options, options.organization)
  return {
    realm,
    organization,
    client,
    actor: by ?? actor,
    request,
    kind: kind?.join(','),
    changes: changes === true ? ('true' as const) : undefined,
    outcome,
    reason,
    ...range,
  }
}

/** What was looked for, as it was written. */
export function describeFilters(options: Filters): string {
  const { realm, organization, client, by, actor, request, kind, changes, outcome, reason, since, from, to } = options
  const written = { realm, organization, client, by, actor, request, kind: kind?.join(','), changes, outcome, reason, since, from, to }
  return Object.entries(written)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`))
    .join(' ')
}

function refuseBoth(one: string, first: string | undefined, other: string, second: string | undefined): void {
  if (first === undefined || second === undefined) return
  throw new CommandError(`"${one}" and "${other}" are both given, and mean the same.`, { next: 'Leave one of them out.' })
}

/** The audit log identifies organizations by id only: a slug can be reused for another organization. */
async function findOrganizationId(options: Filters, organization: string): Promise<string> {
  if (isLowerCaseUuid(organization)) return organization
  if (options.realm === undefined)
    throw new CommandError(`"${organization}" is a slug, which is unique only within a realm.`, {
      next: 'Add --realm, or use the id of the organization.',
    })
  return (await openAdminClient(options).call('organizations.get', { params: { realm: options.realm, organization } })).id
}
