import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

await startTestDemo()
const partner = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
const ofAcme = '--realm nt24-idp --organization acme'

test('partner authorize registers a partner by its name, and withdraw reverts it', async () => {
  const args = ['partner', 'authorize', partner, '--name', 'Cedar Goods', '--json', ...ofAcme.split(' ')]
  const authorized = JSON.parse((await callCommand(args)).stdout)
  assert.ok(authorized.partners.list.some(({ id, name }: { id: string; name: string }) => id === partner && name === 'Cedar Goods'))
  const { exitCode, stdout } = await callCommand(`partner withdraw ${partner} ${ofAcme}`)
  assert.equal(exitCode, 0)
  assert.doesNotMatch(stdout, new RegExp(partner))
})

test('a file with one partner authorizes it', async () => {
  const file = join(aFolder(), 'partners.csv')
  writeFileSync(file, `\uFEFFid,name\r\n5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c13,"Dogwood, Ltd"\r\n`)
  const { stdout } = await callCommand(['partner', 'authorize', '--file', file, ...ofAcme.split(' ')])
  assert.match(stdout, /5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c13 {2}Dogwood, Ltd/)
})

test('dpa accept records the organization, the version and the signatory', async () => {
  const { stdout } = await callCommand('dpa accept 2026-01 --realm nt24-idp --organization delta --accepted-by Ada')
  assert.match(stdout, /^DPA +accepted, accepted 2026-01, required 2026-01$/m)
})

test('requestor create prints the id and the permissions of the person', async () => {
  const { stdout } = await callCommand(`requestor create ${ofAcme} --permission payments:create payments:read`)
  assert.match(stdout, /^requestor +[-\da-f]{36}\npermissions +payments:create payments:read\nversion +\d+ \(of the organization\)\n$/)
})

const refusals = {
  [`partner authorize ${partner.toUpperCase()} ${ofAcme} --name x`]: /Error: <partners>: Expected a lower-case UUID/,
  [`partner authorize 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c99 ${ofAcme}`]: /is not registered yet, so it needs a name\.\n +--name: expected/,
  [`partner authorize ${ofAcme}`]: /No partner is given\.\nNext: Pass the ids of partners as arguments, or a file/,
  [`partner withdraw ${partner} --file x ${ofAcme}`]: /Partners are given both as arguments and by --file/,
  [`partner withdraw --file missing.csv ${ofAcme}`]: /missing\.csv.*\nNext: Check the path/,
  [`partner authorize a b --name x ${ofAcme}`]: /"--name" is for a single partner only\.\nNext: Use --file/,
  [`dpa accept x ${ofAcme}`]: /required option '--accepted-by <name>'/,
  [`requestor create ${ofAcme} --id 7`]: /Error: --id: Expected a lower-case UUID/,
  [`requestor update ${partner} ${ofAcme}`]: /There is nothing to change\.\nNext: Name what to change by --permission or --none/,
  'dpa publish 2027 --realm nt24-idp --required-from soon': /"--required-from soon" is not an instant or a day\.\nNext: Write such as/,
  'audit search --from yesterday': /"--from yesterday" is not an instant or a day/,
  'secret extend acme --realm nt24-idp --window 7': /"--window 7" is not a duration/,
  [`secret revoke acme ${partner} --realm nt24-idp --reason leaked`]: /"secret revoke" of "5f0c.*" cannot be undone.*\nNext: Add --yes/,
}
for (const [args, message] of Object.entries(refusals)) {
  test(`"countersign ${args}" fails and says what to do next`, async () => {
    const { exitCode, stderr } = await callCommand(args)
    assert.ok([2, 8].includes(exitCode!), stderr)
    assert.match(stderr, message)
  })
}
