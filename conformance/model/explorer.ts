// Explores every state that a model can reach, breadth first, so that the first violation has the shortest trace. Two states are one if
// they have the same key: a model leaves out of it what cannot matter. Knows nothing of what the states mean.

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
  /** In the order in which they were found, which numbers them. */
  const keys = new Set<string>()
  const parents: number[] = []
  let steps = 0
  let depth = 0
  let frontier: State[] = []
  let next: State[] = []

  function isNew(state: State, parent: number): boolean {
    const key = model.key(state)
    if (keys.size === keys.add(key).size) return false
    if (keys.size > maxStates) throw new Error(`There are more than ${maxStates} states`)
    parents.push(parent)
    next.push(state)
    return true
  }

  function finish(violation?: Violation): Exploration {
    return { states: keys.size, steps, depth, milliseconds: Math.round(performance.now() - startedAt), violation }
  }

  function violate(wrong: Wrong, state: number, last?: string): Exploration {
    return finish({ ...wrong, trace: [...traceTo(model, [...keys], parents, state), ...(last === undefined ? [] : [last])] })
  }

  isNew(model.initial, -1)
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
        if (wrongThere) return violate(wrongThere, keys.size - 1)
      }
    }
    if (next.length > 0) depth++
  }
  return finish()
}

/** Walks the way to a state again, because only the keys of its states were kept. */
function traceTo<State>(model: Model<State>, keys: readonly string[], parents: readonly number[], last: number): string[] {
  const way: number[] = []
  for (let at = last; at > 0; at = parents[at]!) way.unshift(at)
  const names: string[] = []
  let state = model.initial
  for (const number of way) {
    for (const { name, to } of model.next(state)) {
      if (model.key(to) !== keys[number]) continue
      names.push(name)
      state = to
      break
    }
  }
  return names
}
