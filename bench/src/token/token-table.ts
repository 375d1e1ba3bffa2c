import type { AlgorithmFigures, TokenFigures } from './measure-tokens.ts'
import { serverNames } from './contestant.ts'

type Row = Readonly<Record<string, number | string>>

/** For `console.table`: a row per contestant and algorithm, with the medians and the ratio of this server. */
export function tokenTable(figures: TokenFigures): Record<string, Row> {
  return { ...rowsOf('ES256', figures), ...rowsOf('RS256', figures.rs256) }
}

function rowsOf(algorithm: string, { medians, ratios }: AlgorithmFigures): Record<string, Row> {
  const comparisons = { floor: ratios.floor, countersign: 1, oidcProvider: ratios.oidcProvider }
  const rows = serverNames.map((name) => {
    const { requests, cpuSeconds, tokensPerCpuSecond, p50Milliseconds, p99Milliseconds, memoryMebibytes } = medians[name]
    const row: Row = {
      requests,
      'CPU s': cpuSeconds.toFixed(2),
      'per CPU s': Math.round(tokensPerCpuSecond),
      'p50 ms': p50Milliseconds.toFixed(1),
      'p99 ms': p99Milliseconds.toFixed(1),
      MiB: Math.round(memoryMebibytes),
      'countersign ×': comparisons[name].toFixed(2),
    }
    return [`${algorithm} ${name}`, row] as const
  })
  const { signatures, cpuSeconds, signaturesPerCpuSecond } = medians.signing
  const signing: Row = {
    requests: signatures,
    'CPU s': cpuSeconds.toFixed(2),
    'per CPU s': Math.round(signaturesPerCpuSecond),
    'countersign ×': ratios.signing.toFixed(2),
  }
  return { ...Object.fromEntries(rows), [`${algorithm} signing alone`]: signing }
}
