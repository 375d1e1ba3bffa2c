// What a tarball must and must not have, for every published package.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { PackedPackage } from './pack.ts'
import { root } from './published-packages.ts'

const common = ['LICENSE', 'README.md', 'package.json']
const meant = {
  program: /^dist\/(?:main\.js|countersign\.cjs|LICENSES\.txt|parts\/[\w.-]+\.js|parts\/[\w-]+\/realm\.yaml|parts\/pages\/[\w.-]+)$/,
  esm: /^esm\/(?:[\w/-]+(?:\.d\.ts|\.js)|web\/pages\/[\w.-]+)$/,
  'esm and commonjs':
    /^(?:esm\/[\w/-]+(?:\.d\.ts|\.js)|commonjs\/(?:[\w/-]+(?:\.d\.ts|\.js|\.mjs)|package\.json)|[a-z/-]+\/package\.json)$/,
}

export function testPackedFiles({ manifest: { name }, kind, files, tarball, written }: PackedPackage): void {
  test(`the tarball of ${name} has its license, and no file that is not meant`, () => {
    const paths = files.map(({ path }) => path)
    const missing = common.filter((path) => !paths.includes(path))
    const tooMany = paths.filter((path) => !common.includes(path) && !meant[kind].test(path))
    assert.deepEqual([missing, tooMany], [[], []])
  })

  test(`every file that a file of ${name} imports is in the tarball`, () => {
    const paths = new Set(files.map(({ path }) => path))
    const wrong = [...paths]
      .filter((path) => /^(?:esm|commonjs)\/.*\.(?:js|mjs|ts)$/.test(path))
      .flatMap((path) => importsOf(path).map((target) => ({ path, target })))
      .filter(({ target }) => !paths.has(target))
    assert.deepEqual(wrong, [])
  })

  /** Those of its own package; a declaration imports declarations. */
  function importsOf(path: string): string[] {
    const text = readFileSync(join(written, path), 'utf8')
    const specifiers = Array.from(
      text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])(\.[^'"]*)\1/g),
      ([, , specifier = '']) => specifier,
    )
    const targets = specifiers.map((specifier) => join(dirname(path), specifier))
    return path.endsWith('.d.ts') ? targets.map((target) => target.replace(/\.js$/, '.d.ts')) : targets
  }

  test(`no file of ${name} names a folder of the machine that made it`, () => {
    const wrong = files.filter(({ path }) => readFileSync(join(written, path), 'utf8').includes(root))
    assert.deepEqual(wrong, [])
  })

  test(`the README.md of ${name} has no link to a file that is not in the tarball`, () => {
    const text = readFileSync(join(written, 'README.md'), 'utf8')
    const targets = Array.from(text.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target)
    assert.deepEqual(
      targets.filter((target) => !/^(?:https?:|#)/.test(target)),
      [],
    )
  })

  test(`publint has nothing to say about ${name}`, async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(tarball)
    const data = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
    const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true })
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    )
  })

  if (kind === 'program') return
  test(`TypeScript finds the types of ${name} in every resolution, and they are those of what is loaded`, () => {
    const attw = join(root, 'node_modules', '.bin', 'attw')
    const options = [
      '--no-emoji',
      '--no-color',
      '--exclude-entrypoints',
      'package.json',
      '--profile',
      kind === 'esm' ? 'esm-only' : 'strict',
    ]
    const { status, stdout, stderr } = spawnSync(attw, [tarball, ...options], { encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  })
}
