// Bundles the command and all that it imports into one program of a few files: a start that has to find, read and compile more than a
// thousand files takes twice as long (decisions/025). `npm run bundle` runs it for this folder, `npm run pack` for the published package.
import { chmodSync, cpSync, globSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as http from 'node:http'
import { rolldown, type OutputChunk, type Plugin } from 'rolldown'
import { licensesOf } from './licenses.ts'
import { writePages } from './pages/write-pages.ts'

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
 * Writes the entry `countersign.cjs`, the program `main.js`, its chunks, the pages and the licenses of dependencies into a folder. Returns the
 * modules of each file.
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
  copyEntry(join(folder, 'countersign.cjs'))
  copyRealms(join(folder, 'parts'))
  // The server looks for them beside its module.
  const ofPages = await writePages(join(folder, 'parts', 'pages'))
  writeFileSync(
    join(folder, 'LICENSES.txt'),
    licensesOf('The command holds', [...chunks.flatMap(({ moduleIds }) => moduleIds), ...ofPages]),
  )
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

if (import.meta.main) await bundleCommand(join(root, 'packages/cli/dist'))
