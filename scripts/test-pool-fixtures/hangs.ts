import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

test('one that hangs', () => sleep(60_000, undefined, { ref: false }))
setInterval(() => {}, 1000)
