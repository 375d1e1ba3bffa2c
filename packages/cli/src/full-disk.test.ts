import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { aSmallDisk, skipWithoutSmallDisk } from '@countersign/server/small-disk.fixture'
import { startServed } from './served.fixture.ts'

test(
  'abuse 226: on a full disk SQLite stores no row and no token is issued; with free space again, nothing acknowledged is missing',
  { skip: skipWithoutSmallDisk() },
  async (t) => {
    const disk = aSmallDisk(t, 4096)
    const { server, admin, tokens, requestToken, serverUrl, store, auditedTokens, verifyAudit } = await startServed({ folder: disk.folder })
    const create = (slug: string) => admin.call('organizations.create', { params: { realm: 'partners' }, body: { slug, name: slug } })
    const authorization = `Bearer ${await tokens.getToken()}`
    await create('before')

    disk.fill()
    let delivered = 1
    // Space that the write-ahead log of SQLite has already allocated may still be used.
    while ((await requestToken()) === 200) delivered++
    for (let i = 0; i < 10; i++) assert.equal(await requestToken(), 503)
    assert.equal((await fetch(`${serverUrl}/readyz`)).status, 503)
    await assert.rejects(create('meanwhile'), { status: 503 })
    assert.equal((await fetch(`${serverUrl}/v1/me`, { headers: { authorization } })).status, 200)

    disk.free()
    for (let i = 0; i < 10; i++, delivered++) assert.equal(await requestToken(), 200)
    assert.equal((await fetch(`${serverUrl}/readyz`)).status, 200)
    await create('afterwards')
    const { items } = await admin.call('organizations.list', { params: { realm: 'partners' } })
    assert.deepEqual(new Set(items.map(({ slug }) => slug)), new Set(['before', 'afterwards']))
    const { exitCode, stderr } = await server.stop()
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /Audit events cannot be written: database or disk is full[^]*Audit events can be written again/)
    assert.deepEqual([auditedTokens(), await verifyAudit()], [delivered, undefined])
    const database = new DatabaseSync(store, { readOnly: true })
    t.after(() => database.close())
    assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  },
)
