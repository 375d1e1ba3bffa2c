// The known name that a mistyped one stands for, for messages.

/** Undefined if none is close: at most a third of the letters may differ. */
export function closestName<Name extends string>(typed: string, names: readonly Name[]): Name | undefined {
  const [closest] = names.map((name) => [distance(typed.toLowerCase(), name.toLowerCase()), name] as const).toSorted(([a], [b]) => a - b)
  return closest && closest[0] * 3 <= typed.length ? closest[1] : undefined
}

/** The number of letters to add, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let line = 1; line <= a.length; line++) {
    const next = [line]
    for (let column = 1; column <= b.length; column++) {
      const replaced = row[column - 1]! + (a[line - 1] === b[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
