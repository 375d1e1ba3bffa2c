import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createRemoteGuard } from './remote-guard.ts'
import { createGuardCounter } from './repeated-guards.ts'

const issuer = 'https://auth.example.com/realms/repeated'
const text =
  /^createRemoteGuard\(\) was called 20 times within a minute for https:\/\/auth\.example\.com\/realms\/repeated\. .*make one when the program starts/

test('guards that are made again and again are told once, by issuer and within a minute', () => {
  const told: string[] = []
  let now = 0
  const count = createGuardCounter(
    (each) => told.push(each),
    () => now,
  )
  for (let made = 1; made < 20; made++) count(issuer)
  count('https://auth.example.com/realms/other')
  now += 60_000
  for (let made = 1; made < 20; made++) count(issuer)
  assert.deepEqual(told, [])
  for (let made = 1; made < 50; made++) count(issuer)
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', text)
})

test('a guard for each request is a warning of the process', async () => {
  const warned = once(process, 'warning')
  for (let made = 1; made <= 20; made++)
    createRemoteGuard({ issuer, realm: 'r', audience: 'a', credentials: { clientId: 'c', clientSecret: 's' } })
  const [{ name, message }] = (await warned) as [Error]
  assert.equal(name, 'CountersignGuardWarning')
  assert.match(message, text)
})
