import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { operations, type OperationOutput } from '@countersign/admin'
import { serverVersion } from '../monitoring/server-version.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'
import { remedyOf } from './health-remedies.ts'
import { describeNode, warningsOf, type KnownNode } from './read-health.ts'

/** A busy machine that runs tests holds up its event loop for a moment now and then. */
const lasting = (warnings: OperationOutput<'health.get'>['warnings']) => warnings.filter(({ kind }) => kind !== 'event-loop')

suite('the health of the server', () => {
  const shared = shareTestServer()
  const read = () => shared().admin('health.get', { params: {} })

  test('a server that is well needs no attention, and tells its node, database and keys', async () => {
    const { aClient, tokenOf, upkeep } = shared()
    await upkeep.announce()
    await tokenOf('prod', await aClient('prod'))
    const health = await read()
    assert.equal(operations['health.get'].output.safeParse(health).success, true)
    assert.deepEqual(lasting(health.warnings), [])
    const [node] = health.nodes
    assert.deepEqual([node?.answering, node?.version, node?.seenSecondsAgo], [true, serverVersion, 0])
    assert.match(health.database.migration, /^0\d\d-/)
    assert.ok(health.database.sizeBytes > 0 && health.database.revision > 0)
    const key = health.signingKeys.find(({ realm }) => realm === 'prod')
    assert.deepEqual([key?.algorithm, key?.overdue], ['ES256', false])
  })

  test('abuse 164: the public listener has no page of health, and the operation needs an operator who may read the audit log', async () => {
    const { request, requestAdmin, createOperator, admin } = shared()
    for (const url of ['/health', '/admin/health', '/debug', '/healthz']) assert.equal((await request({ url })).statusCode, 404, url)
    assert.equal((await request({ url: '/admin/v1/health' })).statusCode, 401)
    const limited = await createOperator({ realms: ['prod'] })
    assert.equal((await requestAdmin('health.get', { params: {} }, limited)).statusCode, 403)
    const body = { organization: 'operators', clientId: 'support', name: 'Support', scopes: ['clients:read'] }
    const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    const answer = await requestAdmin('health.get', { params: {} }, { clientId: 'support', clientSecret: clientSecret! })
    assert.equal(answer.statusCode, 403)
  })

  test('abuse 164: it tells no key, no location of the store and no folder of the machine', async () => {
    const { requestAdmin, database, folder } = shared()
    const { body } = await requestAdmin('health.get', { params: {} })
    for (const secret of [database.location, folder, 'pepper', 'BEGIN', 'csk_']) assert.ok(!body.includes(secret), secret)
  })
})

test('a row that cannot be read is told, with where to look', async () => {
  const { admin, aClient, database, requestToken, expectErrors } = await startTestServer({ nodes: 1 })
  expectErrors()
  const { clientId, clientSecret } = await aClient('prod')
  await database.query(`update clients set scopes = '{' where client_id = ?`, clientId)
  await requestToken('prod', { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  const { state, warnings } = await admin('health.get', { params: {} })
  const [damaged, ...others] = lasting(warnings)
  assert.deepEqual([state, damaged?.kind, others], ['bad', 'damaged-rows', []])
  assert.match(damaged!.remedy, /^The log of the node names the row/)
})

const report = {
  reasons: {},
  warnings: {},
  clockDifferenceSeconds: 0,
  pullAgeSeconds: 0.4,
  eventLoopLagSeconds: 0,
  damagedReads: 0,
  audit: { waiting: 0, sealAgeSeconds: 3, spool: null },
}

function aNode(more: Partial<KnownNode> = {}): KnownNode {
  const identity = { host: 'auth-1', version: '0.1.0', startedAt: 0 }
  return { node: '0a1b2c3d', identity, report, answering: false, seenAt: 0, silentMs: 0, clockDifferenceSeconds: 0, ...more }
}

const self = aNode({ node: 'ffffffff', answering: true })
const kindsOf = (...nodes: KnownNode[]) => warningsOf([self, ...nodes]).map(({ severity, kind, node }) => `${severity} ${kind} ${node}`)

suite('what is said of other nodes', () => {
  test('a reason why a node gets no requests is bad, a warning is not, and the same check is told once', () => {
    const sick = {
      ...report,
      reasons: { store: 'the store has not answered' },
      warnings: { store: 'the store is slow', log: 'lines are dropped' },
    }
    assert.deepEqual(kindsOf(aNode({ report: sick })), ['bad store 0a1b2c3d', 'warn log 0a1b2c3d'])
    assert.equal(describeNode(aNode({ report: sick })).ready, false)
  })

  test('what a silent node said last does not count any more', () => {
    const silent = aNode({ silentMs: 61_000, report: { ...report, warnings: { log: 'lines are dropped' } } })
    assert.deepEqual(kindsOf(silent), ['warn node-silent 0a1b2c3d'])
    assert.deepEqual([describeNode(silent).ready, describeNode(silent).seenSecondsAgo], [null, 61])
  })

  test('a node of another version is named, also one that does not say which', () => {
    assert.deepEqual(kindsOf(aNode({ identity: { host: 'auth-1', version: '0.2.0', startedAt: 0 } })), [
      'warn node-of-other-version 0a1b2c3d',
    ])
    assert.deepEqual(kindsOf(aNode({ identity: undefined, report: undefined })), ['warn node-of-other-version 0a1b2c3d'])
  })

  test('facts are sentences', () => {
    const [warning] = warningsOf([aNode({ report: { ...report, warnings: { log: 'lines are dropped' } } })])
    assert.equal(warning?.fact, 'Lines are dropped.')
  })
})

test('the command names the realm that the text names, and an unknown check leads to the guide', () => {
  const fact = 'the signing key of the realm "prod" for ES256 is 120 days old and signs on'
  assert.equal(remedyOf('signing-keys', fact).command, 'countersign key list --realm prod')
  assert.equal(remedyOf('signing-key-reserve', 'no key').command, null)
  assert.match(remedyOf('of-next-year', '').remedy, /docs\/operating\.md/)
})

test('every check of the server has a next step of its own', () => {
  const sources = join(import.meta.dirname, '..')
  const written = globSync('**/*.ts', { cwd: sources, exclude: ['**/*.test.ts'] }).map((file) => readFileSync(join(sources, file), 'utf8'))
  const kinds = new Set(written.flatMap((text) => [...text.matchAll(/\breadiness\.(?:add|warn)\('([a-z-]+)'/g)].map(([, kind]) => kind!)))
  assert.ok(kinds.size >= 15, [...kinds].join())
  for (const kind of kinds) assert.notEqual(remedyOf(kind, '').remedy, remedyOf('of-next-year', '').remedy, kind)
})
