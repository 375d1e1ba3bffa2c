import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { startServed } from './served.fixture.ts'

/** Another process in the middle of a long write transaction on the store. */
async function aLongTransaction(t: TestContext, store: string) {
  const program = `
    const database = new (require('node:sqlite').DatabaseSync)(${JSON.stringify(store)})
    database.exec("pragma busy_timeout = 5000; begin immediate; update settings set value = value")
    console.log('writing')
    process.stdin.once('data', () => database.exec('rollback'))`
  const writer = spawn(process.execPath, ['--no-warnings', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => writer.kill('SIGKILL'))
  await once(writer.stdout, 'data')
  return {
    async end() {
      const ended = once(writer, 'exit')
      writer.stdin.end('end')
      await ended
    },
  }
}

test('abuse 231: while another process holds the write lock, requests that must write get 503, and all others are answered', async (t) => {
  const { server, store, tokens, admin, requestToken, serverUrl, auditedTokens, verifyAudit } = await startServed()
  const params = { realm: 'partners' }
  const authorization = `Bearer ${await tokens.getToken()}`
  const transaction = await aLongTransaction(t, store)

  // The process holds its lock until it is told to stop, so a request that waited for the lock would never end.
  const refused = [requestToken(), requestToken(), requestToken()]
  await assert.rejects(admin.call('organizations.create', { params, body: { slug: 'acme', name: 'Acme' } }), { status: 503 })
  assert.deepEqual(await Promise.all(refused), [503, 503, 503])
  assert.equal((await fetch(`${serverUrl}/v1/me`, { headers: { authorization } })).status, 200)
  assert.deepEqual((await admin.call('organizations.list', { params })).items, [])

  await transaction.end()
  assert.equal(await requestToken(), 200)
  await admin.call('organizations.create', { params, body: { slug: 'acme', name: 'Acme' } })
  assert.equal((await server.stop()).exitCode, 0)
  assert.deepEqual([auditedTokens(), await verifyAudit()], [2, undefined])
})
