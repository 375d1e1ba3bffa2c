// Whose clock is wrong if that of this node and that of the database differ: a pure decision. A node that is wrong must issue no tokens,
// because other nodes refuse them; a difference that all nodes share is a matter of the database, and no reason to be out of service.

/** Tolerated difference between the clocks of a node and of the database. Milliseconds. */
export const toleratedDifferenceMs = 5000

export interface ClockSituation {
  /** By how much the database's clock is ahead of this machine's. Milliseconds. */
  readonly difference: number
  /** The same of every other node that is running. */
  readonly others: readonly number[]
  /** The machine's clock was set since the two last agreed: its monotonic clock and the database's went on evenly. */
  readonly wasSet: boolean
  /** The database's clock has just been set, and the other nodes may not have measured it since. */
  readonly hasDatabaseMoved: boolean
}

/** `shared`: by all nodes that are known, this one included. `by` is their median. */
export type ClockVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'shared'; readonly by: number; readonly nodes: number }
  | { readonly kind: 'wrong'; readonly because: 'it was set' | 'other nodes differ less' }

export function decideClock({ difference, others, wasSet, hasDatabaseMoved }: ClockSituation): ClockVerdict {
  if (Math.abs(difference) <= toleratedDifferenceMs) return { kind: 'right' }
  if (others.length === 0 || hasDatabaseMoved)
    return wasSet ? { kind: 'wrong', because: 'it was set' } : { kind: 'shared', by: difference, nodes: 1 }
  const sharing = others.filter((other) => isNear(other, difference))
  const hasWitness = others.some((other) => isNear(other, 0))
  if (hasWitness || !others.every((other) => isOutvoted(other, others, difference, 1 + sharing.length)))
    return { kind: 'wrong', because: wasSet ? 'it was set' : 'other nodes differ less' }
  return { kind: 'shared', by: median([difference, ...sharing]), nodes: 1 + sharing.length }
}

/** Whether more nodes differ as this one does than as the other does; of two equal groups the one nearer to the database counts. */
function isOutvoted(other: number, others: readonly number[], difference: number, sharing: number): boolean {
  if (isNear(other, difference)) return true
  const size = others.filter((one) => isNear(one, other)).length
  return size < sharing || (size === sharing && Math.abs(difference) < Math.abs(other))
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= toleratedDifferenceMs
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
