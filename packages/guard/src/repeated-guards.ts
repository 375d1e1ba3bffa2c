// Tells of guards that are made again and again, such as one for each request: each has a connection, a token and a memory of its own, so an API
// that makes them is slow, and at last has no more connections.

const most = 20
const withinMs = 60_000

/** @returns a function that counts a guard of an issuer */
export function createGuardCounter(warn: (text: string) => void = emitWarning, clock: () => number = Date.now): (issuer: string) => void {
  const counts = new Map<string, { since: number; made: number }>()
  const told = new Set<string>()
  return (issuer) => {
    const now = clock()
    let count = counts.get(issuer)
    if (!count || Math.abs(now - count.since) >= withinMs) counts.set(issuer, (count = { since: now, made: 0 }))
    if (++count.made < most || told.has(issuer)) return
    told.add(issuer)
    warn(`createRemoteGuard() was called ${most} times within a minute for ${issuer}. ${remedy}`)
  }
}

const remedy =
  'Each guard has a connection, a token and a memory of its own: make one when the program starts, and use it for all requests. ' +
  'Where a secret comes with the request, as in workers, the adapters take a function that makes it once.'

/** Of the whole process, as what is counted are its guards. */
export const countGuard = createGuardCounter()

/** Workers without `nodejs_compat` have no process. */
function emitWarning(text: string): void {
  globalThis.process?.emitWarning?.(text, 'CountersignGuardWarning')
}
