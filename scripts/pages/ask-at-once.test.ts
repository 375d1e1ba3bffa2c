import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundlePage } from './bundle-pages.ts'

const loading = /import\([`"']\.\/([\w-]+\.js)[`"']\)/g
const importing = /(?:from|import)[`"']\.\/([\w-]+\.js)[`"']/g

for (const page of ['console', 'portal'] as const)
  test(`what loads a file of the ${page} asks for all that the file imports at the same time`, async () => {
    const { files, script, preloads } = await bundlePage(page)
    const namesIn = (name: string, pattern: RegExp) => [...files[name]!.matchAll(pattern)].map(([, found]) => found!)
    const isThere = new Set([script, ...preloads])
    const scripts = Object.keys(files).filter((name) => name.endsWith('.js'))
    const loaded = scripts.flatMap((name) => namesIn(name, loading).map((found) => [name, found] as const))
    assert.ok(loaded.length > 15)
    const late = loaded.flatMap(([by, name]) =>
      namesIn(name, importing)
        .filter((one) => !isThere.has(one) && !namesIn(by, loading).includes(one))
        .map((one) => `${by}: ${name} imports ${one}`),
    )
    assert.deepEqual(late, [])
  })
