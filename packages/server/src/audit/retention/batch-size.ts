// How many rows one statement takes: as many as end within an aim, because on SQLite a step holds the event loop, and everywhere the commits
// of token requests wait for a large one.

export interface BatchSize {
  rows(): number
  /** Called with how long the last batch took. */
  note(milliseconds: number): void
}

const leastRows = 8

export function createBatchSize({ maxRows, aimMs }: { readonly maxRows: number; readonly aimMs: number }): BatchSize {
  const least = Math.min(leastRows, maxRows)
  let rows = Number.isFinite(aimMs) ? least : maxRows
  return {
    rows: () => rows,
    note(milliseconds) {
      if (milliseconds > aimMs) rows = Math.max(least, Math.floor(rows / 2))
      else if (milliseconds < aimMs / 2) rows = Math.min(maxRows, Math.ceil(rows * 1.25))
    },
  }
}
