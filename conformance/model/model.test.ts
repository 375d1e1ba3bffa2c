// Explores the model of the protocol for small bounds, and with each fault. Takes 45 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './explorer.ts'
import { faults } from './faults.ts'
import { invariants } from './invariants.ts'
import { createProtocol } from './protocol.ts'
import { rules } from './rules.ts'
import { scopes, smallScopes } from './scopes.ts'

for (const [name, scope] of Object.entries(smallScopes)) {
  test(`the protocol keeps its invariants in every reachable state of the part "${name}"`, (t) => {
    const { states, steps, depth, milliseconds, violation } = explore(createProtocol(scope))
    assert.deepEqual(violation, undefined)
    assert.ok(states > 1000)
    t.diagnostic(`${states} states, ${steps} steps, ${depth} deep, ${milliseconds} ms`)
  })
}

for (const { name, breaks, scope, found } of faults) {
  test(`the invariant "${found}" finds that ${name}`, (t) => {
    const { states, violation } = explore(createProtocol(scopes[scope], { [breaks]: false }))
    assert.ok(violation)
    assert.equal(violation.invariant, found, [...violation.trace, violation.what].join('\n'))
    t.diagnostic(`after ${states} states: ${violation.trace.join(', ')}: ${violation.what}`)
  })
}

test('every rule is broken by a fault, and every invariant finds one', () => {
  assert.deepEqual(faults.map(({ breaks }) => breaks).toSorted(), Object.keys(rules).toSorted())
  assert.deepEqual([...new Set(faults.map(({ found }) => found))].toSorted(), Object.keys(invariants).toSorted())
})
