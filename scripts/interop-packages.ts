// `npm run interop -- packages`: tries the published packages with every runtime, compiler, bundler and test runner of the matrix, and writes
// the dated table of `interop/results`.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startInstalledDemo } from './packaging/installed-demo.ts'
import { installProject, peersOf, pathOfUser, writePrograms, type Project } from './packaging/installed-project.ts'
import { toolsOf, type Tool } from './packaging/matrix.ts'
import { packPackages } from './packaging/pack.ts'
import { root } from './packaging/published-packages.ts'

interface Cell {
  readonly what: string
  /** Undefined if it works. */
  readonly failure: string | undefined
}

interface Row {
  readonly name: string
  readonly cells: readonly Cell[]
}

/** @param names of tools, such as "jest"; without them all are tried, and the table is written @returns whether everything works */
export async function tryPackages(names: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-interop-'))
  const packed = await packPackages(join(folder, 'packed'))
  const project = installProject(join(folder, 'project'), packed, { ...peersOf(packed), '@types/node': '^20' })
  writePrograms(project)
  const demo = await startInstalledDemo(project, `${join(root, 'node_modules', 'node', 'bin')}:${pathOfUser}`)
  const rows: Row[] = []
  const tools = toolsOf({ packed, env: { DEMO_STATE: demo.stateFile } })
  for (const tool of tools.filter(({ name }) => names.length === 0 || names.includes(name))) {
    rows.push(tryTool(tool, project, join(folder, `${tool.name}-${Object.values(tool.packages)[0]}`)))
    console.log(describe(rows.at(-1)!))
  }
  await demo.stop()
  rmSync(folder, { recursive: true })
  if (names.length === 0) writeTable(rows)
  return rows.every(({ cells }) => cells.every(({ failure }) => failure === undefined))
}

function tryTool({ name, packages, scripts = [], tries }: Tool, project: Project, folder: string): Row {
  const installedTool = installProject(folder, [], packages, { allowScripts: Object.fromEntries(scripts.map((each) => [each, true])) })
  const [first = name] = Object.keys(packages)
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', first, 'package.json'), 'utf8')) as { version: string }
  const program = (command: string) => join(installedTool.folder, 'node_modules', '.bin', command)
  const cells = tries(project, program).map(({ what, steps }) => {
    for (const step of steps) {
      const { status, stdout, stderr } = step()
      if (status !== 0) return { what, failure: `${stdout}${stderr}`.trim() }
    }
    return { what, failure: undefined }
  })
  return { name: `${name} ${version}`, cells }
}

function describe({ name, cells }: Row): string {
  return [name, ...cells.map(({ what, failure }) => `  ${what}: ${failure ?? 'works'}`)].join('\n')
}

function writeTable(rows: readonly Row[]): void {
  const date = new Date().toISOString().slice(0, 10)
  const lines = rows.map(
    ({ name, cells }) => `| ${name} | ${cells.map(({ what, failure }) => `${what}: ${shorten(failure)}`).join(', ')} |`,
  )
  const text = `# Packages with runtimes, compilers, bundlers and test runners, ${date}

\`npm run interop -- packages\`: the tarballs of \`npm run pack\`, installed into an empty project. The program called an API of the demo, guarded
one, used the admin API and got a refusal of each kind, as in \`scripts/packaging/fixtures/consumer.mjs\`; for a compiler it and every entry
of every package were type-checked. "One copy in both" compares what every entry exports to \`import\` and to \`require()\`.

| with | what |
|---|---|
${lines.join('\n')}
`
  const results = join(root, 'interop', 'results')
  for (const old of globSync('packages-*.md', { cwd: results })) rmSync(join(results, old))
  writeFileSync(join(results, `packages-${date}.md`), text)
}

function shorten(failure: string | undefined): string {
  return failure === undefined ? 'yes' : `**no** (${failure.split('\n', 1)[0]!.replaceAll('|', '/').slice(0, 150)})`
}

if (import.meta.main) process.exit((await tryPackages(process.argv.slice(2))) ? 0 : 1)
