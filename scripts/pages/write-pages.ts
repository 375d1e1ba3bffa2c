// Writes the bundled pages as files, with the compressed forms of each beside it and a manifest, for what is published.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { bundlePage, hasPage, type PageName } from './bundle-pages.ts'

const pages: readonly PageName[] = ['console', 'portal']

/** Those that there are. Returns the files that they were made of. @param folder absolute; what it holds is replaced */
export async function writePages(folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const manifest: Record<string, object> = {}
  const sources: string[] = []
  for (const page of pages) {
    if (!hasPage(page)) continue
    const { files, modules, ...described } = await bundlePage(page)
    sources.push(...modules)
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text)
      writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text))
      writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }))
    }
    manifest[page] = { ...described, files: Object.keys(files) }
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return sources
}
