import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byName } from './by-name.ts'

const items = ['Juniper', 'alder', 'Elm'].map((name) => ({ name }))
const namesOf = (page: { readonly items: readonly { readonly name: string }[] }) => page.items.map(({ name }) => name)

test('partners that fit on one page are listed by name; those of several pages stay as the API sends them', () => {
  assert.deepEqual(namesOf(byName({ items, next: null }, '')), ['alder', 'Elm', 'Juniper'])
  assert.deepEqual(namesOf(byName({ items, next: 'more' }, '')), ['Juniper', 'alder', 'Elm'])
  assert.deepEqual(namesOf(byName({ items, next: null }, 'before')), ['Juniper', 'alder', 'Elm'])
})
