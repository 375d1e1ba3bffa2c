// Explores every state that a model can reach, breadth first, so that the first violation has the shortest trace. Two states are one if
// they have the same key: a model leaves out of it what cannot matter. Knows nothing of what the states mean.
import { createVisitedStates, type VisitedStates } from './visited-states.ts'

export interface Model<State> {
  readonly initial: State
  /** Every step that may come next. A step names what is wrong with it, if anything. */
  next(state: State): Iterable<Move<State>>
  /** What is wrong with the state itself, if anything. */
  check(state: State): Wrong | undefined
  key(state: State): string
}

export interface Move<State> {
  readonly name: string
  readonly to: State
  readonly wrong?: Wrong | undefined
}

export interface Wrong {
  readonly invariant: string
  readonly what: string
}

export interface Violation extends Wrong {
  /** The names of the steps from the initial state, the last of which is wrong or leads to the state that is. */
  readonly trace: readonly string[]
}

export interface Exploration {
  readonly states: number
  readonly steps: number
  /** The longest of the shortest ways to a state. */
  readonly depth: number
  readonly milliseconds: number
  /** The first, with the shortest trace; without one, every reachable state was visited. */
  readonly violation: Violation | undefined
}

/** @throws Error if there are more states than `maxStates`: an exploration that was not finished shows nothing */
export function explore<State>(model: Model<State>, maxStates = 12_000_000): Exploration {
  const startedAt = performance.now()
  const visited = createVisitedStates()
  let steps = 0
  let depth = 0
  let frontier: State[] = []
  let next: State[] = []

  function isNew(state: State, parent: number): boolean {
    if (!visited.add(model.key(state), parent)) return false
    if (visited.size() > maxStates) throw new Error(`There are more than ${maxStates} states`)
    next.push(state)
    return true
  }

  function finish(violation?: Violation): Exploration {
    return { states: visited.size(), steps, depth, milliseconds: Math.round(performance.now() - startedAt), violation }
  }

  function violate(wrong: Wrong, state: number, last?: string): Exploration {
    return finish({ ...wrong, trace: [...traceTo(model, visited, state), ...(last === undefined ? [] : [last])] })
  }

  isNew(model.initial, 0)
  const wrongAtStart = model.check(model.initial)
  if (wrongAtStart) return violate(wrongAtStart, 0)
  let explored = 0
  while (next.length > 0) {
    frontier = next
    next = []
    for (const state of frontier) {
      const number = explored++
      for (const { name, to, wrong } of model.next(state)) {
        steps++
        if (wrong) return violate(wrong, number, name)
        if (!isNew(to, number)) continue
        const wrongThere = model.check(to)
        if (wrongThere) return violate(wrongThere, visited.size() - 1)
      }
    }
    if (next.length > 0) depth++
  }
  return finish()
}

/** Walks the way to a state again, because only the hashes of its states were kept. */
function traceTo<State>(model: Model<State>, visited: VisitedStates, last: number): string[] {
  const names: string[] = []
  let state = model.initial
  for (const number of visited.wayTo(last)) {
    for (const { name, to } of model.next(state)) {
      if (!visited.hasKey(number, model.key(to))) continue
      names.push(name)
      state = to
      break
    }
  }
  return names
}
