import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const params = { realm }
const requiredFrom = '2030-01-01T00:00:00Z'
const text = '# Agreement\r\n\n- one\n- two\twith a tab\n\nÜber „uns“ 例\n'
const digest = hash('sha256', Buffer.from(text), 'hex')

suite('texts of the agreement', () => {
  const shared = shareTestServer()
  let versions = 0
  const next = () => `2030-${++versions}`

  test('a version is published with its text, whose digest is that of its bytes, and an acceptance keeps that digest', async () => {
    const { admin, requestAdmin, aClient } = shared()
    const version = next()
    const published = await admin('dpa.publish', { params, body: { version, requiredFrom, text } })
    assert.equal(published.textDigest, digest)
    assert.deepEqual(await admin('dpa.text', { params: { realm, version } }), { version, text, digest })
    assert.equal((await admin('dpa.versions', { params })).items[0]!.textDigest, digest)

    const { slug: organization } = await aClient(realm)
    const accept = (more: object) =>
      requestAdmin('dpa.accept', { params: { realm, organization }, body: { version, acceptedBy: 'Ada', ...more } })
    assert.deepEqual(refusalOf(await accept({ digest: hash('sha256', 'another text', 'hex') })), [409, 'conflict'])
    assert.equal((await accept({ digest })).statusCode, 201)
    assert.equal((await accept({})).statusCode, 201)
    const { items } = await admin('dpa.acceptances', { params: { realm, organization } })
    assert.deepEqual(items.map(({ textDigest }) => textDigest).toSorted(), [digest, null])
    assert.deepEqual(
      items.map(({ person }) => person),
      [null, null],
    )
    const [event] = (await admin('audit.search', { params: {}, query: { realm, kind: 'dpa.publish', limit: 1 } })).items
    assert.deepEqual([event!.detail['textDigest'], event!.detail['text']], [digest, undefined])
  })

  test('a version without a text has none to get, and no digest to accept', async () => {
    const { admin, requestAdmin, aClient } = shared()
    const version = next()
    assert.equal((await admin('dpa.publish', { params, body: { version, requiredFrom } })).textDigest, null)
    for (const unknown of [version, 'no-such-version', '%2e%2e/x'])
      assert.deepEqual(refusalOf(await requestAdmin('dpa.text', { params: { realm, version: unknown } })), [404, 'not-found'])
    const { slug: organization } = await aClient(realm)
    const refused = await requestAdmin('dpa.accept', {
      params: { realm, organization },
      body: { version, acceptedBy: 'Ada', digest },
    })
    assert.deepEqual(refusalOf(refused), [409, 'conflict'])
  })

  test('a text is refused that is empty, too long, or has what cannot be seen', async () => {
    const { requestAdmin, admin } = shared()
    const version = next()
    const publish = (text: string) => requestAdmin('dpa.publish', { params, body: { version, requiredFrom, text } })
    const bad = ['', ' \n ', 'a\u0000b', 'a\u001b[31mb', 'a\rb', 'a\u202eb', 'a\u200bb', 'x'.repeat(200_001), 'é'.repeat(100_001)]
    for (const one of bad) {
      const refused = await publish(one)
      assert.deepEqual(refusalOf(refused), [400, 'invalid-request'], JSON.stringify(one.slice(0, 20)))
      assert.equal(refused.json().errors[0].pointer, '/text')
    }
    assert.deepEqual(refusalOf(await publish('x'.repeat(1_100_000))), [413, 'payload-too-large'])
    assert.ok((await admin('dpa.versions', { params })).items.every((one) => one.version !== version))
    assert.equal((await publish(`${'\n'.repeat(99_999)}${'é'.repeat(50_000)}x`)).statusCode, 201)
  })
})

test('the version of the configuration gets its text once, and stays required', async () => {
  const { admin, requestAdmin } = await startTestServer()
  const publish = (body: { version: string; text?: string }) => requestAdmin('dpa.publish', { params, body: { requiredFrom, ...body } })
  assert.deepEqual(refusalOf(await publish({ version: '2026-01' })), [409, 'conflict'])
  assert.deepEqual(refusalOf(await publish({ version: '2026-1', text })), [409, 'conflict'])
  assert.equal((await publish({ version: '2026-01', text })).statusCode, 201)
  assert.deepEqual(refusalOf(await publish({ version: '2026-01', text })), [409, 'conflict'])
  const [version, ...others] = (await admin('dpa.versions', { params })).items
  assert.deepEqual([version!.version, version!.textDigest, others], ['2026-01', digest, []])
  const { counts } = await admin('realms.summary', { params })
  assert.deepEqual([counts.agreement.requiredVersion, counts.agreement.coming], ['2026-01', null])
})
