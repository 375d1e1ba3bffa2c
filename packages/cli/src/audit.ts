// countersign audit: changes by operators, issued tokens and denied requests.
import { once } from 'node:events'
import { Command } from 'commander'
import { addRecordFailover } from './audit-failover.ts'
import { addArchive, describeRemoved } from './audit-archive.ts'
import { addRemoveName } from './audit-remove-name.ts'
import { addVerify } from './audit-verify.ts'
import { addRotate } from './key-ring-commands.ts'
import { addList } from './operator-command.ts'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError } from './output.ts'
import { given, parseInstant } from './values.ts'

type Filters = SessionOptions & {
  readonly realm?: string
  readonly organization?: string
  readonly client?: string
  readonly actor?: string
  readonly request?: string
  readonly kind?: string
  readonly outcome?: 'success' | 'refused'
  readonly from?: string
  readonly to?: string
}

const pageOfExport = 1000

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('Search, export and verify the audit log')
    .addHelpText('after', '\nExample:\n  countersign audit search --realm nt24-idp --outcome refused --from 2026-01-31')

  addList(command, {
    usage: 'search',
    description: 'Search the audit log, most recent first. With a narrow filter a page can be short although more events follow',
    operation: 'audit.search',
    example: 'audit search --realm nt24-idp --outcome refused --from 2026-01-31',
    options: withFilters,
    input: async (options: Filters) => ({ params: {}, query: await readFilters(options) }),
    columns: {
      AT: ({ at }) => at,
      KIND: ({ kind }) => kind,
      OUTCOME: ({ outcome, reason }) => (reason === null ? outcome : `${outcome}: ${reason}`),
      REALM: ({ realm }) => realm ?? '',
      CLIENT: ({ clientId }) => clientId ?? '',
      ADDRESS: ({ address }) => address ?? '',
      REQUEST: ({ requestId }) => requestId ?? '',
    },
    note: describeRemoved,
  })

  withFilters(forOperators(command.command('export')))
    .description('Print all matching events as JSON lines, most recent first')
    .addHelpText('after', '\nExample:\n  countersign audit export --from 2026-01-01 --to 2026-02-01 > january.jsonl')
    .action(exportEvents)

  addVerify(command)
  addArchive(command)
  addRecordFailover(command)
  addRemoveName(command)
  addRotate(command, 'rotate-key', {
    purpose: 'audit key',
    setting: 'auditKey',
    command: 'audit rotate-key',
    afterwards: `Restart every server, one after the other: from then on it writes under the new version. Keep the version before: the events
   that were written under it can be verified only with it.`,
  })
  return command
}

function withFilters(command: Command): Command {
  return command
    .option('--realm <name>', 'filter by realm')
    .option(
      '--organization <organization>',
      'filter by organization: its id, or its slug together with --realm; a deleted organization is found by its id only',
    )
    .option('--client <client-id>', 'filter by client: events about it and changes made by it')
    .option('--actor <client-id>', 'filter by actor: changes made by this operator or client')
    .option('--request <id>', 'filter by request: the X-Request-Id of its response, or the one that the caller sent')
    .option(
      '--kind <kind>',
      'filter by kind: an operation (organizations.create), an OAuth endpoint (token.request, token.introspection, token.revocation), "request" for denied requests elsewhere, or an event of the server itself (rotation.prove, rotation.end, secrets.remind, signingKeys.stage, signingKeys.import, signingKeys.activate, signingKeys.retire, signingKeys.compromise, store.restored, store.failover, audit.archive, audit.remove, audit.removeName, spool.damaged)',
    )
    .option('--outcome <outcome>', 'filter by outcome: "success" or "refused"')
    .option('--from <instant>', 'filter by time: at or after this instant or day (UTC)')
    .option('--to <instant>', 'filter by time: before this instant or day (UTC)')
}

async function readFilters(options: Filters) {
  const { realm, client, actor, request, kind, outcome, from, to } = options
  const organization = options.organization === undefined ? undefined : await findOrganizationId(options, options.organization)
  return {
    realm,
    organization,
    client,
    actor,
    request,
    kind,
    outcome,
    from: given(parseInstant, '--from', from),
    to: given(parseInstant, '--to', to),
  }
}

const isId = (organization: string) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(organization)

/** The audit log identifies organizations by id only: a slug can be reused for another organization. */
async function findOrganizationId(options: Filters, organization: string): Promise<string> {
  if (isId(organization)) return organization
  if (options.realm === undefined)
    throw new CommandError(`"${organization}" is a slug, which is unique only within a realm.`, {
      next: 'Add --realm, or use the id of the organization.',
    })
  return (await openAdminClient(options).call('organizations.get', { params: { realm: options.realm, organization } })).id
}

async function exportEvents(options: Filters): Promise<void> {
  const query = { ...(await readFilters(options)), limit: pageOfExport }
  for await (const event of openAdminClient(options).iterate('audit.search', { params: {}, query })) {
    // Backpressure: an export of millions of events is never held in memory as a whole.
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain')
  }
}
