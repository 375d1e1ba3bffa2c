// countersign usage: tokens, calls and refusals of a realm over time.
import { Option, type Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { describeUsage, usageAsCsv } from './describe-usage.ts'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { CommandError } from './output.ts'
import { given, parseInstant, parseSince } from './values.ts'

const dimensions = ['outcome', 'credential', 'client', 'route', 'organization'] as const
const steps = ['hour', 'day'] as const
const kinds = ['token', 'call'] as const

type UsageOptions = RealmOptions & {
  readonly client?: string
  readonly organization?: string
  readonly by?: (typeof dimensions)[number]
  readonly what?: (typeof kinds)[number]
  readonly step?: (typeof steps)[number]
  readonly since?: string
  readonly from?: string
  readonly to?: string
  readonly csv?: boolean
}

export function addUsage(program: Command): void {
  addOperation(program, {
    usage: 'usage',
    operation: 'usage.series',
    description:
      'Show the tokens, calls and refusals of a realm over time. Hours are kept for 8 days, days (UTC) for 400; numbers are up to 10 seconds old. Calls are what guards report, and those to /v1/me of this server',
    example:
      'usage --realm nt24-idp --since 24h\n  countersign usage --realm nt24-idp --client api-client-acme --by route\n  countersign usage --realm nt24-idp --by organization --step day --since 90d --csv > usage.csv',
    options: (usage) =>
      inRealm(usage)
        .option('--client <client-id>', 'count only this client; it may be deleted')
        .option('--organization <organization>', 'count only this organization: its slug, or its id, also of a deleted one')
        .addOption(
          new Option('--by <what>', 'dimension that makes the lines: "credential" counts token requests only, "route" calls only')
            .choices(dimensions)
            .default('outcome'),
        )
        .addOption(new Option('--what <kind>', 'count only requests to the token endpoint, or only calls').choices(kinds))
        .option(
          '--since <duration>',
          'begin this long ago, for example "24h" or "7d", or at an instant; 24 hours by default, 30 days by day',
        )
        .option('--from <instant>', 'begin at this instant or day (UTC)')
        .option('--to <instant>', 'end at this instant or day (UTC)')
        .addOption(new Option('--step <step>', 'length of a step').choices(steps).default('hour'))
        .option('--csv', 'print CSV: a row for each step and line'),
    input: (options: UsageOptions) => {
      const { realm, client, organization, by, what, step, json, csv } = options
      if (json && csv) throw new CommandError('"--csv" cannot be used with --json.', { next: 'Leave one of the two out.' })
      return { params: { realm }, query: { client, organization, by, what, step, ...readRange(options) } }
    },
    text: (usage: OperationOutput<'usage.series'>, options) => (options.csv ? usageAsCsv(usage) : describeUsage(usage, options)),
  })
}

function readRange({ since, from, to }: UsageOptions) {
  if (since !== undefined && from !== undefined)
    throw new CommandError('"--since" cannot be used with --from.', { next: 'Leave one of the two out.' })
  return { from: given(parseSince, '--since', since) ?? given(parseInstant, '--from', from), to: given(parseInstant, '--to', to) }
}
