// Bundles the command and all that it imports into one program of a few files: a start that has to find, read and compile more than a
// thousand files takes twice as long (decisions/025). `npm run bundle` runs it for this folder, `npm run pack` for the published package.
import { chmodSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as http from 'node:http'
import { rolldown, type OutputChunk, type Plugin } from 'rolldown'

const root = join(import.meta.dirname, '..')

/** External modules: they read files beside themselves, are optional, or are never loaded. */
const external = [
  '@scalar/fastify-api-reference',
  'pg-native',
  // No route of the server has a schema.
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
]

/**
 * Writes the entry `countersign.cjs`, the program `main.js`, its chunks and the licenses of dependencies into a folder. Returns the modules
 * of each file.
 */
export async function bundleCommand(folder: string): Promise<OutputChunk[]> {
  rmSync(join(folder, 'parts'), { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: join(root, 'packages/cli/src/main.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@countersign/source', 'node'] },
    external,
    plugins: [httpWithoutFetch],
    logLevel: 'warn',
  })
  const { output } = await bundle.write({ dir: folder, chunkFileNames: 'parts/[name]-[hash].js', comments: false })
  await bundle.close()
  const chunks = output.filter((file) => file.type === 'chunk')
  // After the output was printed, which takes escapes back.
  for (const { fileName, code } of chunks) writeFileSync(join(folder, fileName), escapeBeyondAscii(code))
  writeFileSync(join(folder, 'LICENSES.txt'), licensesOf(chunks.flatMap(({ moduleIds }) => moduleIds)))
  copyEntry(join(folder, 'countersign.cjs'))
  copyRealms(join(folder, 'parts'))
  return chunks
}

function copyEntry(file: string): void {
  cpSync(join(root, 'packages/cli/src/countersign.cjs'), file)
  chmodSync(file, 0o755)
}

/** The demo reads them beside the module of the examples. */
function copyRealms(folder: string): void {
  const examples = join(root, 'examples')
  for (const file of globSync('*/realm.yaml', { cwd: examples })) cpSync(join(examples, file), join(folder, file))
}

/** Node stores the source of a file in two bytes per character if a single character is beyond ASCII. */
function escapeBeyondAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * An import of `node:http` reads all of its exports, and with `WebSocket` Node loads its implementation of fetch, which takes 16 MB and a
 * part of the start. The server needs neither.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  // What is required by require() is read as it is.
  resolveId: (id, _importer, { kind }) => (id === 'node:http' && kind === 'import-statement' ? httpModule : undefined),
  load(id) {
    if (id !== httpModule) return undefined
    const names = Object.keys(http).filter((name) => !['WebSocket', 'CloseEvent', 'MessageEvent', 'default'].includes(name))
    return `export const { ${names.join(', ')} } = process.getBuiltinModule('node:http')`
  },
}
const httpModule = '\0http'

/** For each bundled package, the texts that its license requires to be included. */
function licensesOf(files: readonly string[]): string {
  const packages = new Set(files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []))
  const texts = [...packages].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    const [text] = globSync('{LICENSE,LICENCE,license}*', { cwd: folder })
    const body = text === undefined ? `License: ${license}` : readFileSync(join(folder, text), 'utf8').trim()
    return `${name} ${version}\n\n${body}\n`
  })
  return `The command holds code of these packages.\n\n${texts.toSorted().join(`\n${'-'.repeat(80)}\n\n`)}`
}

if (import.meta.main) await bundleCommand(join(root, 'packages/cli/dist'))
