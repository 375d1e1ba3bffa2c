import type { PagesFigures } from './measure-pages.ts'

/** For `console.table`. */
export function pagesTable({ medians, memory, server }: PagesFigures): Record<string, Readonly<Record<string, string>>> {
  const row = (value: number, target: number | '') => ({ median: value.toFixed(1), target: target === '' ? '' : String(target) })
  const { before, after } = memory
  const { findByBeginning, findById, findByText, findNothing, listByText, listNothing } = server.perSearch
  return {
    'usable, CPU 6 times slower, 10 Mbit/s, 40 ms (ms)': row(medians.usable, 1500),
    'next page, the same (ms)': row(medians.nextPage, 300),
    'next page, clicked without a rest (ms)': row(medians.nextPageAtOnce, ''),
    'slowest input, CPU 4 times slower (ms)': row(medians.interaction, 100),
    'list of clients, from the click (ms)': row(medians.clientsList, 300),
    'list of clients, nodes': row(medians.nodesOfClientsList, 1500),
    'further pages of it: heap before (MiB)': row(before.heapMebibytes, ''),
    'heap after (MiB)': row(after.heapMebibytes, ''),
    'nodes before': row(before.nodes, ''),
    'nodes after': row(after.nodes, ''),
    'list of clients, CPU of the server (ms)': row(server.perList, 20),
    'find by the beginning of an id, CPU of the server (ms)': row(findByBeginning, 30),
    'find by a whole id (ms)': row(findById, 30),
    'find by a part of an id (ms)': row(findByText, 30),
    'find nothing (ms)': row(findNothing, 30),
    'list by a part of an id (ms)': row(listByText, 30),
    'list nothing (ms)': row(listNothing, 30),
  }
}
