// The facts of the invariants, looked up in a recording, which is known to its end. Where it is not certain what happened first, that counts
// in favour of the run.
import { never, type End, type Facts } from './invariants.ts'
import type { Bounds, Interval, IssuedStep, Place, Step, Subject } from './steps.ts'

export function factsOf(steps: readonly Step[], bounds: Bounds): Facts {
  const issued = ofKind(steps, 'issued')
  const tokens = new Map(issued.map((step) => [step.token, step]))
  const endsOf = endsIn(steps)
  const cuts = cutsIn(steps)
  const stagings = new Map(
    steps.flatMap((step) => (step.step === 'key' && step.state === 'staged' && !step.isKnown ? [[step.key, step]] : [])),
  )
  const emergencies = new Set(steps.flatMap((step) => (step.step === 'key' && step.isEmergency ? step.key : [])))
  const secrets = Map.groupBy(ofKind(steps, 'begun'), ({ client }) => client!)
  return {
    bounds,
    endsOf: (subject) => endsOf.get(subject) ?? [],
    key: (kid) => ({ staged: stagings.get(kid), isEmergency: emergencies.has(kid) }),
    token: (token) => tokens.get(token),
    keysInUse: keysInUseOf(issued),
    secretsOf: (client, { from, to }) =>
      (secrets.get(client) ?? [])
        .filter(
          (secret) => secret.from <= to && !endsOf.get(secret.subject)?.some(({ ended, begun }) => ended.to < from && begun.from > to),
        )
        .map(({ subject }) => subject),
    cutOffSince: (place, { from, to }) => cuts.get(place)?.find((cut) => cut.to <= from && to < cut.joined.from),
    wasCutOff: catchesUp(cuts, bounds),
    seenBefore: seenIn(steps),
  }
}

/** Each end with the next beginning, if there is one. */
function endsIn(steps: readonly Step[]): Map<Subject, readonly End[]> {
  const begins = Map.groupBy(ofKind(steps, 'begun'), ({ subject }) => subject)
  const ended = steps.flatMap((step) => {
    if (step.step === 'ended') return [{ subject: step.subject, at: step as Interval }]
    return step.step === 'key' && step.state === 'compromised' ? [{ subject: `key:${step.key}` as Subject, at: step as Interval }] : []
  })
  const bySubject = Map.groupBy(ended, ({ subject }) => subject)
  return new Map(
    Array.from(bySubject, ([subject, ends]) => [
      subject,
      ends.map(({ at }) => ({ ended: at, begun: begins.get(subject)?.find(({ from }) => from >= at.from) ?? never })),
    ]),
  )
}

/** For each key its tokens by when they were given out, with the latest end of all before. */
function keysInUseOf(issued: readonly IssuedStep[]): Facts['keysInUse'] {
  const lists = Array.from(
    Map.groupBy(issued, ({ key }) => key),
    ([key, tokens]) => {
      const sorted = tokens.toSorted((one, other) => one.to - other.to)
      const latest: IssuedStep[] = []
      for (const token of sorted) latest.push(latest.at(-1) && latest.at(-1)!.expiresAt >= token.expiresAt ? latest.at(-1)! : token)
      return { key, ends: sorted.map(({ to }) => to), latest }
    },
  )
  return ({ from, to }) =>
    lists.flatMap(({ key, ends, latest }) => {
      const token = latest[countBelow(ends, from) - 1]
      return token && token.expiresAt > to ? [{ key, token: token.token }] : []
    })
}

interface Cut extends Interval {
  readonly joined: Interval
}

function cutsIn(steps: readonly Step[]): Map<Place, readonly Cut[]> {
  const joins = Map.groupBy(ofKind(steps, 'joined'), ({ who }) => who)
  const byPlace = Map.groupBy(ofKind(steps, 'cut'), ({ who }) => who)
  return new Map(
    Array.from(byPlace, ([who, cuts]) => {
      const joinsOfPlace = (joins.get(who) ?? []).toSorted((one, other) => one.from - other.from)
      return [who, cuts.map(({ from, to }) => ({ from, to, joined: joinsOfPlace.find((join) => join.from >= from) ?? never }))]
    }),
  )
}

/** A place that joins again needs as long to catch up as others to learn of a change; where nothing is promised, its whole bound. */
function catchesUp(cuts: ReadonlyMap<Place, readonly Cut[]>, bounds: Bounds): Facts['wasCutOff'] {
  return (place, { from, to }) => {
    const { connected, cutOff } = place.startsWith('guard:') ? bounds.guard : bounds.node
    return cuts.get(place)?.some((cut) => cut.from <= to && from <= cut.joined.to + (connected ?? cutOff)) ?? false
  }
}

/** For each place and history the responses by when they were read, with the highest revision so far. */
function seenIn(steps: readonly Step[]): Facts['seenBefore'] {
  const seen = Map.groupBy(ofKind(steps, 'seen'), ({ by, history }) => `${by} ${history}`)
  const lists = new Map(
    Array.from(seen, ([name, ofPlace]) => {
      const sorted = ofPlace.toSorted((one, other) => one.to - other.to)
      let highest = -Infinity
      return [name, { ends: sorted.map(({ to }) => to), highest: sorted.map(({ revision }) => (highest = Math.max(highest, revision))) }]
    }),
  )
  return (place, history, instant) => {
    const list = lists.get(`${place} ${history}`)
    return list && list.highest[countBelow(list.ends, instant) - 1]
  }
}

/** How many of the sorted numbers are below this one. */
function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}

function ofKind<Kind extends Step['step']>(steps: readonly Step[], kind: Kind): Extract<Step, { readonly step: Kind }>[] {
  return steps.filter((step): step is Extract<Step, { readonly step: Kind }> => step.step === kind)
}
