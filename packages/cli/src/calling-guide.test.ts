// Runs the programs of docs/calling.md as written against a demo, and type-checks them. Only hosts and ports differ.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { rolldown } from 'rolldown'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { runNode } from './process.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const { serverUrl, systems } = await startTestDemo()
const { apiUrl, clients } = systems['novatrade24']!
const acme = clients['acme']!
const folder = aFolder()
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(join(folder, 'acme-secret'), `${acme.clientSecret}\n`, { mode: 0o600 })

const ownTests = 'Test your program'

/** `GET /v1/me` of acme, after the status where the program prints it. */
const me = /^(?:200 )?\{\n  organization: \{/

/** What each program prints, by the heading that it is below. */
const prints: Readonly<Record<string, RegExp>> = {
  fetch: me,
  axios: me,
  got: me,
  ky: me,
  undici: me,
  NestJS: me,
  CommonJS: me,
  'When the API says no': /^403 partner-not-authorized\n.+\nIf you ask the provider for help, name the request [0-9a-f-]{30}\n$/,
  'Logs and metrics': /^\{"type":"requested","scope":"","durationMs":\S+,"expiresInSeconds":\d+,"requestId":"[0-9a-f-]{30}"\}\n$/,
  'A secret or a key in a file': /^true\n$/,
  [ownTests]: /^# pass 2$/m,
}

interface Program {
  readonly heading: string
  readonly file: string
}

function writePrograms(): Program[] {
  const page = readFileSync(join(root, 'docs', 'calling.md'), 'utf8')
  return page.split(/^## /m).flatMap((section) =>
    Array.from(section.matchAll(/^```(ts|js)\n([^]*?)^```$/gm), ([, language, block = ''], index) => {
      const [heading = ''] = section.split('\n')
      const name = `${heading.toLowerCase().replaceAll(/\W+/g, '-')}${index || ''}`
      const file = join(folder, `${name}.${language === 'ts' ? 'mts' : 'cjs'}`)
      writeFileSync(file, withOurHosts(block))
      return { heading, file }
    }),
  )
}

function withOurHosts(program: string): string {
  return program
    .replaceAll('https://auth.example.com', serverUrl)
    .replaceAll(/(origins: \[)'https:\/\/api\.example\.com'/g, `$1'${new URL(apiUrl).origin}'`)
    .replaceAll('https://api.example.com', apiUrl)
}

/** Node does not know decorators; a program of NestJS is compiled in any case. */
async function compile(file: string): Promise<string> {
  const transform = { decorator: { legacy: true, emitDecoratorMetadata: true } }
  // All packages are installed, but for the helpers of the compiler.
  const external = (specifier: string) => /^(?!@oxc-project)[@\w]/.test(specifier)
  const bundle = await rolldown({ input: file, external, transform, logLevel: 'silent' })
  const compiled = file.replace('.mts', '.mjs')
  await bundle.write({ file: compiled })
  await bundle.close()
  return compiled
}

const programs = writePrograms()

test('every program of docs/calling.md is run, and every expected one is there', () => {
  assert.deepEqual(
    programs.map(({ heading }) => heading),
    Object.keys(prints),
  )
})

/** In one process, one after the other; the program in CommonJS last, because nothing says when it is done. */
async function runAll(): Promise<Map<string, string>> {
  const printing = programs.filter(({ heading }) => heading !== ownTests)
  const inOrder = [...printing.filter(({ file }) => file.endsWith('.mts')), ...printing.filter(({ file }) => file.endsWith('.cjs'))]
  const runner = join(folder, 'run-all.mjs')
  const lines = inOrder.map(async ({ heading, file }) => {
    const program = heading === 'NestJS' ? await compile(file) : file
    return `console.log('== ${heading}')\nawait import('${program}')\n`
  })
  writeFileSync(runner, (await Promise.all(lines)).join(''))
  const { exitCode, stdout, stderr } = await runNode([runner], { cwd: folder, env: { CLIENT_SECRET: acme.clientSecret } })
  assert.equal(exitCode, 0, stderr)
  const parts = stdout.split(/^== /m).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]))
}

test('each program of docs/calling.md prints the described output', async () => {
  const printed = await runAll()
  for (const { heading } of programs) if (heading !== ownTests) assert.match(printed.get(heading) ?? '', prints[heading]!, heading)
})

test('the tests of docs/calling.md pass', async () => {
  const { file } = programs.find(({ heading }) => heading === ownTests)!
  const args = ['--test', '--test-reporter=tap', '--test-isolation=none', file]
  const { exitCode, stdout, stderr } = await runNode(args, { cwd: folder })
  assert.match(stdout, prints[ownTests]!, stderr)
  assert.equal(exitCode, 0, stderr)
})

test('the programs of docs/calling.md type-check', async () => {
  // As in a project of NestJS.
  const compilerOptions = { experimentalDecorators: true, emitDecoratorMetadata: true, erasableSyntaxOnly: false }
  const settings = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.mts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { exitCode, stdout } = await runNode([join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder])
  assert.equal(exitCode, 0, stdout)
})
