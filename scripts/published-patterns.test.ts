// Patterns in the published documents are read by tools of other languages: each engine must compile every one, and find the same texts
// valid as we do.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openApiDocument } from '@countersign/admin'
import { configurationJsonSchema } from '@countersign/server'

const documents = {
  'docs/openapi.json': openApiDocument({ serverUrl: 'http://localhost:8080' }),
  'docs/countersign.schema.json': configurationJsonSchema(),
}

function patternsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => (name === 'pattern' && typeof member === 'string' ? member : patternsIn(member)))
}

const patterns = [...new Set(patternsIn(documents))]

const texts = ['', 'a', 'acme', 'operators', 'ACME_1.x', '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11', 'payments:create', '5m', '0s', '٣m', '2MB']
const moreTexts = [
  '127.0.0.1:8080',
  '[::1]:80',
  'localhost:८०८०',
  '/realms/a',
  '/realms/a/',
  'env:NAME',
  'sqlite:a.db',
  'Größe €',
  'a\u0007b',
  'a\u0085b',
  'x\u200By',
  '-',
  'n'.repeat(64),
  'n'.repeat(201),
  'n'.repeat(501),
  'n'.repeat(2049),
]
const cases = patterns.flatMap((pattern) => [...texts, ...moreTexts].map((text) => [pattern, text] as const))

test('fault 7.10: the published documents have patterns', () => {
  for (const document of Object.values(documents)) assert.ok(patternsIn(document).length > 5)
})

for (const pattern of patterns) {
  test(`fault 7.10: ${pattern} has only what every engine reads in the same way`, () => {
    assert.doesNotMatch(
      pattern,
      /\\[pPuUdDwWsSbBAzZkGQE]|\(\?(?!:)|[+*?}][+]|&&/,
      'a construct that engines do not have, or read differently',
    )
    for (const [, count] of pattern.matchAll(/(\d+)\}/g)) assert.ok(Number(count) <= 1000, 'RE2 repeats 1000 times at most')
    for (const flags of ['', 'u']) assert.ok(new RegExp(pattern, flags))
  })
}

const engines = {
  Python: ['python3', 'match.py'],
  Go: ['go', 'run', 'match.go'],
  Java: ['java', 'Match.java'],
} as const

for (const [language, [command, ...program]] of Object.entries(engines)) {
  const isMissing = spawnSync(command, [command === 'go' ? 'version' : '--version']).error !== undefined
  test(
    `fault 7.10: ${language} reads every published pattern, and the same texts match`,
    { skip: isMissing && `${command} is not installed` },
    () => {
      const encode = (text: string) => Buffer.from(text).toString('base64')
      const { stdout, stderr, status } = spawnSync(command, program, {
        cwd: join(import.meta.dirname, 'pattern-engines'),
        input: cases.map(([pattern, text]) => `${encode(pattern)}\t${encode(text)}\n`).join(''),
        encoding: 'utf8',
        env: { ...process.env, GO111MODULE: 'off' },
      })
      assert.equal(status, 0, stderr)
      const found = stdout.trimEnd().split('\n')
      const differing = cases.flatMap(([pattern, text], i) =>
        found[i] === String(new RegExp(pattern).test(text)) ? [] : [[pattern, text, found[i]]],
      )
      assert.deepEqual(differing, [])
    },
  )
}
