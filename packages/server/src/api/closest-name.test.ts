import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closestName } from './closest-name.ts'

const names = ['organizations.create', 'organizations.delete', 'clients.create', 'request']
for (const [typed, meant] of [
  ['organisations.create', 'organizations.create'],
  ['client.create', 'clients.create'],
  ['Clients.Create', 'clients.create'],
  ['requests', 'request'],
  ['nonsense', undefined],
  ['x', undefined],
  ['', undefined],
] as const) {
  test(`"${typed}" is ${meant === undefined ? 'close to no name' : `"${meant}", mistyped`}`, () =>
    assert.equal(closestName(typed, names), meant))
}
