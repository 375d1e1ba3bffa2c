// Batches lookups: up to a few queries run at once, and further lookups queue and share the next one. A server that has just started with
// thousands of waiting clients needs some hundred queries instead of thousands, and no request waits for a connection.

/** A part of the connections for token requests; the rest serves the audit log and the change log. */
const maxQueries = 3

export interface BatchReaderOptions<Key, Value> {
  /** Reads several; a value that is not in the map does not exist. */
  readonly read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>
  /** Keys per query. */
  readonly maxPerQuery: number
  /** Only lookups with the same group share a query; by default all. */
  readonly groupOf?: (key: Key) => string
}

export function createBatchReader<Key, Value>({ read, maxPerQuery, groupOf = () => '' }: BatchReaderOptions<Key, Value>) {
  interface Waiting {
    readonly key: Key
    readonly answer: PromiseWithResolvers<Value | undefined>
  }
  interface Batch {
    readonly group: string
    readonly lookups: Waiting[]
  }
  /** Batches in the order of their first lookup: the next ones, the first of them last, and those that came later. */
  let next: Batch[] = []
  let later: Batch[] = []
  /** The batch of each group that takes further lookups. */
  const open = new Map<string, Batch>()
  let underWay = 0

  function enqueue(lookup: Waiting): void {
    const group = groupOf(lookup.key)
    let batch = open.get(group)
    if (!batch) {
      batch = { group, lookups: [] }
      open.set(group, batch)
      later.push(batch)
    }
    batch.lookups.push(lookup)
    if (batch.lookups.length === maxPerQuery) open.delete(group)
  }

  function takeBatch(): Batch | undefined {
    if (next.length === 0) [next, later] = [later.toReversed(), []]
    const batch = next.pop()
    if (batch && open.get(batch.group) === batch) open.delete(batch.group)
    return batch
  }

  async function readNext(): Promise<void> {
    const batch = takeBatch()
    if (!batch) return
    underWay++
    try {
      const found = await read(batch.lookups.map(({ key }) => key))
      for (const { key, answer } of batch.lookups) answer.resolve(found.get(key))
    } catch (error) {
      // Queued lookups fail with the running ones: they have waited as long for a store that does not answer.
      for (let failed: Batch | undefined = batch; failed; failed = takeBatch())
        for (const { answer } of failed.lookups) answer.reject(error)
    } finally {
      underWay--
    }
    void readNext()
  }

  return (key: Key): Promise<Value | undefined> => {
    const answer = Promise.withResolvers<Value | undefined>()
    enqueue({ key, answer })
    if (underWay < maxQueries) void readNext()
    return answer.promise
  }
}
