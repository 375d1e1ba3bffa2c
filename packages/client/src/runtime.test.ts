// The promise that this package runs wherever fetch does: Node from 20, Bun, Deno and edge runtimes.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** Read a file or listen on a port. */
const ofNode: ReadonlySet<string> = new Set(['node.ts', 'testing/loopback.ts'])
const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((name) => !/\.(test|fixture)\.ts$/.test(name) && !ofNode.has(name))

for (const name of sources)
  test(`${name} imports its neighbours and the protocol only, and reads no environment`, () => {
    const source = readFileSync(`${import.meta.dirname}/${name}`, 'utf8')
    const imported = [...source.matchAll(/^(?:import|export) .* from '([^']+)'$/gm)].map(([, specifier]) => specifier)
    assert.deepEqual(
      imported.filter((specifier) => specifier !== '@countersign/protocol' && !/^\.\.?\//.test(specifier ?? '')),
      [],
    )
    assert.doesNotMatch(source, /\b(process|Buffer|require|Deno|Bun)\b[.(]/)
    assert.doesNotMatch(source, /withResolvers|Object\.groupBy|Promise\.try|\bAbortSignal\.any/, 'newer than Node 20')
  })
