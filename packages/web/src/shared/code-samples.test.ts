import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeSamples, type CodeSample } from './code-samples.ts'

const docs = join(import.meta.dirname, '..', '..', '..', '..', 'docs')

const example = {
  issuer: 'https://auth.example.com/realms/nt24-idp',
  tokenUrl: 'https://auth.example.com/realms/nt24-idp/protocol/openid-connect/token',
  clientId: 'api-client-acme',
}

function find(samples: readonly CodeSample[], name: string): CodeSample {
  const found = samples.find((sample) => sample.name === name)
  assert.ok(found, name)
  return found
}

test('samples are the programs of the documentation', () => {
  const pages = {
    TypeScript: 'calling.md',
    axios: 'calling.md',
    'Java (Spring)': 'languages/spring.md',
    'Python (httpx)': 'languages/python.md',
    Go: 'languages/go.md',
    '.NET': 'languages/dotnet.md',
  }
  for (const [name, page] of Object.entries(pages))
    assert.ok(
      readFileSync(join(docs, page), 'utf8').includes(`\n${find(codeSamples(example), name).code}\n\`\`\``),
      `${name} is not in ${page}`,
    )
})

test('each program says how it is run: Spring and .NET as the documentation does', () => {
  const samples = codeSamples(example)
  for (const { name, run } of samples) assert.equal(run === undefined, name === 'curl', name)
  const pages = { 'Java (Spring)': 'languages/spring.md', '.NET': 'languages/dotnet.md' }
  for (const [name, page] of Object.entries(pages)) {
    const { before, run } = find(samples, name)
    const text = readFileSync(join(docs, page), 'utf8')
    assert.ok(text.includes(run!.command), `${run!.command} is not in ${page}`)
    const lines = before.split('\n').filter((line) => /^(?: *<|mvn|dotnet)/.test(line))
    for (const line of lines) assert.ok(text.includes(line), `${line} is not in ${page}`)
  }
})

test('each sample has the client and the address of its tokens, and reads the secret from outside', () => {
  for (const { name, before, code } of codeSamples(example)) {
    const text = `${before}\n${code}`
    assert.match(text, /api-client-acme/, name)
    assert.match(text, /https:\/\/auth\.example\.com\/realms\/nt24-idp/, name)
    assert.match(text, /CLIENT_SECRET/, name)
  }
})

test('the commands export the secret, and nothing stands behind the line that reads it', () => {
  for (const { name, before, code } of codeSamples(example)) {
    const lines = before.split('\n')
    assert.equal(lines.at(-1), 'read -rs CLIENT_SECRET', name)
    const isRead = /(?:env|Getenv|getenv|environ)\b|Variable\(/.test(code)
    assert.equal(lines.includes('export CLIENT_SECRET'), isRead, name)
    assert.doesNotMatch(before, /#/, name)
  }
})

test('a client id with quotation marks stays one word in the shell and one string in a program', () => {
  const clientId = `a'b"c$(id)\\ \`id\``
  const samples = codeSamples({ ...example, clientId })
  const { before } = find(samples, 'Go')
  const { stdout } = spawnSync('sh', ['-c', `${before.replaceAll(/^(?:go|read).*$/gm, '')}\nprintf %s "$CLIENT_ID"`], { encoding: 'utf8' })
  assert.equal(stdout, clientId)
  const print = `curl() { printf '%s\\n' "$@" >&2; }\nCLIENT_SECRET=csk_1\n${find(samples, 'curl').code}`
  const { stderr } = spawnSync('sh', ['-c', print], { encoding: 'utf8' })
  assert.deepEqual(stderr.split('\n').slice(4, 6), ['-u', `${encodeURIComponent(clientId)}:csk_1`])
  const { code } = find(samples, 'TypeScript')
  const [, literal = ''] = /clientId: (.+),\n/.exec(code) ?? []
  assert.equal(spawnSync(process.execPath, ['-e', `process.stdout.write(${literal})`], { encoding: 'utf8' }).stdout, clientId)
})
