import type { AlgorithmOfPeers, PeersFigures } from './measure-peers.ts'

type Row = Readonly<Record<string, number | string>>

/** For `console.table`: a row per peer and algorithm, with the medians and the ratio of this server. */
export function peersTable(figures: PeersFigures): Record<string, Row> {
  return { ...rowsOf('ES256', figures.ES256), ...rowsOf('RS256', figures.RS256) }
}

function rowsOf(algorithm: string, { medians, ratios, paced, signatureMicroseconds }: AlgorithmOfPeers): Record<string, Row> {
  const rows = Object.entries(medians).map(([name, turn]): [string, Row] => [
    `${algorithm} ${name}`,
    {
      'per CPU s': Math.round(turn.tokensPerCpuSecond),
      'us of CPU': turn.cpuMicrosecondsPerToken.toFixed(1),
      'us of database': turn.databaseMicrosecondsPerToken.toFixed(1),
      'p50 ms': turn.p50Milliseconds.toFixed(1),
      'p99 ms': turn.p99Milliseconds.toFixed(1),
      MiB: Math.round(turn.memoryMebibytes),
      'countersign ×': ratios[name]!.toFixed(2),
    },
  ])
  const alone: Row = { 'per CPU s': Math.round(1e6 / signatureMicroseconds), 'us of CPU': signatureMicroseconds.toFixed(1) }
  const paces = Object.entries(paced).map(([name, { rate, p50Milliseconds, p99Milliseconds }]): [string, Row] => [
    `${algorithm} ${name} at ${Math.round(rate)}/s`,
    { 'p50 ms': p50Milliseconds.toFixed(1), 'p99 ms': p99Milliseconds.toFixed(1) },
  ])
  return {
    ...Object.fromEntries(rows),
    [`${algorithm} one signature`]: alone,
    ...Object.fromEntries(paces),
  }
}
