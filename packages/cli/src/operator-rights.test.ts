import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScopes } from '@countersign/admin'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { serverUrl, operator, systems } = await startTestDemo()
const { clientId, clientSecret } = systems['novatrade24']!.clients['acme']!
const asClient = { COUNTERSIGN_SERVER: serverUrl, COUNTERSIGN_CLIENT_ID: clientId, COUNTERSIGN_CLIENT_SECRET: clientSecret }
const inRealm = '--operator-realm /realms/nt24-idp'

test('a client becomes an operator of its realm, logs in there, and is none again', async () => {
  const made = await callCommand(['client', 'operator', clientId, '--realm', 'nt24-idp', '--scope', 'organizations:read clients:read'])
  assert.match(made.stdout, /^operator scopes +organizations:read clients:read$/m, made.stderr)
  assert.match(
    (await callCommand(`client show ${clientId} --realm nt24-idp`)).stdout,
    /^operator scopes +organizations:read clients:read$/m,
  )
  assert.match((await callCommand(`operator show ${clientId} --realm nt24-idp`)).stdout, /^lives in +nt24-idp$/m)

  const listed = await callCommand(`realm list ${inRealm} --json`, asClient)
  assert.deepEqual(
    JSON.parse(listed.stdout).items.map(({ name }: { name: string }) => name),
    ['nt24-idp'],
  )
  for (const issuer of ['/realms/nt24-idp/', `${serverUrl}/realms/nt24-idp`])
    assert.equal((await callCommand('realm list', { ...asClient, COUNTERSIGN_OPERATOR_REALM: issuer })).exitCode, 0)
  const elsewhere = await callCommand(`client list --realm prod ${inRealm}`, asClient)
  assert.equal(elsewhere.exitCode, 4)
  assert.match(elsewhere.stderr, /^Error: This operator may act only in the realm nt24-idp\.\nNext: .*countersign operator limit/)
  const more = await callCommand(`client operator ${clientId} --realm nt24-idp --none ${inRealm}`, asClient)
  assert.match(more.stderr, /clients:write/, 'it lacks that scope')

  const ended = await callCommand(`client operator ${clientId} --realm nt24-idp --none`)
  assert.match(ended.stdout, /^operator scopes +none: it is no operator$/m)
  const { exitCode, stderr } = await callCommand(`realm list ${inRealm}`, asClient)
  assert.equal(exitCode, 4)
  assert.match(stderr, /Next: If the client is not an operator of its realm, an owner makes it one by "countersign client operator"\./)
  assert.match((await callCommand('realm list', asClient)).stderr, /\nNext: An operator that lives in .*: add --operator-realm\. See /)
  assert.match((await callCommand(`operator show ${clientId}`)).stderr, /Next: .* add --realm; "countersign operator list" shows/)
})

test('an operator is created with limits, which are changed, lifted and listed', async () => {
  const create = ['client', 'create', '--realm', 'operators', '--organization', 'operators', '--client-id', 'deputy', '--limit-to', 'prod']
  const created = await callCommand([...create, '--scope', adminScopes.join(' ')])
  assert.match(created.stdout, /^may act in +prod$/m, created.stderr)
  const rowOf = async (id: string) => (await callCommand('operator list')).stdout.split('\n').find((line) => line.startsWith(`${id} `))
  assert.match((await rowOf('deputy'))!, /^deputy +operators +prod +- +yes +organizations:read /)
  assert.match((await rowOf(operator.clientId))!, / +operators +all realms +owner +yes /)
  assert.match((await callCommand('operator limit deputy --realm prod --realm nt24-idp')).stdout, /^may act in +prod nt24-idp$/m)
  assert.match((await callCommand('operator show deputy')).stdout, /^may act in +prod nt24-idp$/m)
  assert.match((await callCommand('operator limit deputy --all-realms')).stdout, /^may act in +all realms$/m)
  assert.match((await rowOf('deputy'))!, / +all realms +owner /)
})

test('wrong use is named', async () => {
  for (const [args, message] of [
    ['operator limit deputy', /Not exactly one of --realm and --all-realms/],
    ['operator limit deputy --realm nowhere', /^Error: --realm: expected realms among/],
    [`client operator ${clientId} --realm nt24-idp`, /Not exactly one of --scope and --none/],
    [`client operator ${clientId} --realm nt24-idp --scope everything`, /^Error: --scope/],
    ['realm list --operator-realm nt24-idp', /has no credentials/],
  ] as const) {
    const { exitCode, stderr } = await callCommand(args)
    assert.notEqual(exitCode, 0)
    assert.match(stderr, message)
  }
  const named = await callCommand('realm list --operator-realm nt24-idp', asClient)
  assert.match(named.stderr, /is not an issuer\.\nNext: Write the path of the issuer, such as "\/realms\/nt24-idp"/)
})
