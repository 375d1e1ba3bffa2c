// A file that imports others would ask for them only once it is there, a turn on the line later. So whatever loads a file when it is needed asks
// for all that it imports at the same time.
import type { OutputChunk } from 'rolldown'

const loading = /import\(`\.\/([^`]+)`\)/g

/** The code of each file, by name. A name goes on to stand for its content: it depends on the names of all that the file loads. */
export function askAtOnce(chunks: readonly OutputChunk[], entry: OutputChunk): Readonly<Record<string, string>> {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const importsOf = (name: string, found = new Set<string>()): ReadonlySet<string> => {
    for (const one of byName.get(name)?.imports ?? []) if (!found.has(one)) importsOf(one, found.add(one))
    return found
  }
  const isThere = importsOf(entry.fileName).union(new Set([entry.fileName]))
  const ask = (asked: string, name: string) => {
    const further = [...importsOf(name).difference(isThere)]
    // Where one of them fails, so does what imports it.
    return further.length === 0 ? asked : `(${further.map((one) => `import(\`./${one}\`),`).join('')}${asked})`
  }
  return Object.fromEntries(chunks.map(({ fileName, code }) => [fileName, code.replace(loading, ask)]))
}
