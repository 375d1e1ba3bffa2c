// Makes one program of the command and of all that it imports, in a few files: a start that has to find, read and compile more than a
// thousand takes twice as long (decisions/025). "npm run build" of packages/cli runs it.
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown, type OutputChunk } from 'rolldown'

const root = join(import.meta.dirname, '..')

/** These stay where they are installed: they read files beside themselves, need not be there, or are never loaded. */
const external = [
  '@countersign/examples',
  '@scalar/fastify-api-reference',
  'pg-native',
  // No route of the server has a schema.
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
]

/** Writes `main.js`, its parts and the licenses of others into a folder. Returns what is in which file. */
export async function bundleCommand(folder: string): Promise<OutputChunk[]> {
  rmSync(join(folder, 'parts'), { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: join(root, 'packages/cli/src/main.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@countersign/source', 'node'] },
    external,
    plugins: [{ name: 'latin-1', renderChunk: escapeBeyondLatin1 }],
    logLevel: 'warn',
  })
  const { output } = await bundle.write({ dir: folder, chunkFileNames: 'parts/[name]-[hash].js', comments: false })
  await bundle.close()
  const chunks = output.filter((file) => file.type === 'chunk')
  writeFileSync(join(folder, 'LICENSES.txt'), licensesOf(chunks.flatMap(({ moduleIds }) => moduleIds)))
  return chunks
}

/** Node keeps the source of what it runs: all of a file in two bytes a character where a single one is beyond Latin-1. */
function escapeBeyondLatin1(code: string): string {
  return code.replace(/[^\0-\xff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Of each package that files come from, what its license asks to be passed on. */
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
