import { test } from 'node:test'

test('one that is never reported', () => {})
console.error('the last words of a file')
process.exit(3)
