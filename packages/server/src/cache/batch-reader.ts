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
  let waiting: Waiting[] = []
  let underWay = 0

  async function readNext(): Promise<void> {
    const group = groupOf(waiting[0]!.key)
    const batch: Waiting[] = []
    const later: Waiting[] = []
    for (const one of waiting) (batch.length < maxPerQuery && groupOf(one.key) === group ? batch : later).push(one)
    waiting = later
    underWay++
    try {
      const found = await read(batch.map(({ key }) => key))
      for (const { key, answer } of batch) answer.resolve(found.get(key))
    } catch (error) {
      // Queued lookups fail with the running ones: they have waited as long for a store that does not answer.
      for (const { answer } of batch.concat(waiting)) answer.reject(error)
      waiting = []
    } finally {
      underWay--
    }
    if (waiting.length > 0) void readNext()
  }

  return (key: Key): Promise<Value | undefined> => {
    const answer = Promise.withResolvers<Value | undefined>()
    waiting.push({ key, answer })
    if (underWay < maxQueries) void readNext()
    return answer.promise
  }
}
