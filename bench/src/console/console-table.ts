import { consoleVariants, type ConsoleFigures } from './measure-console.ts'

/** For `console.table`. */
export function consoleTable({ closed, open, medians }: ConsoleFigures): Record<string, Readonly<Record<string, string>>> {
  const named = { off: 'no console', closed: 'no page open', open: 'pages open' }
  const costs = { off: '1.000', closed: closed.cpuPerToken.toFixed(3), open: open.cpuPerToken.toFixed(3) }
  const targets = { off: '', closed: 'CPU × 1.01', open: 'p99 + 2 ms' }
  return Object.fromEntries(
    consoleVariants.map((variant) => [
      named[variant],
      {
        'tokens per CPU s': medians[variant].tokensPerCpuSecond.toFixed(0),
        'CPU ×': costs[variant],
        'p50 ms': medians[variant].p50Milliseconds.toFixed(2),
        'p99 ms': medians[variant].p99Milliseconds.toFixed(2),
        'p99 more': variant === 'open' ? open.p99MillisecondsMore.toFixed(2) : '',
        target: targets[variant],
      },
    ]),
  )
}
