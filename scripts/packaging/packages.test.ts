// The published packages as their users get them: what tools and runtimes make of the tarballs in an empty project. "npm run interop --
// packages" tries more of them. Takes 160 s.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startInstalledDemo } from './installed-demo.ts'
import { entriesOf, installProject, pathOfUser, peersOf, withNeeds, writePrograms, type Ran } from './installed-project.ts'
import { packPackages } from './pack.ts'
import { testPackedFiles } from './packed-files.fixture.ts'
import { root } from './published-packages.ts'
import { resolutions, writeTypeChecks } from './type-checks.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-packages-'))
after(() => rmSync(folder, { recursive: true }))
const pinnedNode = { PATH: `${join(root, 'node_modules', 'node', 'bin')}:${pathOfUser}` }

const packed = await packPackages(join(folder, 'packed'))
const entries = entriesOf(packed.filter(({ kind }) => kind === 'esm and commonjs'))
/** The frameworks whose types are packages of their own. */
const types = { '@types/node': '^20.0.0', '@types/express': '^5.0.0', '@types/koa': '^3.0.0' }
const tools = { esbuild: '^0.28.0', jest: '^30.0.0', typescript: '~5.9.0', ...types }
const project = installProject(join(folder, 'project'), packed, { ...peersOf(packed), ...tools })
writePrograms(project)
writeTypeChecks(project, entries)
const demo = await startInstalledDemo(project, pinnedNode.PATH)
after(() => demo.stop())
const env = { DEMO_STATE: demo.stateFile }
const newestTsc = join(root, 'node_modules', '.bin', 'tsc')
const worked = /^called an API, guarded one, and listed \d+ realms\n$/

function succeeds({ status, stdout, stderr }: Ran, prints: RegExp): void {
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, prints)
}

for (const each of packed) testPackedFiles(each)

for (const each of packed) {
  const { name, version } = each.manifest
  test(`${name} loads in an empty project that has only what it declares`, () => {
    const alone = installProject(join(folder, 'alone', name), withNeeds(each, packed), {})
    if (each.kind === 'program') return succeeds(alone.run('countersign', ['--version'], pinnedNode), new RegExp(`^${version}\n$`))
    succeeds(alone.run('node', ['-p', 'Object.keys(require(process.argv[1])).length', name], pinnedNode), /^\d+\n$/)
  })
}

test('npx of the command is the first minute: the demo, then a token and a call by what it prints', () => {
  assert.match(demo.printed, /Countersign is running/)
  assert.doesNotMatch(demo.printed, /npm run|npm start/)
  const [, call = ''] = /^ {2}(curl .*\/v1\/me -H "Authorization: .*)$/m.exec(demo.printed) ?? []
  succeeds(project.run('bash', ['-c', call], { ...pinnedNode, COUNTERSIGN_HOME: demo.home, npm_command: 'exec' }), /"organization"/)
})

test('on a Node that is too old the command says so, and how to try it all the same', (context) => {
  const here = project.run('node', ['-p', 'process.versions.node']).stdout.trim()
  if (Number.parseInt(here) >= 26) return context.skip(`Node ${here} is not too old`)
  const { status, stdout, stderr } = project.run('npx', ['countersign', '--help'])
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(
    stderr,
    new RegExp(`^Error: "countersign" needs Node 26 or later, and this is Node ${here} \\(.*\\)\\.\nNext: .*\n {2}npx .*\n$`),
  )
})

for (const [node, surroundings] of [
  ['the Node of the machine', {}],
  ['the pinned Node', pinnedNode],
] as const) {
  for (const program of ['consumer.mjs', 'consumer.cjs'])
    test(`${program} works on ${node}`, () => succeeds(project.run('node', [program], { ...surroundings, ...env }), worked))

  test(`the adapters work in an ES module on ${node}`, () =>
    succeeds(project.run('node', ['frameworks.mjs'], { ...surroundings, ...env }), /^the guard works in /))

  test(`import and require() give the same classes and state on ${node}`, () =>
    succeeds(project.run('node', ['both-formats.mjs', ...entries], surroundings), /are the same in both formats/))
}

test('Jest runs a test that uses the packages, in its default configuration', () => succeeds(project.run('jest', [], env), /^/))

for (const format of ['esm', 'cjs']) {
  test(`a program that esbuild has bundled as ${format} works`, () => {
    const file = `bundled.${format === 'esm' ? 'mjs' : 'cjs'}`
    const options = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${file}`, '--log-level=warning']
    succeeds(project.run('esbuild', ['consumer.mjs', ...options]), /^$/)
    succeeds(project.run('node', [file], env), worked)
  })
}

test('a bundler leaves out what is not used', () => {
  project.write('small.mjs', `import { isLoopbackHost } from '@countersign/protocol'\nconsole.log(isLoopbackHost('localhost'))`)
  const { stdout } = project.run('esbuild', ['small.mjs', '--bundle', '--platform=node', '--format=esm'])
  assert.ok(stdout.length < 3000, stdout)
})

for (const resolution of resolutions) {
  test(`the program and every entry type-check with moduleResolution ${resolution}`, () => {
    // The newest compiler has no "node10".
    succeeds(project.run(resolution === 'node10' ? 'tsc' : newestTsc, ['-p', `tsconfig.${resolution}.json`]), /^$/)
  })
}

test('the declarations of the packages have no errors of their own', () => {
  const { stdout } = project.run(newestTsc, ['-p', 'tsconfig.node16.json', '--noEmit', '--skipLibCheck', 'false'])
  const faults = stdout.match(/^node_modules\/@countersign\/.*/gm) ?? []
  // NestJS 12 is for ES modules alone, which TypeScript tells a CommonJS program whatever it imports of it (TS1479).
  assert.deepEqual(
    faults.filter((fault) => !/commonjs\/adapters\/nest\.d\.ts.*TS1479/.test(fault)),
    [],
  )
})

for (const compiled of ['node10/consumer.js', 'node16/consumer.cjs', 'node16/consumer.mjs'])
  test(`${compiled}, as TypeScript compiled it, works`, () => succeeds(project.run('node', [compiled], env), worked))
