import { suite, test } from 'node:test'

test('one for which a program is missing', { skip: 'needs a program' }, () => {})

suite('a suite for which it is missing', { skip: 'needs a program' }, () => {
  test('of the suite', () => {})
})

test('another one', { skip: true }, () => {})

test('one that passes', () => {})
