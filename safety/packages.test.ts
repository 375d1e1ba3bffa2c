import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { code, importsOf, productCode, root, type SourceFile } from './source-tree.ts'

/** Which packages of the workspace a package may import, in its tests too. */
const arrows: Record<string, readonly string[]> = {
  protocol: [],
  client: ['protocol'],
  guard: ['protocol', 'client'],
  gateway: ['protocol', 'client', 'guard'],
  admin: ['protocol'],
  web: ['protocol', 'admin'],
  server: ['protocol', 'guard', 'admin'],
  cli: ['protocol', 'client', 'admin', 'server', 'examples', 'gateway'],
}

/** In tests besides: those of the server call it as integrators do, those of the gateway use its fixtures for programs and ports. */
const arrowsOfTests: Record<string, readonly string[]> = { server: ['client'], gateway: ['server'] }

/** The packages that run on every runtime with `fetch`, but for the files that read a file or listen on a port. */
const portable: Record<string, readonly string[]> = {
  protocol: [],
  client: ['packages/client/src/node.ts', 'packages/client/src/testing/loopback.ts'],
}

interface Import {
  readonly path: string
  readonly specifier: string
}

/** Texts of programs that pages show. */
const shown = new Set(['packages/web/src/shared/code-samples.ts', 'packages/web/src/shared/language-programs.ts'])

function importsIn(name: string, files: readonly SourceFile[]): Import[] {
  return files
    .filter(({ path }) => path.startsWith(`packages/${name}/`) && !shown.has(path))
    .flatMap(({ path, text }) => importsOf(text).map((specifier) => ({ path, specifier })))
}

function staysInside(name: string, { path, specifier }: Import): boolean {
  const target = join(path, '..', specifier)
  return ['src', 'test'].some((folder) => target.startsWith(join('packages', name, folder)))
}

/** `@countersign/guard/fastify` belongs to the package `@countersign/guard`, `yaml/util` to `yaml`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

test('every package is in the table of arrows', () => {
  assert.deepEqual(readdirSync(join(root, 'packages')).toSorted(), Object.keys(arrows).toSorted())
})

for (const [name, neighbours] of Object.entries(arrows)) {
  test(`${name} imports no other package of the workspace than ${neighbours.join(', ') || 'itself'}`, () => {
    const allowedIn = ({ path }: Import) =>
      [name, ...neighbours, ...(/\.(?:test|fixture)\.ts$/.test(path) ? (arrowsOfTests[name] ?? []) : [])].map(
        (each) => `@countersign/${each}`,
      )
    const wrong = importsIn(name, code).filter((found) =>
      found.specifier.startsWith('.')
        ? !staysInside(name, found)
        : found.specifier.startsWith('@countersign/') && !allowedIn(found).includes(packageOf(found.specifier)),
    )
    assert.deepEqual(wrong, [])
  })

  test(`${name} imports only what its package.json declares`, () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
    )
    const declared = new Set([`@countersign/${name}`, ...Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })])
    const wrong = importsIn(name, productCode).filter(
      ({ specifier }) => !/^(?:\.|node:)/.test(specifier) && !declared.has(packageOf(specifier)),
    )
    assert.deepEqual(wrong, [])
  })
}

for (const [name, besides] of Object.entries(portable)) {
  test(`${name} imports no module of Node and no package of npm`, () => {
    const wrong = importsIn(name, productCode).filter(
      ({ path, specifier }) => !/^(?:\.|@countersign\/)/.test(specifier) && !(specifier.startsWith('node:') && besides.includes(path)),
    )
    assert.deepEqual(wrong, [])
  })
}
