import type { AdapterFigures } from './measure-adapters.ts'

/** For `console.table`. */
export function adaptersTable({ adapters }: AdapterFigures): Record<string, Readonly<Record<string, string>>> {
  const rows = Object.entries(adapters).map(([name, { core, withoutGuard, withGuard, own, ownOfAll }]) => [
    name,
    {
      'without guard': withoutGuard.toFixed(2),
      'with guard': withGuard.toFixed(2),
      core: core.toFixed(2),
      'own cost, CPU µs': own.toFixed(2),
      'in all rounds': ownOfAll.toFixed(2),
    },
  ])
  return Object.fromEntries(rows) as Record<string, Record<string, string>>
}
