import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock, aSigningKey } from './guard.fixture.ts'
import { createWithdrawnKeys } from './withdrawn-keys.ts'

const [one, two] = [aSigningKey('ES256', 'key-1').verificationKey, aSigningKey('ES256', 'key-2').verificationKey]
const setOf = (...keys: (typeof one)[]) => new Map(keys.map((key) => [key.kid, key]))

/** Both keys were published for `minutes` since the guard began to listen. */
function given(minutes: number) {
  const clock = aClock()
  const withdrawn = createWithdrawnKeys(clock.steady)
  withdrawn.missNews()
  clock.advance(minutes * 60)
  withdrawn.compare(new Map(), setOf(one, two), clock.steady())
  const vanish = () => withdrawn.compare(setOf(one, two), setOf(two), clock.steady())
  return { clock, vanish, ...withdrawn }
}

test('abuse 134: a key that vanished without a word is kept for an hour after it was last published', () => {
  const { clock, findKept, vanish, withKept } = given(5)
  assert.deepEqual(vanish(), ['key-1'])
  assert.equal(withKept(setOf(two)).get('key-1'), one)
  clock.advance(3599)
  assert.equal(findKept('key-1'), one)
  clock.advance(1)
  assert.equal(findKept('key-1'), undefined)
})

test('abuse 134: a key that was compromised is not kept, whichever of the two is known first', () => {
  for (const isFirst of [true, false]) {
    const { compromise, findKept, isCompromised, vanish } = given(5)
    if (isFirst) compromise('key-1')
    vanish()
    if (!isFirst) compromise('key-1')
    assert.deepEqual([findKept('key-1'), isCompromised('key-1'), isCompromised('key-2')], [undefined, true, false])
  }
})

test('abuse 134: a key is not kept if news may have been missed since it was published, as before the guard began to listen', () => {
  const early = given(4)
  assert.deepEqual([early.vanish(), early.findKept('key-1')], [[], undefined])
  const late = given(5)
  late.vanish()
  late.missNews()
  assert.equal(late.findKept('key-1'), undefined)
})

test('a key that is published again is not kept beside it', () => {
  const { clock, compare, findKept, vanish } = given(5)
  vanish()
  compare(setOf(two), setOf(one, two), clock.steady())
  assert.equal(findKept('key-1'), undefined)
})

test('abuse 135: ids of compromised keys take bounded memory, and the latest are kept', () => {
  const { compromise, isCompromised } = given(0)
  compromise('x'.repeat(1_000_000))
  for (let index = 0; index < 3000; index++) compromise(`key-${index}`)
  assert.deepEqual([isCompromised('key-0'), isCompromised('key-2000'), isCompromised('key-2999')], [false, true, true])
})
