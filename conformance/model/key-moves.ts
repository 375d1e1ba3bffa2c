// The life of signing keys, each step a transaction that any node may make: a crash falls between two of them.
import { append, keysIn, type Step } from './node-moves.ts'
import { retainFor, times, withAt, type Change, type Context, type Key, type State } from './state.ts'

const noKey = -1

function withKey(state: State, key: number, changed: Partial<Key>): State {
  return { ...state, keys: withAt(state.keys, key, { ...state.keys[key]!, ...changed }) }
}

function logged(state: State, compromised = noKey): State {
  return append(state, { compromised })
}

/** Of a change of keys that names one. */
export function namedKey(change: Change): number | undefined {
  return change.client === undefined && change.compromised !== noKey ? change.compromised : undefined
}

export function* keyMoves(state: State, { scope, rules }: Context): Generator<Step> {
  if (scope.keys < 2 || state.log.length >= scope.unread) return
  const states = keysIn(state)
  const active = states.indexOf('active')
  const staged = states.indexOf('staged')
  const next = states.indexOf('none')
  if (next >= 0 && staged < 0)
    yield { name: `key ${next} is staged`, to: logged(withKey(state, next, { state: 'staged', age: 0, everywhere: 0 })) }
  if (staged >= 0) {
    const { age } = state.keys[staged]!
    if (active >= 0 && (age >= times.publishBefore || !rules.publishesFirst))
      yield { name: `key ${staged} becomes active`, to: logged(activate(retire(state, active), staged, false)) }
    if (active < 0 && age >= times.emergency)
      yield { name: `key ${staged} becomes active in an emergency`, to: logged(activate(state, staged, age < times.publishBefore)) }
  }
  for (const [key, { state: stateOfKey, age }] of state.keys.entries()) {
    if (stateOfKey === 'retiring' && (age >= retainFor || !rules.retainsKeys))
      yield { name: `key ${key} is retired`, to: logged(withKey(state, key, { state: 'retired', age: 0 })) }
    if (stateOfKey === 'staged' || stateOfKey === 'active' || stateOfKey === 'retiring')
      yield { name: `key ${key} is compromised`, to: logged(compromise(state, key, staged), key) }
  }
}

function activate(state: State, key: number, isEmergency: boolean): State {
  return withKey(state, key, { state: 'active', isEmergency })
}

function retire(state: State, key: number): State {
  return withKey(state, key, { state: 'retiring', age: 0 })
}

/** In one transaction with the activation of the reserve, if that may sign. */
function compromise(state: State, key: number, reserve: number): State {
  const without = withKey(state, key, { state: 'compromised', age: 0 })
  const age = state.keys[reserve]?.age ?? 0
  if (state.keys[key]!.state !== 'active' || age < times.emergency) return without
  return activate(without, reserve, age < times.publishBefore)
}
