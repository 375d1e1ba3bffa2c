// The promise to integrators: a secret is replaced while the backend continues to call, and no call fails.
import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTokenProvider, rotateSecret, withBearer } from '@countersign/client'
import { aFolder, startTestDemo } from '@countersign/cli/demo.fixture'

const { systems } = await startTestDemo()

test('a backend that reads its secret from a file keeps working while another process replaces it', async () => {
  const { issuer, apiUrl, clients } = systems['novatrade24']!
  const { clientId, clientSecret: first } = clients['acme']!
  const file = join(aFolder(), 'secret')
  writeFileSync(file, first)
  const readSecrets = () => readFileSync(file, 'utf8').split('\n')

  const events: string[] = []
  let skippedMs = 0
  const clock = {
    now: () => performance.now() + skippedMs,
    startTimer: (callback: () => void, delayMs: number) => {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
  }
  const tokens = createTokenProvider({ issuer, clientId, clientSecret: readSecrets, clock, onSecretProven: () => events.push('proven') })
  const callApi = withBearer(fetch, tokens, { origins: [new URL(apiUrl).origin] })
  const call = async () => {
    skippedMs += 3_600_000 // Every token has just expired by the clock of the backend: each call needs the secret.
    return (await callApi(`${apiUrl}/v1/me`)).status
  }
  assert.equal(await call(), 200)

  const rotation = rotateSecret({
    issuer,
    clientId,
    clientSecret: readSecrets,
    save: (secrets) => {
      writeFileSync(`${file}.new`, secrets.join('\n'), { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
    },
    wait: false, // The demo requires the old secret to be unused for longer than a token is valid.
    onProgress: ({ step }) => events.push(step),
  })
  const [{ state }, ...statuses] = await Promise.all([rotation, call(), call(), call()])
  assert.equal(state, 'overlapping')
  assert.deepEqual([...statuses, await call()], [200, 200, 200, 200])
  assert.equal(readSecrets()[1], first)
  assert.deepEqual(events.toSorted(), ['proven', 'proven', 'stored'], 'to the one that rotates, and to the backend')
})
