import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnswerMemory } from './organization-answers.ts'

const partner = (id: string) => ({ id, name: 'Partner' })

test('members, unknown ids and ids that were not asked for are told apart', () => {
  const { partners } = createAnswerMemory().create()
  partners.learn('a', partner('a'))
  partners.learn('b', null)
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => partners.find(id)),
    [partner('a'), null, undefined],
  )
})

test('fault 5.1: unknown ids, which have no end, displace no member', () => {
  const { partners } = createAnswerMemory().create()
  for (let i = 0; i < 1000; i++) partners.learn(`member-${i}`, partner(`member-${i}`))
  for (let i = 0; i < 20_000; i++) partners.learn(`unknown-${i}`, null)
  for (let i = 0; i < 1000; i++) assert.ok(partners.find(`member-${i}`))
  assert.ok(partners.size <= 2000)
})

test('fault 5.1: at the limit of all organizations, that with the most answers loses its own', () => {
  const memory = createAnswerMemory(1000)
  const small = Array.from({ length: 10 }, () => memory.create())
  for (const { partners } of small) for (let i = 0; i < 10; i++) partners.learn(`id-${i}`, null)
  const large = memory.create()
  for (let i = 0; i < 20_000; i++) {
    large.partners.learn(`id-${i}`, partner(`id-${i}`))
    assert.ok(large.partners.size <= 1000)
  }
  for (const { partners } of small) for (let i = 0; i < 10; i++) assert.equal(partners.find(`id-${i}`), null)
})

test('released answers do not count any more', () => {
  const memory = createAnswerMemory(100)
  const kept = memory.create()
  for (let i = 0; i < 60; i++) kept.requestors.learn(`id-${i}`, new Set())
  for (let round = 0; round < 100; round++) {
    const answers = memory.create()
    for (let i = 0; i < 30; i++) answers.partners.learn(`id-${i}`, null)
    memory.release(answers)
  }
  assert.equal(kept.requestors.size, 60)
})
