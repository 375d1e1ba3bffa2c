import { test } from 'node:test'

test('one that passes and leaves a timer behind', () => {})
setInterval(() => {}, 1000)
