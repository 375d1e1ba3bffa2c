import { grantVariants, type GrantFigures, type GrantsOfAlgorithm } from './measure-grants.ts'

type Row = Readonly<Record<string, number | string>>

/** For `console.table`: a row per client and algorithm, with the medians and the cost of its grant. */
export function grantsTable({ ES256, RS256, claimsBytes }: GrantFigures): Record<string, Row> {
  const rowsOf = (algorithm: string, { medians, costs }: GrantsOfAlgorithm) =>
    grantVariants.map((name): readonly [string, Row] => {
      const { tokensPerCpuSecond, p50Milliseconds } = medians[name]
      const { ofMedians, lowest, highest } = name === 'withoutGrant' ? { ofMedians: 1, lowest: 1, highest: 1 } : costs[name]
      const row = {
        'claims, bytes': claimsBytes[name],
        'per CPU s': Math.round(tokensPerCpuSecond),
        'µs of CPU': (1e6 / tokensPerCpuSecond).toFixed(1),
        'p50 ms': p50Milliseconds.toFixed(1),
        'cost ×': ofMedians.toFixed(3),
        'by round': `${lowest.toFixed(3)} to ${highest.toFixed(3)}`,
      }
      return [`${algorithm} ${name}`, row]
    })
  return Object.fromEntries([...rowsOf('ES256', ES256), ...rowsOf('RS256', RS256)])
}
