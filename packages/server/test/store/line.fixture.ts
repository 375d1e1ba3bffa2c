// A proxy between a node and its PostgreSQL that a test can cut, freeze and observe, while the other nodes keep theirs.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Line {
  /** The URL of the database, through this proxy. */
  readonly url: string
  /** Closes all connections and accepts none: a stopped database. */
  cut(): void
  /** Accepts connections and forwards nothing: a hanging database, or lost packets. */
  freeze(): void
  /** Forwards everything later by this much, in both directions and in order: a database that is twice as far away. */
  delay(milliseconds: number): void
  /** Forwards what the node sends, and nothing that the database answers: packets that are lost one way. */
  loseAnswers(): void
  /** Forwards normally again, also hints. Connections that have lost something are closed. */
  heal(): void
  /** Closes all connections, and forwards new ones to another database: an address that moved in a failover. */
  moveTo(database: string): void
  /** Closes only the connections that listen for NOTIFY, again and again. */
  cutHints(): void
  /**
   * Makes the next transaction lose its connection: "before" the database gets the COMMIT, or "after" it, with the response lost;
   * or the connection stays open, and the COMMIT is "unanswered". The returned function gives the number of times that this
   * happened.
   */
  loseCommit(when: LostCommit): () => number
  close(): Promise<void>
}

export type LostCommit = 'before' | 'after' | 'unanswered'
type State = 'open' | 'frozen' | 'cut' | 'deaf'

export async function openLine(database: string): Promise<Line> {
  let { hostname, port } = new URL(database)
  const pairs = new Set<readonly [Socket, Socket]>()
  const hints = new WeakSet<readonly [Socket, Socket]>()
  const incomplete = new Set<readonly [Socket, Socket]>()
  let state: State = 'open'
  let hintsAreCut = false
  let delayMs = 0
  let losing: LostCommit | undefined
  let lost = 0

  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const pair = [near, far] as const
    const end = () => (near.destroy(), far.destroy(), void pairs.delete(pair), void incomplete.delete(pair))
    const [toDatabase, toNode] = [createDelayedWriter(far, () => delayMs), createDelayedWriter(near, () => delayMs)]
    let answer: 'passed on' | 'cut off' | 'swallowed' = 'passed on'
    pairs.add(pair)
    for (const socket of pair) socket.on('error', end).on('close', end)
    if (state === 'cut') return end()
    near.on('data', (bytes) => {
      if (bytes.includes('countersign hints')) hints.add(pair)
      if (hintsAreCut && hints.has(pair)) return end()
      if (losing !== undefined && /\bcommit\b/.test(bytes.toString('latin1'))) {
        const when = losing
        losing = undefined
        lost++
        if (when === 'before') return end()
        answer = when === 'after' ? 'cut off' : 'swallowed'
      }
      toDatabase(bytes)
    })
    far.on('data', (bytes) => {
      if (answer === 'cut off') end()
      else if (state === 'deaf') incomplete.add(pair)
      else if (answer === 'passed on' && !incomplete.has(pair)) toNode(bytes)
    })
    if (state === 'frozen') for (const socket of pair) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const endAll = (isMeant: (pair: readonly [Socket, Socket]) => boolean = () => true) => {
    for (const pair of [...pairs].filter(isMeant)) for (const socket of pair) socket.destroy()
  }
  const become = (next: State) => {
    state = next
    if (state === 'cut') return endAll()
    for (const socket of [...pairs].flat()) socket[state === 'frozen' ? 'pause' : 'resume']()
  }
  return {
    url: Object.assign(new URL(database), { host: `127.0.0.1:${(server.address() as AddressInfo).port}` }).href,
    cut: () => become('cut'),
    freeze: () => become('frozen'),
    delay: (milliseconds) => void (delayMs = milliseconds),
    loseAnswers: () => become('deaf'),
    heal() {
      hintsAreCut = false
      delayMs = 0
      become('open')
      endAll((pair) => incomplete.has(pair))
    },
    moveTo(other) {
      ;({ hostname, port } = new URL(other))
      endAll()
    },
    cutHints() {
      hintsAreCut = true
      endAll((pair) => hints.has(pair))
    },
    loseCommit(when) {
      losing = when
      lost = 0
      return () => lost
    },
    async close() {
      endAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Later bytes never overtake earlier ones, also when the delay becomes shorter. */
function createDelayedWriter(socket: Socket, delayMs: () => number): (bytes: Buffer | string) => void {
  let waiting = 0
  let written = Promise.resolve()
  return (bytes) => {
    const due = performance.now() + delayMs()
    if (waiting === 0 && delayMs() === 0) return void socket.write(bytes)
    waiting++
    written = written.then(async () => {
      const left = due - performance.now()
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
      waiting--
      if (!socket.destroyed) socket.write(bytes)
    })
  }
}
