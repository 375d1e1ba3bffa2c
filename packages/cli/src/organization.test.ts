import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { describeOrganization } from './organization.ts'
import { callCommand, runCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()

test('create prints the organization and the next step', async () => {
  const { exitCode, stdout } = await callCommand([
    ...'organization create --realm nt24-idp --slug globex --name'.split(' '),
    'Globex Inc',
    ...'--capability allowMarketplaceLedKyc=true rateLimitTier=standard'.split(' '),
  ])
  assert.equal(exitCode, 0)
  assert.match(stdout, /^organization {2}Globex Inc \(globex\)$/m)
  assert.match(stdout, /^DPA {11}missing, required 2026-01$/m)
  assert.match(stdout, /^capabilities {2}allowMarketplaceLedKyc = true\n {14}rateLimitTier = standard$/m)
  assert.match(stdout, /Next: create a client for it:\n {2}countersign client create --realm nt24-idp --organization globex\n$/)
})

test('create --json prints the document of the admin API', async () => {
  const { stdout } = await callCommand('organization create --realm prod --slug initech --name Initech --json')
  const { slug, name, realm, status } = JSON.parse(stdout)
  assert.deepEqual({ slug, name, realm, status }, { slug: 'initech', name: 'Initech', realm: 'prod', status: 'active' })
})

test('show prints partners, capabilities, DPA and clients', async () => {
  const { partnerIds, organizationId } = systems['novatrade24']!.clients['acme']!
  const { stdout } = await callCommand('organization show acme --realm nt24-idp')
  assert.match(stdout, new RegExp(`^id +${organizationId}$`, 'm'))
  assert.match(stdout, new RegExp(`^partners +${partnerIds[0]}  Alder Retail\n +${partnerIds[1]}  Birch Supplies$`, 'm'))
  assert.match(stdout, /^DPA +accepted, accepted 2026-01, required 2026-01$/m)
  assert.match(stdout, /^clients +api-client-acme$/m)
})

test('show --json finds an organization by id', async () => {
  const { organizationId } = systems['novatrade24']!.clients['acme']!
  const { stdout } = await callCommand(`organization show ${organizationId} --realm nt24-idp --json`)
  assert.equal(JSON.parse(stdout).slug, 'acme')
})

test('update renames an organization and sets capabilities; other capabilities stay', async () => {
  const args = ['update', 'borealis', '--realm', 'nt24-idp', '--name', 'Borealis Ltd', '--capability', 'rateLimitTier=standard']
  const { exitCode, stdout } = await callCommand(['organization', ...args, '--json'])
  assert.equal(exitCode, 0)
  const { name, capabilities } = JSON.parse(stdout)
  assert.deepEqual([name, capabilities.rateLimitTier], ['Borealis Ltd', 'standard'])
})

test('list prints a table and the option for the next page', async () => {
  const { stdout } = await callCommand('organization list --realm nt24-idp --limit 2')
  assert.match(stdout, /^SLUG +NAME +STATUS +ID\nacme +Acme +active +[-\da-f]{36}\nborealis .*\n\nMore items follow: add --after [-\w]+\n$/)
})

test('list --json prints one page, which starts after the cursor in --after', async () => {
  const page = async (after = '') => JSON.parse((await callCommand(`organization list --realm nt24-idp --limit 1 --json${after}`)).stdout)
  const first = await page()
  const second = await page(` --after ${first.next}`)
  assert.deepEqual([first.items[0].slug, second.items.length, second.items[0].slug], ['acme', 1, 'borealis'])
})

const refusals = {
  'organization show nobody --realm nt24-idp': /The realm "nt24-idp" has no organization "nobody"\.\nNext: List the organizations/,
  'organization list':
    /required option '--realm <name>' not specified\nNext: Use one of nt24-idp, .*partner-api.*\. Run "countersign organization list --help"/,
  'secret rotate api-client-acme': /required option '--realm <name>' not specified\nNext: Use one of nt24-idp, /,
  'organization list --realm nowhere': /There is no realm "nowhere"\.\nNext: Use one of nt24-idp/,
  'organization list --realm nt24-idp --limit 1000': /Error: --limit: .*\nNext: Correct the values named above/,
  'organization update acme --realm nt24-idp': /There is nothing to change\.\nNext: Name what to change by --name or --capability/,
  'organization update acme --realm nt24-idp --capability gold=true': /--capability gold: no such capability/,
  'organization update acme --realm nt24-idp --name x --if-version one': /"--if-version one" is not a number\.\nNext: Write such as 7/,
  'organization resume acme --realm nt24-idp --reason \u202e': /Error: --reason: Expected 1 to 500 characters, not only blanks/,
  'organization show Acme! --realm nt24-idp': /Error: <organization>: Expected the id or the slug/,
  'organization delete acme --realm nt24-idp':
    /"organization delete" of "acme" cannot be undone, and there is no terminal to ask for confirmation\.\nNext: Add --yes/,
  'organization list --realm nt24-idp --server http://localhost:8080/admin':
    /has the path "\/admin"; expected the origin of the server only\.\nNext: Use "http:\/\/localhost:8080"/,
  'organization list --realm nt24-idp --server https://operator:pw@auth.example.com':
    /contains credentials, .*\nNext: Set COUNTERSIGN_CLIENT_ID/,
  'organization create --realm nt24-idp --slug acme --name Acme': /"acme".*\nNext: ./,
  'organization create --realm nt24-idp --slug Acme! --name Acme': /Error: --slug: .*\nNext: Correct the values named above/,
}
for (const [args, message] of Object.entries(refusals)) {
  test(`"countersign ${args}" fails and says what to do next`, async () => {
    const { exitCode, stderr } = await callCommand(args)
    assert.ok([2, 5, 7].includes(exitCode!), stderr)
    assert.match(stderr, message)
  })
}

test('with --json an error is JSON with its code', async () => {
  const { exitCode, stdout, stderr } = await runCommand('organization show nobody --realm nt24-idp --json')
  assert.equal(exitCode, 5)
  assert.equal(stdout, '')
  const { code, next } = JSON.parse(stderr).error
  assert.equal(code, 'not-found')
  assert.match(next, /List the organizations/)
})

test('any server other than that of the demo requires operator credentials of its own', async () => {
  const { exitCode, stderr } = await callCommand('organization list --realm nt24-idp --server https://auth.example.com')
  assert.equal(exitCode, 2)
  assert.match(stderr, /the demo runs on http:\/\/localhost:\d+, not on https:\/\/auth\.example\.com\.\nNext: Set COUNTERSIGN_SERVER/)
})

test('fault 5.1: what is too much to be listed is shown as its number, with the command that lists it', async () => {
  const { stdout } = await callCommand('organization show acme --realm nt24-idp --json')
  const text = describeOrganization({ ...JSON.parse(stdout), partners: { total: 50_000 }, clients: { total: 100_000 } })
  assert.match(text, /^partners +50000; list them with "countersign partner of --realm nt24-idp --organization acme"$/m)
  assert.match(text, /^clients +100000; list them with "countersign client list --realm nt24-idp --organization acme"$/m)
})
