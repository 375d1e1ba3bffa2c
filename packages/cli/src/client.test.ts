import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand, runCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const { tokenUrl } = systems['ptv']!

test('create prints the client with its secret, which gets a token', async () => {
  const { exitCode, stdout } = await runCommand('client create --realm prod --organization acme --client-id acme-staging')
  assert.equal(exitCode, 0)
  assert.match(stdout, /^client id {8}acme-staging\nname {13}acme backend\n/)
  assert.match(stdout, /The secret is shown only once/)
  const secret = /^secret +(csk_\S+)$/m.exec(stdout)?.[1] ?? ''
  assert.equal(await requestToken('acme-staging', secret), 200)
})

test('create --json prints client and secret as separate members', async () => {
  const args = ['--client-id', 'acme-orders', '--name', 'Orders', '--scope', 'email  profile']
  const { stdout } = await callCommand(['client', 'create', '--realm', 'nt24-idp', '--organization', 'acme', '--json', ...args])
  const { client, clientSecret } = JSON.parse(stdout)
  assert.deepEqual([client.clientId, client.name, client.scopes.toSorted()], ['acme-orders', 'Orders', ['email', 'profile']])
  assert.match(clientSecret, /^csk_/)
})

test('show prints everything except the secret', async () => {
  const { clientId, clientSecret } = systems['novatrade24']!.clients['acme']!
  const { stdout } = await callCommand(`client show ${clientId} --realm nt24-idp`)
  assert.match(stdout, /^organization +Acme \(acme\)\nenabled +yes\nservice account +on\nscopes +profile email\n/m)
  assert.match(stdout, new RegExp(`^secrets +…${clientSecret.slice(-4)} of \\d{4}-\\d\\d-\\d\\d$`, 'm'))
  assert.ok(!stdout.includes(clientSecret))
})

test('a client id that is a URL is created, shown and disabled, and commands quote one with spaces', async () => {
  const url = 'https://partner.example/x?y#z'
  const create = ['client', 'create', '--realm', 'prod', '--organization', 'acme', '--client-id']
  const { clientSecret } = JSON.parse((await callCommand([...create, url, '--json'])).stdout)
  assert.equal(await requestToken(url, clientSecret), 200)
  assert.match((await callCommand(['client', 'show', url, '--realm', 'prod'])).stdout, /^client id +https:\/\/partner\.example\/x\?y#z$/m)
  assert.equal((await callCommand(['client', 'disable', url, '--realm', 'prod'])).exitCode, 0)
  assert.equal(await requestToken(url, clientSecret), 401)
  await callCommand([...create, 'two words'])
  const { stdout } = await callCommand(['secret', 'rotate', 'two words', '--realm', 'prod'])
  assert.ok(stdout.includes("countersign secret confirm 'two words' --realm prod"), stdout)
})

test('a disabled client can no longer use its tokens', async () => {
  const created = await callCommand('client create --realm prod --organization acme --client-id acme-old --json')
  const { clientSecret } = JSON.parse(created.stdout)
  assert.equal(await requestToken('acme-old', clientSecret), 200)
  const { exitCode, stdout } = await callCommand('client disable acme-old --realm prod')
  assert.equal(exitCode, 0)
  assert.match(stdout, /^enabled +no$/m)
  assert.equal(await requestToken('acme-old', clientSecret), 401)
})

test('disable and show --json print the document of the admin API', async () => {
  const disabled = await callCommand('client disable api-client-golf --realm nt24-idp --json')
  const shown = await callCommand('client show api-client-golf --realm nt24-idp --json')
  assert.equal(JSON.parse(shown.stdout).enabled, false)
  assert.deepEqual(JSON.parse(shown.stdout), JSON.parse(disabled.stdout))
})

test('update gives a client a signing algorithm of the realm, or that of the realm, and tells which there are', async () => {
  await callCommand('client create --realm prod --organization acme --client-id acme-pinned --signing-algorithm ES256')
  const shown = await callCommand('client show acme-pinned --realm prod')
  assert.match(shown.stdout, /^algorithm +ES256$/m)
  assert.match((await callCommand('client list --realm prod --signing-algorithm ES256')).stdout, /^acme-pinned /m)
  const refused = await callCommand('client update acme-pinned --realm prod --signing-algorithm PS256')
  assert.notEqual(refused.exitCode, 0)
  assert.match(refused.stderr, /The setting "signingAlgorithms" of the realm can add it\.\n  --signing-algorithm: expected one of ES256\n/)
  const back = await callCommand('client update acme-pinned --realm prod --signing-algorithm realm')
  assert.match(back.stdout, /^algorithm +default of the realm$/m)
})

test('update changes only the named members, and enable reverts disable', async () => {
  await callCommand('client create --realm prod --organization acme --client-id acme-changing')
  const args = ['client', 'update', 'acme-changing', '--realm', 'prod', '--name', 'Changed', '--access-token-lifetime', '5m']
  const changed = await callCommand([...args, '--service-account', 'off', '--json'])
  const { name, accessTokenLifetime, serviceAccountEnabled, enabled } = JSON.parse(changed.stdout)
  assert.deepEqual([name, accessTokenLifetime, serviceAccountEnabled, enabled], ['Changed', 300, false, true])
  const back = await callCommand('client update acme-changing --realm prod --access-token-lifetime realm --json')
  assert.equal(JSON.parse(back.stdout).accessTokenLifetime, null)
  await callCommand('client disable acme-changing --realm prod')
  assert.match((await callCommand('client enable acme-changing --realm prod')).stdout, /^enabled +yes$/m)
})

const refusals = {
  'client update acme --realm prod': /There is nothing to change\.\nNext: Name what to change/,
  'client update acme --realm prod --service-account yes': /"--service-account yes" is not a switch value\.\nNext: Write "on" or "off"/,
  'client update acme --realm prod --access-token-lifetime 300':
    /"--access-token-lifetime 300" is not a duration\.\nNext: Write such as "5m"/,
  'client create --realm prod --organization acme --access-token-lifetime 2d': /Error: --access-token-lifetime: /,
  'client create --realm prod --organization acme --scope nonsense': /does not declare the scope "nonsense"\.\n +--scope: expected/,
  'client create --realm prod --organization acme --authentication-method mtls': /Error: --authentication-method \(number 1\): /,
  'client delete acme --realm prod': /"client delete" of "acme" cannot be undone.*\nNext: Add --yes/,

  'client show nobody --realm prod': /The realm "prod" has no client "nobody"\.\nNext: ./,
  'client disable nobody --realm prod': /The realm "prod" has no client "nobody"\.\nNext: ./,
  'client create --realm prod --organization nobody': /The realm "prod" has no organization "nobody"\.\nNext: List the organizations/,
  'client create --realm prod --organization acme --client-id api-client-acme': /"api-client-acme".*\nNext: ./,
}
for (const [args, message] of Object.entries(refusals)) {
  test(`"countersign ${args}" fails and says what to do next`, async () => {
    const { exitCode, stderr } = await callCommand(args)
    assert.ok([2, 5, 7].includes(exitCode!), stderr)
    assert.match(stderr, message)
  })
}

async function requestToken(clientId: string, clientSecret: string): Promise<number> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) })).status
}
