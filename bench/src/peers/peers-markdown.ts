// The tables of README.md and bench/README.md, from the result of the last run (bench/results/peers.json).
import type { AlgorithmOfPeers, PeersFigures, PeersOptions } from './measure-peers.ts'

/** A document's text between two comments, which are kept. */
const place = /(<!-- peers: npm run bench -- peers, then scripts\/generate\.ts -->\n)[^]*?(<!-- end of peers -->)/

export type PeersResult = PeersFigures & { readonly options: PeersOptions; readonly cores: number }

/** @throws TypeError if the document has no place for it */
export function withPeersTable(document: string, table: string): string {
  if (!place.test(document)) throw new TypeError('The document has no place for the table of peers')
  return document.replace(place, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`)
}

/** All figures, for bench/README.md. */
export function peersTables({ ES256, RS256, options, cores, skipped }: PeersResult): string {
  const names = [...new Set([ES256, RS256].flatMap(({ medians }) => Object.keys(medians)))]
  const cells = ({ medians, ratios }: AlgorithmOfPeers, name: string) => {
    const turn = medians[name]
    return turn ? [whole(turn.tokensPerCpuSecond), turn.cpuMicrosecondsPerToken.toFixed(1), ratios[name]!.toFixed(2)] : ['', '', '']
  }
  const rows = names.map((name) => row([`\`${name}\``, ...cells(ES256, name), ...cells(RS256, name)]))
  const paces = (['ES256', 'RS256'] as const).flatMap((algorithm) => {
    const { paced } = { ES256, RS256 }[algorithm]
    return Object.entries(paced).map(([name, { rate, p50Milliseconds, p99Milliseconds }]) =>
      row([`\`${name}\``, algorithm, whole(rate), p50Milliseconds.toFixed(1), p99Milliseconds.toFixed(1)]),
    )
  })
  const database = (['ES256', 'RS256'] as const).map((algorithm) => {
    const turn = { ES256, RS256 }[algorithm].medians['countersignOnPostgres']
    return `${turn?.databaseMicrosecondsPerToken.toFixed(1)} µs with ${algorithm}`
  })
  const missing = Object.entries(skipped).map(([name, reason]) => `\n\nLeft out: \`${name}\`, because ${reason}`)
  return `Medians of ${options.rounds} rounds on ${cores} cores with ${options.connections} connections: tokens per CPU-second, µs of CPU per token, and how many times
as many tokens per CPU-second this server issues.

| peer | ES256 | µs | countersign × | RS256 | µs | countersign × |
|---|---|---|---|---|---|---|
${rows.join('\n')}

One signature alone takes ${ES256.signatureMicroseconds.toFixed(1)} µs with ES256 and ${RS256.signatureMicroseconds.toFixed(1)} µs with RS256. The database of \`countersignOnPostgres\` takes
${database.join(' and ')} for each token, beside the figures of the table.

At 70 % of the tokens per second that this server reached, medians of ${options.rounds} rounds:

| | | tokens per second | p50 ms | p99 ms |
|---|---|---|---|---|
${paces.join('\n')}${missing.join('')}
`
}

/** What a reader of README.md compares. */
export function peersSummary({ ES256, RS256 }: PeersResult): string {
  const compared: readonly (readonly [what: string, name: string])[] = [
    ['Keycloak 26.7.3, with its own file database, no audit row', 'keycloak'],
    ['Hydra 2.3.0, SQLite', 'hydra'],
    ['oidc-provider, in memory, no audit row', 'oidcProvider'],
    ['a bare `node:http` server: no store, no audit row', 'nodeFloor'],
    ['a program of the same work in Go', 'goFloor'],
    ['a program of the same work in Rust', 'rustFloor'],
  ]
  const times = ({ ratios }: AlgorithmOfPeers, name: string) => (ratios[name] === undefined ? '' : `${ratios[name].toPrecision(3)} ×`)
  const rows = compared.map(([what, name]) => row([what, times(ES256, name), times(RS256, name)]))
  return `| tokens per CPU-second, as many as | ES256 | RS256 |
|---|---|---|
${rows.join('\n')}
`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
