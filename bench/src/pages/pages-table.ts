import type { PagesFigures } from './measure-pages.ts'

/** For `console.table`. */
export function pagesTable({ medians, serverMillisecondsPerList }: PagesFigures): Record<string, Readonly<Record<string, string>>> {
  const row = (value: number, target: number | '') => ({ median: value.toFixed(1), target: String(target) })
  return {
    'usable, CPU 6 times slower, 10 Mbit/s, 40 ms (ms)': row(medians.usable, 1500),
    'next page, the same (ms)': row(medians.nextPage, 300),
    'slowest input, CPU 4 times slower (ms)': row(medians.interaction, 100),
    'list of clients, from the click (ms)': row(medians.clientsList, 300),
    'list of clients, nodes': row(medians.nodesOfClientsList, 1500),
    'list of clients, CPU of the server (ms)': row(serverMillisecondsPerList, 20),
  }
}
