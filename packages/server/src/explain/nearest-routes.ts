// The routes that guards have reported and that come nearest to one that none has: it may be misspelt, or a path in place of its template.
import type { ExplainContext } from './facts.ts'

interface Asked {
  readonly api: string | null
  readonly method: string | null
  readonly route: string
}

interface ReportedRoute {
  readonly api: string
  readonly method: string
  readonly route: string
}

const shown = 5
/** Of a realm with more, those of its last reports are compared. */
const maxCompared = 5000

/** In words, such as "GET /v1/orders (orders-api)"; empty if guards of the realm have reported no route. */
export async function findNearestRoutes({ db }: Pick<ExplainContext, 'db'>, realm: string, asked: Asked): Promise<string[]> {
  const rows = await db
    .selectFrom('guarded_routes')
    .select(['api', 'method', 'route'])
    .where('realm', '=', realm)
    .orderBy('seen_at', 'desc')
    .limit(maxCompared)
    .execute()
  const texts = new Set(sortByNearness(rows, asked).map(({ api, method, route }) => `${method} ${route}${api === '' ? '' : ` (${api})`}`))
  return [...texts].slice(0, shown)
}

/** By the route first: a method or an API that is wrong is seen in the answer. */
export function sortByNearness<Route extends ReportedRoute>(routes: readonly Route[], { api, method, route: asked }: Asked): Route[] {
  const wanted = pairsOf(asked)
  return routes
    .map((each) => ({ each, near: likeness(wanted, pairsOf(each.route)), same: Number(each.method === method) + Number(each.api === api) }))
    .toSorted((a, b) => b.near - a.near || b.same - a.same || (a.each.route < b.each.route ? -1 : 1))
    .map(({ each }) => each)
}

/** Pairs of neighbouring letters. A parameter counts as one letter, as does a value that stands where one should. */
function pairsOf(route: string): ReadonlySet<string> {
  const letters = route.toLowerCase().replaceAll(/\{[^}]*\}|(?<=\/)(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=\/|$)/g, '*')
  return new Set(Array.from(letters.slice(1), (letter, index) => letters[index]! + letter))
}

/** From 0 to 1: how much of both is in both (Dice's coefficient). */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return (2 * one.intersection(other).size) / Math.max(1, one.size + other.size)
}
