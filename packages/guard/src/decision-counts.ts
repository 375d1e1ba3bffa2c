// Counts decisions per hour, client, route and outcome, bounded whatever callers send. Counting an allowed request is the only thing that
// reports add to it, so it is an increment that nothing is allocated for.
import { reportLimits, type DecisionCount } from '@countersign/protocol'
import { readMethod, readRoute } from './guard-decision.ts'

export interface CountLimits {
  /** Per client; further ones are counted without a route. */
  readonly routes: number
  /** Further ones are counted without a client and a route. */
  readonly keys: number
}

export const countLimits: CountLimits = { routes: 20, keys: 10_000 }

export interface CountedRoute {
  readonly method?: string | undefined
  readonly route?: string | undefined
}

export interface DecisionCounts {
  /** @param client any object of the client, the same one as long as nothing about it changes */
  allowed(client: object, clientId: string, route: CountedRoute, now: number): void
  denied(clientId: string | null, route: CountedRoute, outcome: DecisionCount['outcome'], now: number): void
  take(most: number): DecisionCount[]
  readonly isEmpty: boolean
  /** How many decisions are in no count since the last call. */
  takeLost(): number
}

type Counted = { -readonly [Member in keyof DecisionCount]: DecisionCount[Member] }

/** The count of a route as the adapter names it, found without reading the names. */
interface Counter extends CountedRoute {
  readonly counted: Counted
}

/** Of one client in this interval. */
interface ClientCounts {
  readonly clientId: string | null
  readonly allowed: Counter[]
  /** By outcome and route. */
  readonly counted: Map<string, Counted>
  readonly routes: Set<string>
}

/** More than the routes that are named, because all others share one count. */
const maxCounters = 64
const hourMs = 3_600_000

export function createDecisionCounts({ routes: maxRoutes, keys: maxKeys }: CountLimits = countLimits): DecisionCounts {
  /** Of intervals that are over; grows only while nothing is taken. */
  const waiting = new Map<string, Counted>()
  let lost = 0
  let hour = Number.NaN
  let ofRecord = new WeakMap<object, ClientCounts>()
  let ofClient = new Map<string | null, ClientCounts>()
  let current: Counted[] = []
  /** Of all clients beyond the limit. */
  let rest = newCounts(null)

  function startHour(now: number): void {
    endInterval()
    hour = now - (now % hourMs)
  }

  function endInterval(): void {
    for (const counted of current) keep(counted)
    current = []
    ofRecord = new WeakMap()
    ofClient = new Map()
    rest = newCounts(null)
  }

  function keep(counted: Counted): void {
    const known = waiting.get(keyOf(counted))
    if (known) return void (known.count += counted.count)
    if (waiting.size < maxKeys || isRest(counted)) return void waiting.set(keyOf(counted), counted)
    keep({ ...counted, clientId: null, route: null })
  }

  /** Only after hundreds of hours without a server there are so many of them. */
  function dropOldest(): void {
    for (const [key, { count }] of waiting) {
      if (waiting.size <= 2 * maxKeys) return
      waiting.delete(key)
      lost += count
    }
  }

  function countsOf(clientId: string | null): ClientCounts {
    let counts = ofClient.get(clientId)
    if (counts) return counts
    if (current.length >= maxKeys) return rest
    ofClient.set(clientId, (counts = newCounts(clientId)))
    return counts
  }

  function find(counts: ClientCounts, { method, route }: CountedRoute, outcome: DecisionCount['outcome']): Counted {
    const name = nameRoute(counts, method, route)
    const known = counts.counted.get(`${outcome} ${name}`)
    if (known) return known
    if (current.length >= maxKeys && counts !== rest) return find(rest, {}, outcome)
    const counted = { hour, clientId: counts.clientId, route: name, outcome, count: 0 }
    counts.counted.set(`${outcome} ${name}`, counted)
    current.push(counted)
    return counted
  }

  function nameRoute(counts: ClientCounts, method: unknown, route: unknown): string | null {
    const [verb, template] = [readMethod(method), readRoute(route)]
    if (verb === null || template === null || counts === rest) return null
    const name = `${verb} ${template}`
    const { clientId, routes } = counts
    if (!routes.has(name) && routes.size >= (clientId === null ? reportLimits.routes : maxRoutes)) return null
    routes.add(name)
    return name
  }

  return {
    allowed(client, clientId, { method, route }, now) {
      if (!(now >= hour && now < hour + hourMs)) startHour(now)
      let counts = ofRecord.get(client)
      if (!counts) ofRecord.set(client, (counts = countsOf(clientId)))
      for (const counter of counts.allowed) if (counter.route === route && counter.method === method) return void counter.counted.count++
      const counted = find(counts, { method, route }, 'allowed')
      counted.count++
      if (counts.allowed.length < maxCounters) counts.allowed.push({ method, route, counted })
    },
    denied(clientId, route, outcome, now) {
      if (!(now >= hour && now < hour + hourMs)) startHour(now)
      find(countsOf(clientId), route, outcome).count++
    },
    take(most) {
      endInterval()
      dropOldest()
      const taken: Counted[] = []
      for (const [key, counted] of waiting) {
        if (taken.length >= most) break
        waiting.delete(key)
        taken.push(counted)
      }
      return taken
    },
    get isEmpty() {
      return waiting.size === 0 && current.length === 0
    },
    takeLost() {
      const taken = lost
      lost = 0
      return taken
    },
  }
}

function newCounts(clientId: string | null): ClientCounts {
  return { clientId, allowed: [], counted: new Map(), routes: new Set() }
}

function isRest({ clientId, route }: Counted): boolean {
  return clientId === null && route === null
}

function keyOf({ hour, clientId, route, outcome }: Counted): string {
  return JSON.stringify([hour, clientId, route, outcome])
}
