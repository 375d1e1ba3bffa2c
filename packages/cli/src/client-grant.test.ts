import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

await startTestDemo()
const realm = '--realm nt24-idp'

async function run(...parts: readonly (string | readonly string[])[]) {
  const args = parts.flatMap((part) => (typeof part === 'string' ? part.split(' ') : part))
  const { exitCode, stdout, stderr } = await callCommand(args)
  assert.equal(exitCode, 0, stderr)
  return stdout
}

async function refusalOf(command: string): Promise<string> {
  const { exitCode, stderr } = await callCommand(command)
  assert.notEqual(exitCode, 0)
  return stderr
}

test('a claim set and a grant are edited role by role, and the preview shows the token that comes of it', async () => {
  await run(`client create ${realm} --organization acme --client-id acme-grants --scope`, ['profile email'])
  const set = await run(
    `claim-set create partners ${realm} --role realm:partner orders-api:orders:read --claim tier=basic limits={"daily":5}`,
  )
  assert.match(set, /^clients +0\nroles +realm:partner orders-api:orders:read\nclaims +tier="basic" limits=\{"daily":5\}\nversion +1$/m)
  await run(`client update acme-grants ${realm} --claim-set partners --subject acme-7 --default-scope profile`)
  const granted = await run(`client grant acme-grants ${realm} --role https://api.example.com:8443/x:read --audience orders-api`, [
    '--claim',
    'tenant=${client_id}',
  ])
  assert.match(
    granted,
    /^default scopes +profile\nsubject +acme-7\nclaim set +partners\naudiences +orders-api\nroles +https:\/\/api.example.com:8443\/x:read$/m,
  )
  assert.match(granted, /countersign token preview acme-grants --realm nt24-idp$/m)
  await run(`client grant acme-grants ${realm} --on-scope email --claim email_verified=false --no-shown`)

  const { claims, response } = JSON.parse(await run(`token preview acme-grants ${realm} --scope email --json`))
  const { sub, tenant, tier, limits, scope, aud, realm_access: roles, resource_access: access } = claims
  assert.deepEqual(
    [sub, tenant, tier, limits, scope, response.scope],
    ['acme-7', 'acme-grants', 'basic', { daily: 5 }, 'profile', 'profile'],
  )
  assert.deepEqual([aud, roles], [['nt24-integration-api', 'orders-api'], { roles: ['partner'] }])
  assert.deepEqual(access, { 'orders-api': { roles: ['orders:read'] }, 'https://api.example.com:8443/x': { roles: ['read'] } })
  assert.equal(claims.email_verified, false)
  assert.match(await run(`token preview acme-grants ${realm}`), /^header\n\{[^]*\n\nThe token would have about \d+ characters\.\n$/)

  await run(`claim-set update partners ${realm} --remove-role orders-api:orders:read --remove-claim tier --role realm:auditor`)
  assert.match(await run(`claim-set list ${realm}`), /^partners +1/m)
  assert.match(await run(`client list ${realm} --claim-set partners`), /^acme-grants +acme backend +acme +yes\n$/m)
  assert.match(await refusalOf(`claim-set delete partners ${realm} --yes`), /is used by 1 client/)
  const cleared = await run(`client grant acme-grants ${realm} --clear`)
  assert.doesNotMatch(cleared, /^audiences/m)
  await run(`client update acme-grants ${realm} --claim-set none --subject id --default-scope all`)
  const bare = JSON.parse(await run(`client show acme-grants ${realm} --json`))
  assert.deepEqual([bare.claimSet, bare.grant, bare.defaultScopes, bare.subject], [null, null, null, bare.id])
  await run(`claim-set delete partners ${realm} --yes`)
})

test('a grant can come from a file', async () => {
  const file = join(aFolder(), 'grant.json')
  writeFileSync(file, JSON.stringify({ roles: { realm: ['a', 'b'] } }))
  assert.match(await run(`claim-set create from-file ${realm} --role realm:c --grant-file`, [file]), /^roles +realm:a realm:b realm:c$/m)
  for (const notOne of ['[]', '{"role":{}}', '{"roles":["a"]}', '{"roles":{"orders-api":["a"]}}', '{"audiences":"a"}', '{"claims":[]}']) {
    writeFileSync(file, notOne)
    assert.match(await refusalOf(`claim-set create other ${realm} --grant-file ${file}`), /is not a grant[^]*Write a grant such as/, notOne)
  }
  writeFileSync(file, '{')
  assert.match(await refusalOf(`claim-set create other ${realm} --grant-file ${file}`), /is not JSON[^]*Write a grant such as/)
})

for (const [what, command, message] of [
  ['a role without its place', 'claim-set create x --role partner', /"partner" is not a role[^]*realm:partner/],
  ['a claim without a value', 'claim-set create x --claim tenant', /is not a claim[^]*tenant=acme/],
  [
    'a reserved claim',
    'claim-set create x --claim exp=1',
    /The claim "exp" is set by the server\.\n {2}--claim exp: [^]*client update --access-token-lifetime/,
  ],
  ['a claim that begins like JSON', 'claim-set create x --claim limits={daily:5}', /begins like JSON, but is not[^]*single quotes/],
  ['both --clear and what to add', 'client grant acme-grants --clear --claim a=1', /"--clear" removes everything[^]*first/],
  ['nothing to change', 'client grant acme-grants', /There is nothing to change[^]*--role/],
  ['a role to remove that is not there', 'client grant acme-grants --remove-role realm:x', /the grant does not have it[^]*It has none/],
  [
    'a scope that the client does not have',
    'client grant acme-grants --on-scope orders:read --claim a=1',
    /is not one of the scopes of the client/,
  ],
  [
    'a claim set that does not exist',
    'client update acme-grants --claim-set nothing',
    /countersign claim-set create nothing --realm nt24-idp/,
  ],
  [
    'the preview of a scope that would be denied',
    'token preview acme-grants --scope orders:read',
    /A requested scope is not granted to this client/,
  ],
] as const) {
  test(`${what} is refused with the next step`, async () => {
    assert.match(await refusalOf(`${command} ${realm}`), message)
  })
}
