import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const inRealm = '--realm nt24-idp'
const ofAcme = `${inRealm} --organization acme`
const partnerIds = Array.from({ length: 12 }, (_, index) => `5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7${(256 + index).toString(16)}`)

async function json(args: string | readonly string[]) {
  const { exitCode, stdout, stderr } = await callCommand(typeof args === 'string' ? `${args} --json` : [...args, '--json'])
  assert.equal(exitCode, 0, stderr)
  return JSON.parse(stdout)
}

async function codeOf(args: string): Promise<string> {
  const { exitCode, stderr } = await callCommand(`${args} --json`)
  assert.ok([2, 5, 7].includes(exitCode!), stderr)
  return JSON.parse(stderr).error.code
}

async function anOrganization(slug: string): Promise<void> {
  await json(['organization', 'create', '--realm', 'nt24-idp', '--slug', slug, '--name', slug])
}

test('realm list prints the declarations of each realm', async () => {
  const { stdout } = await callCommand('realm list')
  assert.match(stdout, /^NAME +PROFILE +DPA/)
  assert.match(stdout, /^nt24-idp +keycloak +2026-01 +allowMarketplaceLedKyc/m)
})

test('organization suspend, resume and revoke-tokens change the organization', async () => {
  await anOrganization('pauses')
  assert.equal((await json(`organization suspend pauses ${inRealm} --reason unpaid`)).status, 'suspended')
  assert.ok((await json(`organization list ${inRealm} --status suspended`)).items.some(({ slug }: { slug: string }) => slug === 'pauses'))
  assert.equal((await json(`organization resume pauses ${inRealm}`)).status, 'active')
  assert.match((await callCommand(`organization cut-tokens pauses ${inRealm} --reason leaked`)).stdout, /issued before now are invalid/)
})

test('organization delete --yes deletes an organization', async () => {
  await anOrganization('leaves')
  assert.match((await callCommand(`organization delete leaves ${inRealm} --yes`)).stdout, /is deleted/)
  assert.equal(await codeOf(`organization show leaves ${inRealm}`), 'not-found')
})

test('organizations are searched and sorted', async () => {
  for (const slug of ['zeta-one', 'zeta-two']) await anOrganization(slug)
  const { items } = await json(`organization list ${inRealm} --search zeta --sort -slug`)
  assert.deepEqual(
    items.map(({ slug }: { slug: string }) => slug),
    ['zeta-two', 'zeta-one'],
  )
})

test('a capability is set and removed', async () => {
  await anOrganization('capable')
  const set = await json(`capability set allowMarketplaceLedKyc true ${inRealm} --organization capable`)
  assert.deepEqual(set.capabilities, { allowMarketplaceLedKyc: true })
  assert.deepEqual((await json(`capability remove allowMarketplaceLedKyc ${inRealm} --organization capable`)).capabilities, {})
  assert.equal(await codeOf(`capability set freeLunch true ${inRealm} --organization capable`), 'invalid-request')
})

test('a partner is registered, renamed, shown, listed and deleted', async () => {
  const [id] = partnerIds
  await json(['partner', 'register', id!, '--name', 'Elm', ...inRealm.split(' ')])
  assert.equal((await json(`partner register ${id} --name Elms ${inRealm}`)).name, 'Elms')
  assert.deepEqual([(await json(`partner show ${id} ${inRealm}`)).organizations], [0])
  assert.deepEqual((await json(`partner list ${inRealm} --search elms`)).items.length, 1)
  assert.match((await callCommand(`partner delete ${id} ${inRealm} --yes`)).stdout, /is deleted/)
})

test('a partner that organizations are authorized for is deleted only with --force', async () => {
  const [id] = systems['novatrade24']!.clients['borealis']!.partnerIds
  assert.equal(await codeOf(`partner delete ${id} ${inRealm} --yes`), 'conflict')
  assert.equal((await callCommand(`partner delete ${id} ${inRealm} --yes --force`)).exitCode, 0)
})

test('a file of partners is authorized in one command, listed, and withdrawn in one command', async () => {
  const ids = partnerIds.slice(1)
  const file = join(aFolder(), 'partners.csv')
  writeFileSync(file, ids.map((id, index) => `${id},Partner ${index}`).join('\n'))
  const { stdout } = await callCommand(`partner authorize --file ${file} ${ofAcme}`)
  assert.equal(stdout, 'Authorized 11 partners of "acme".\n')
  const { items } = await json(`partner of ${ofAcme} --limit 200`)
  assert.ok(ids.every((id) => items.some((item: { id: string }) => item.id === id)))
  assert.match((await callCommand(`partner withdraw ${ids.join(' ')} ${ofAcme}`)).stdout, /^Withdrew 11 partners of "acme"\./)
})

test('if one partner of a list needs a name, none of the list is authorized', async () => {
  const [known, unknown] = [systems['novatrade24']!.clients['acme']!.partnerIds[0], '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7fff']
  await anOrganization('all-or-none')
  assert.equal(await codeOf(`partner authorize ${known} ${unknown} ${inRealm} --organization all-or-none`), 'invalid-request')
  assert.deepEqual((await json(`partner of ${inRealm} --organization all-or-none`)).items, [])
})

test('a version of the agreement is published with a grace period, and acceptances are listed', async () => {
  await json(`dpa publish 2099-01 ${inRealm} --required-from 2099-06-01 --description new`)
  const { items } = await json(`dpa versions ${inRealm}`)
  assert.equal(items[0].requiredFrom, '2099-06-01T00:00:00.000Z')
  assert.match((await callCommand(`organization show acme ${inRealm}`)).stdout, /^DPA +accepted, accepted 2026-01, required 2026-01$/m)
  assert.match((await callCommand(`dpa acceptances ${ofAcme}`)).stdout, /^VERSION +ACCEPTED AT +ACCEPTED BY\n2026-01 +\d{4}-/)
})

test('a requestor is shown, changed, listed and deleted', async () => {
  const { id } = await json(`requestor create ${ofAcme} --permission payments:create`)
  assert.deepEqual((await json(`requestor show ${id} ${ofAcme}`)).permissions, ['payments:create'])
  assert.deepEqual((await json(`requestor update ${id} ${ofAcme} --none`)).permissions, [])
  assert.match((await callCommand(`requestor list ${ofAcme}`)).stdout, new RegExp(`^${id} +none$`, 'm'))
  assert.equal((await callCommand(`requestor delete ${id} ${ofAcme} --yes`)).exitCode, 0)
  assert.equal(await codeOf(`requestor show ${id} ${ofAcme}`), 'not-found')
})

test('clients are listed with filters', async () => {
  const { items } = await json(`client list ${inRealm} --enabled off`)
  assert.deepEqual(
    items.map(({ clientId }: { clientId: string }) => clientId),
    ['api-client-echo'],
  )
  assert.match((await callCommand(`client list ${inRealm} --organization acme`)).stdout, /^api-client-acme +.* +acme +yes$/m)
})

test('client delete --yes deletes a client', async () => {
  await json(`client create --realm prod --organization acme --client-id acme-leaves`)
  assert.equal((await callCommand('client delete acme-leaves --realm prod --yes')).exitCode, 0)
  assert.equal(await codeOf('client show acme-leaves --realm prod'), 'not-found')
})

test('the authentication methods of a client are set', async () => {
  const { client } = await json(['client', 'create', '--realm', 'prod', '--organization', 'acme', '--client-id', 'acme-methods'])
  assert.equal(client.authenticationMethods.length, 2)
  const changed = await json('client update acme-methods --realm prod --authentication-method client_secret_basic')
  assert.deepEqual(changed.authenticationMethods, ['client_secret_basic'])
})
