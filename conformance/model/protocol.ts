// The protocol as a model: which steps may come next, what they tell the invariants, and which states are the same.
import { clientMoves } from './client-moves.ts'
import type { Model, Move, Wrong } from './explorer.ts'
import { feedMoves } from './feed-moves.ts'
import { judge, type Facts } from './invariants.ts'
import { keyMoves } from './key-moves.ts'
import { boundsOf, factsOf } from './model-facts.ts'
import { nodeMoves } from './node-moves.ts'
import { allRules, type Rules } from './rules.ts'
import { keyOf } from './state-key.ts'
import { initialState, type Context, type Scope, type State } from './state.ts'
import { stepsIn, stepsOf, type ModelStep } from './model-steps.ts'
import { forgetLog, settle, tick } from './time.ts'
import { tokenMoves } from './token-moves.ts'

export function createProtocol(scope: Scope, broken: Partial<Rules> = {}): Model<State> {
  const context: Context = { scope, rules: { ...allRules, ...broken } }
  const bounds = boundsOf(context)

  function* allMoves(state: State): Generator<ModelStep> {
    yield { name: 'time passes', to: tick(state, context) }
    yield* nodeMoves(state, context)
    yield* keyMoves(state, context)
    yield* clientMoves(state, context)
    if (scope.requests) yield* tokenMoves(state, context)
    yield* feedMoves(state, context)
    yield* forgetLog(state)
  }

  return {
    initial: initialState(scope),
    *next(state): Generator<Move<State>> {
      for (const move of allMoves(state)) {
        yield { name: move.name, to: settle(move.to, context), wrong: firstWrong(stepsOf(move), state) }
      }
    },
    check: (state) => firstWrong(stepsIn(state, context), state),
    key: keyOf,
  }

  function firstWrong(steps: Iterable<Parameters<typeof judge>[0]>, state: State): Wrong | undefined {
    let facts: Facts | undefined
    for (const step of steps) {
      facts ??= factsOf(state, bounds)
      const wrong = judge(step, facts)
      if (wrong) return wrong
    }
    return undefined
  }
}
