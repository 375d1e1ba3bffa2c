// The dated result of "npm run interop" as a page.
import { parts } from './check-row.ts'
import { isFailed, type RowResult } from './run-rows.ts'
import { installations } from './installations.ts'

const columns = {
  verifies: 'verifies tokens',
  calls: 'calls an API',
  renews: 'renews after 401, waits after 429',
  protects: 'guards a route',
  administers: 'replaces a secret of a client',
  guards: 'guards an API',
} as const

export function resultPage(date: string, results: readonly RowResult[]): string {
  const rows = results.map(({ row, versions, tool, skipped, parts: done }) => {
    const cells = parts.map((part) => (row[part] === undefined ? '' : skipped ? 'not run' : done[part] === 'yes' ? 'yes' : '**no**'))
    return `| ${[row.name, installations[row.installation].language, versions || tool, ...cells].join(' | ')} |`
  })
  const tools = new Set(results.flatMap(({ row, tool }) => (tool ? `${installations[row.installation].language}: ${tool}` : [])))
  const skipped = results.filter(({ skipped }) => skipped !== undefined)
  const failed = results.filter(isFailed)
  return `${[
    `# Interoperability, ${date}`,
    '',
    '`npm run interop`: each program of [rows.ts](../rows.ts) was run against a demo.',
    `${results.length} rows, ${failed.length} failed, ${skipped.length} left out.`,
    '',
    '- **verifies tokens:** accepts a token of each realm (`nt24-idp` and `prod` with the profile `keycloak`, ES256; `partner-api` with `rfc9068`, ES256;',
    '  `nxtsoft` with `cognito`, RS256), and refuses one that was altered, is of another realm, for another audience or of another type.',
    '- **calls an API:** gets a token of `nt24-idp` and calls the guarded API.',
    '- **renews after 401, waits after 429:** four calls with one token, of which one is answered by 401 `invalid_token` and one by 429 with `Retry-After`.',
    '- **guards a route:** answers a token of `nt24-idp` for its audience, and refuses none, an altered one and one for another audience with a challenge.',
    "- **replaces a secret of a client:** through Keycloak's shape of the admin API: finds a client, generates a secret, which gets a token.",
    '- **guards an API:** lets in a token of its realm, and none that was altered, revoked or of another realm.',
    '',
    `| software | language | version | ${parts.map((part) => columns[part]).join(' | ')} |`,
    `|${'---|'.repeat(3 + parts.length)}`,
    ...rows,
    '',
    ...results.flatMap(({ row }) =>
      row.only ? [`${row.name} verifies tokens of ${row.only.realms.join(', ')} only: ${row.only.because}.`, ''] : [],
    ),
    `Run with ${[...tools].join('; ')}.`,
    ...failed.map(failureOf),
    ...skipped.flatMap(({ row, skipped }) => ['', `${row.name} was left out: ${skipped}`]),
  ].join('\n')}\n`
}

function failureOf({ row, parts }: RowResult): string {
  const output = Object.values(parts).filter((result) => result !== 'yes')
  return `\n## ${row.name}\n\n${row.limit ?? 'Not explained.'}\n\n\`\`\`\n${output.join('\n')}\n\`\`\``
}
