import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const demo = await startTestDemo()
const ofAcme = '--realm nt24-idp --organization acme'

test('a person is invited by a link, and the invitation is listed and withdrawn', async () => {
  const { stdout, stderr } = await callCommand(`invitation create ${ofAcme} --role admin`)
  const [, link = ''] = /\n(http\S+)\n/.exec(stdout) ?? []
  const [page, token = ''] = link.split('#')
  assert.equal(page, `${demo.serverUrl}/portal/invitation`, stdout + stderr)
  assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.match(stdout, /shown only once/)
  const list = await callCommand(`invitation list ${ofAcme} --wide`)
  assert.match(list.stdout, /^ID +ROLE +STATE +INVITED BY +CREATED +ENDS +PERSON\n/)
  assert.match(list.stdout, /\n\S+ +admin +open +operator/)
  assert.ok(!list.stdout.includes(token))
  const [id] = /[0-9a-f]{8}-\S+/.exec(list.stdout)!
  const withdrawn = await callCommand(`invitation withdraw ${id} ${ofAcme}`)
  assert.equal(withdrawn.stdout.trim(), 'The invitation is withdrawn.', withdrawn.stderr)
  assert.match((await callCommand(`invitation list ${ofAcme} --wide`)).stdout, / withdrawn /)
  const log = await callCommand(`audit search --changes --kind invitations.create invitations.withdraw`)
  assert.match(log.stdout, new RegExp(`invitations\\.withdraw +success .*invitation ${id}`))
  assert.ok(!log.stdout.includes(token))
})

test('the link of a run whose response was lost is not shown again, and the command says what to do', async () => {
  const create = () => callCommand(`invitation create ${ofAcme} --role viewer --idempotency-key once-${process.pid}`)
  await create()
  const { stdout } = await create()
  assert.match(stdout, /not shown again/)
  assert.match(stdout, /countersign invitation withdraw \S+ --realm nt24-idp --organization acme/)
})

test('an organization without people says so, and one that is unknown is told', async () => {
  assert.equal((await callCommand(`person list ${ofAcme}`)).stdout.trim(), 'None.')
  const unknown = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
  assert.match((await callCommand(`person remove ${unknown} ${ofAcme} --yes`)).stderr, /has no person/)
  assert.match((await callCommand(`person set-role ${unknown} ${ofAcme} --role viewer`)).stderr, /has no person/)
  assert.match((await callCommand(`person set-role ${unknown} ${ofAcme} --role owner`)).stderr, /viewer, developer, admin/)
})
