// What is counted, and by whom: noted in memory, written in batches.

/** One kind of use, and how often it happened. */
export interface UsageEntry {
  readonly realm: string
  /** Null if no client is known. */
  readonly clientId: string | null
  readonly organizationId: string | null
  /** `token`: a request to the token endpoint. `call`: a decision of a guard. */
  readonly what: 'token' | 'call'
  /** The id of the credential of a token request; method and template of the route of a call. */
  readonly subject: string | null
  /** `issued` or `allowed`, or the code of the problem. */
  readonly outcome: string
  readonly count: number
  /** Milliseconds since the epoch; now by default. What is not of the last day counts as of now: the clock that said so is wrong. */
  readonly at?: number
}

export interface Usage {
  /** Costs an entry in a map. What is beyond the bounds is counted as "others". Never throws. */
  count(entry: UsageEntry): void
}
