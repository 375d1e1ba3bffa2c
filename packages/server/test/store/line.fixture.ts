// A line between a server and its PostgreSQL that a test can cut, freeze and listen to, while the other servers keep theirs.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Line {
  /** The URL of the database, through this line. */
  readonly url: string
  /** Connections end, and no new one is made: a database that is stopped. */
  cut(): void
  /** Connections stay and are accepted, and nothing gets through: a database that hangs, or packets that get lost. */
  freeze(): void
  /** As in the beginning. */
  heal(): void
  /** Connections end, and new ones lead to another database: an address that moved in a failover. */
  moveTo(database: string): void
  /** Only the connections that hear of changes by NOTIFY are cut, again and again. */
  cutHints(): void
  /**
   * The next transaction ends with its line: "before" the database hears of the COMMIT, or "after", with the answer lost; or the
   * line stays open, and the COMMIT is "unanswered". The result says how often that happened.
   */
  loseCommit(when: LostCommit): () => number
  close(): Promise<void>
}

export type LostCommit = 'before' | 'after' | 'unanswered'
type State = 'open' | 'frozen' | 'cut'

export async function openLine(database: string): Promise<Line> {
  let { hostname, port } = new URL(database)
  const pairs = new Set<readonly [Socket, Socket]>()
  const hints = new WeakSet<readonly [Socket, Socket]>()
  let state: State = 'open'
  let hintsAreCut = false
  let losing: LostCommit | undefined
  let lost = 0

  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const pair = [near, far] as const
    const end = () => (near.destroy(), far.destroy(), void pairs.delete(pair))
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
      return far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (answer === 'cut off') end()
      else if (answer === 'passed on') near.write(bytes)
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
    heal: () => become('open'),
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
