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
  readonly partnerId: string | null
  readonly count: number
  readonly lastAt: string
  readonly last: OwnRefusal
}

/** By reason and partner, the most frequent first. @param items the newest first */
export function groupRefusals(items: readonly OwnRefusal[]): RefusalGroup[] {
  const groups = Map.groupBy(items, ({ code, partnerId }) => `${code} ${partnerId ?? ''}`)
  return [...groups.values()]
    .map((group): RefusalGroup => {
      const [last] = group as [OwnRefusal]
      return { code: last.code, partnerId: last.partnerId, count: group.length, lastAt: last.at, last }
    })
    .toSorted((one, other) => other.count - one.count)
}
