// countersign refusal: requests that guards and the server refused.
import { Command } from 'commander'
import { refusalSources } from '@countersign/admin'
import { addList, inRealm, type RealmOptions } from './operator-command.ts'
import { given, parseInstant, parseSince } from './values.ts'

type Filters = RealmOptions & {
  readonly since?: string
  readonly to?: string
  readonly client?: string
  readonly organization?: string
  readonly code?: string
  readonly api?: string
  readonly source?: string
  readonly request?: string
}

export function refusalCommand(): Command {
  const command = new Command('refusal')
    .description('List requests that guards of APIs and the server itself refused')
    .addHelpText('after', '\nExample:\n  countersign refusal list --realm nt24-idp --since 2h --client api-client-acme')

  addList(command, {
    usage: 'list',
    description:
      'List refused requests, most recent first. They are kept for 30 days; in a flood, only the first of each kind and one a minute. "REPORT-ONLY" marks requests that a guard let through all the same, and "named" clients that did not authenticate',
    operation: 'refusals.list',
    example: 'refusal list --realm nt24-idp --since 2h --code insufficient-scope',
    options: (list) =>
      inRealm(list)
        .option('--since <duration>', 'filter by time: at or after this instant or day, or so long ago, such as 30m, 2h or 7d')
        .option('--to <instant>', 'filter by time: before this instant or day (UTC)')
        .option('--client <client-id>', 'filter by client')
        .option('--organization <organization>', 'filter by organization: its slug or its id')
        .option('--code <code>', 'filter by problem, such as insufficient-scope; an unknown one is an error that lists them')
        .option('--api <name>', 'filter by API, by the name that its guard reports')
        .option(
          '--source <source>',
          `filter by source: "guard", or an endpoint of the server: ${refusalSources.filter((source) => source !== 'guard').join(', ')}`,
        )
        .option(
          '--request <id>',
          'filter by request: its id in the response, in the log of the API, or the X-Request-Id that the caller sent',
        ),
    input: ({ realm, since, to, source, ...filters }: Filters) => ({
      params: { realm },
      query: {
        client: filters.client,
        organization: filters.organization,
        code: filters.code,
        api: filters.api,
        request: filters.request,
        source: source as 'guard' | undefined,
        from: given(parseSince, '--since', since),
        to: given(parseInstant, '--to', to),
      },
    }),
    columns: {
      TIME: ({ at }) => at,
      CODE: ({ code, reportOnly }) => (reportOnly ? `${code} REPORT-ONLY` : code),
      CLIENT: ({ clientId, isVerified }) => (clientId === null ? '' : `${clientId}${isVerified ? '' : ' (named)'}`),
      API: ({ source, api, reporter }) => (source === 'guard' ? (api ?? reporter ?? '') : source),
      ADDRESS: ({ address }) => address ?? '',
      ROUTE: ({ method, route }) => [method, route].filter((part) => part !== null).join(' '),
      SAW: ({ failed, reason }) => failed?.saw ?? reason ?? '',
      REQUEST: ({ requestId }) => requestId,
    },
    shorten: ['SAW', 'ADDRESS', 'ROUTE', 'API'],
    none: describeNone,
  })
  return command
}

function describeNone({ realm, since, client, organization, code, api, source, request, to }: Filters): string {
  const looked = Object.entries({ since, to, client, organization, code, api, source, request }).filter(([, value]) => value !== undefined)
  const filters = looked.map(([name, value]) => `--${name} ${value}`).join(' ')
  const named =
    api === undefined ? '' : ' --api takes the name that a guard reports: "--source guard" also finds the refusals of guards without one.'
  const next =
    filters === ''
      ? `Only guards that report are seen: "countersign guard list --realm ${realm}" lists them.`
      : `Leave out a filter, or see which guards report: "countersign guard list --realm ${realm}".${named}`
  return `None. Looked for refused requests in the realm "${realm}"${filters === '' ? '' : ` with ${filters}`}.\n${next}`
}
