import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand } from './process.fixture.ts'

process.env['COUNTERSIGN_HOME'] = aFolder()

const commands = [
  'demo',
  'init',
  'serve',
  'gateway',
  'realm list',
  'organization create',
  'organization list',
  'organization show',
  'organization update',
  'organization suspend',
  'organization resume',
  'organization delete',
  'organization cut-tokens',
  'organization lower-cut',
  'capability set',
  'capability remove',
  'partner register',
  'partner list',
  'partner of',
  'partner show',
  'partner delete',
  'partner authorize',
  'partner withdraw',
  'dpa publish',
  'dpa versions',
  'dpa accept',
  'dpa acceptances',
  'requestor create',
  'requestor list',
  'requestor show',
  'requestor update',
  'requestor delete',
  'client create',
  'client list',
  'client show',
  'client update',
  'client enable',
  'client disable',
  'client delete',
  'client lower-cut',
  'operator lower-cuts',
  'secret rotate',
  'secret status',
  'secret confirm',
  'secret cancel',
  'secret extend',
  'secret revoke',
  'secret due',
  'audit search',
  'audit changes',
  'audit export',
  'token get',
]
for (const command of commands) {
  test(`the help of "${command}" has an example that starts with it`, async () => {
    const { exitCode, stdout } = await callCommand(`${command} --help`)
    assert.equal(exitCode, 0)
    assert.match(stdout, new RegExp(`Examples?:\\n.*countersign ${command}`, 's'))
  })
}

test('the top-level help names every command and the first steps', async () => {
  const { exitCode, stdout } = await callCommand('--help')
  assert.equal(exitCode, 0)
  for (const command of commands) assert.match(stdout, new RegExp(`^  ${command.split(' ')[0]} `, 'm'))
  assert.match(stdout, /First steps:\n {2}countersign demo/)
})

const wrongUsage = {
  orgnization: /unknown command 'orgnization'\n\(Did you mean organization\?\)\nNext: Run "countersign --help"/,
  'client create':
    /required option '--realm <name>' not specified\nNext: To list the realms: "countersign realm list"\. Run "countersign client create --help"/,
  'client show --realm x': /missing required argument 'client-id'\nNext: Run "countersign client show --help"/,
  'token get --decoed': /unknown option '--decoed'\n\(Did you mean --decode\?\)\nNext: Run "countersign token get --help"/,
  'demo --port 99999': /"99999" is not a port from 1 to 65534\.\nNext: Use for example "PORT=9000 npm start"/,
  'organization create --realm x --slug x --name x --capability premium':
    /"--capability premium" is not NAME=VALUE\.\nNext: Write for example/,
  'organization list --realm x': /No operator credentials are given, and there is no demo in .*\nNext: Set COUNTERSIGN_SERVER/,
  'organization list --realm x --server auth.example.com':
    /"auth\.example\.com" is not the URL of a server\.\nNext: Use a URL such as https:/,
  'organization list --realm x --server http://127.example.com': /"http:\/\/127\.example\.com" is not the URL of a server\./,
  'organization list --realm x --server http://auth.localhost:8080/admin': /"http:\/\/auth\.localhost:8080\/admin" has the path "\/admin"/,
  'token get novatrade24/acme':
    /"novatrade24\/acme" is a client of the demo, but there is no demo in ".*demo\.json"\.\nNext: Start the demo with "npm start"/,
  'token get': /No client is given, or not exactly one of --token-url and --issuer\.\nNext: Pass a client of the demo/,
}
for (const [args, message] of Object.entries(wrongUsage)) {
  test(`"countersign ${args}" fails and says what to do next`, async () => {
    const { exitCode, stdout, stderr } = await callCommand(args)
    assert.equal(exitCode, 2)
    assert.match(stderr, message)
    assert.match(stderr, /^Error: /)
    assert.doesNotMatch(stderr, /^ +at /m, 'no stack trace')
    assert.equal(stdout, '')
  })
}

const repeated = {
  'client disable api-client-acme --realm prod --realm test': '--realm <name>',
  'client list --realm=prod --limit 1 --realm prod': '--realm <name>',
  'serve --config a.yaml --config b.yaml': '--config <file>',
}
for (const [args, option] of Object.entries(repeated)) {
  test(`fault 3.4: "countersign ${args}" is refused, because either value could be meant`, async () => {
    const { exitCode, stderr } = await callCommand(args)
    assert.equal(exitCode, 2)
    assert.ok(stderr.startsWith(`Error: option '${option}' was given more than once\nNext: Run "countersign `), stderr)
  })
}

test('fault 3.4: a capability that is given twice is refused', async () => {
  const given = '--capability refunds=true --capability refunds=false'
  const { exitCode, stderr } = await callCommand(`organization create --realm x --slug x --name x ${given}`)
  assert.equal(exitCode, 2)
  assert.match(stderr, /"--capability refunds=…" is given twice\.\nNext: /)
})

test('with --json, a usage error is JSON as well', async () => {
  const { exitCode, stderr } = await callCommand('client create --json')
  assert.equal(exitCode, 2)
  assert.deepEqual(JSON.parse(stderr), {
    error: {
      code: 'command',
      message: "required option '--realm <name>' not specified",
      errors: [],
      next: 'To list the realms: "countersign realm list". Run "countersign client create --help" for its options and examples.',
    },
  })
})

test('a process sets the exit code and writes text to standard output and failures to standard error', async () => {
  const [help, wrong] = [await runCommand('--help'), await runCommand('nonsense')]
  assert.deepEqual([help.exitCode, help.stderr], [0, ''])
  assert.match(help.stdout, /^Usage: countersign/)
  assert.deepEqual([wrong.exitCode, wrong.stdout], [2, ''])
  assert.match(wrong.stderr, /^Error: unknown command 'nonsense'\nNext: /)
})

test('a command group without a subcommand prints its help and fails', async () => {
  const { exitCode, stderr } = await callCommand('client')
  assert.equal(exitCode, 2)
  assert.match(stderr, /^Usage: countersign client/)
})
