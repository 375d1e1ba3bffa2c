// A refusal as an integrator reads it: the same members as those of GET /v1/me/refusals.

export interface OwnRefusal {
  readonly requestId: string
  readonly callerRequestId: string | null
  readonly at: string
  readonly api: string | null
  readonly method: string | null
  readonly route: string | null
  readonly code: string
  readonly title?: string
  readonly status?: number
  readonly detail: string | null
  readonly fixedBy: 'you' | 'provider'
  readonly partnerId: string | null
  readonly reportOnly: boolean
}

export interface OwnRefusals {
  readonly items: readonly OwnRefusal[]
  readonly next: string | null
}

/** The answer of `refusals.list` at the portal, which tells less than that of operators. */
export function toOwnRefusals(answer: unknown): OwnRefusals {
  return answer as OwnRefusals
}

export const fixers = { you: 'you', provider: 'the provider' } as const

export interface RefusalGroup {
  readonly code: string
  readonly count: number
  /** The newest; undefined if it is older than those that were read. */
  readonly last: OwnRefusal | undefined
}

/**
 * By problem, the most frequent first.
 * @param items the newest ones, the first of them first
 * @param counted how often each problem occurred in the same time; seconds later than the refusals themselves
 */
export function groupRefusals(
  items: readonly OwnRefusal[],
  counted: readonly { readonly key: string | null; readonly total: number }[],
): RefusalGroup[] {
  const counts = new Map<string, number>()
  for (const { key, total } of counted) if (key !== null && total > 0) counts.set(key, (counts.get(key) ?? 0) + total)
  for (const [code, { length }] of Map.groupBy(items, (item) => item.code)) counts.set(code, Math.max(length, counts.get(code) ?? 0))
  return [...counts]
    .map(([code, count]) => ({ code, count, last: items.find((item) => item.code === code) }))
    .toSorted((one, other) => other.count - one.count)
}
