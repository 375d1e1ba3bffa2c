// Bundles the scripts and styles of a page: in memory in a clone, when it is first asked for, and into files for what is published. A name has
// a hash of its content, so a browser may keep the file for ever.
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown, type OutputChunk } from 'rolldown'
import { packStyle } from '../page-style.ts'
import { askAtOnce } from './ask-at-once.ts'
import { rowsOf } from './rows-of-page.ts'

export type PageName = 'console' | 'portal'

/** What a page consists of. The server reads it as it is (packages/server/src/web/page-files.ts). */
export interface BundledPage {
  /** The name of the script that the page starts with. */
  readonly script: string
  readonly style: string
  /** Undefined as long as there is none. */
  readonly icon?: string
  /** The scripts that the first one always imports. */
  readonly preloads: readonly string[]
  /** Text by name. */
  readonly files: Readonly<Record<string, string>>
  /** The files that the scripts were made of. */
  readonly modules: readonly string[]
}

interface Group {
  readonly name: string
  readonly test: RegExp | ((id: string) => boolean)
  readonly minShareCount?: number
}

/** What a step shows that failed: no first page needs it. */
const failed = /shared\/act\/(?:failed|sign-in-again|passkey-again|provider-again|field-names)\.tsx?$/
/** What a dialog is drawn by: the first page only opens one. */
const dialogs = /shared\/(?:components\/dialog|act\/(?:step-form|focus-wrong))\.tsx?$/
/** Lists as files: no first page has one. */
const saved = /(?:export-list|export-formats|collect-pages|shared\/csv)\.tsx?$/
const secrets = /(?:rotation-board|rotation-verdict|secret-uses)\.tsx?$/
/** Small ones, which would cost more for the head of their answer than for themselves. */
const small =
  /(?:lacks|page-names|refused-by-reason|shortcut-keys|usage-plots|tiny-bars|client-state|rotation-urgency|invitation-token|next-agreement|download|env-file)\.tsx?$/

/** Of the portal: what a page about a secret shows, what of a step that failed, and what dialogs are drawn by, are one. Home has no filters. */
const apart = [
  { name: 'asked-for', test: /parts\/asked-for\.tsx$/ },
  { name: 'filters', test: /(?:components\/filters|parts\/client-choice)\.tsx$/ },
  { name: 'failed', test: new RegExp(`${failed.source}|${secrets.source}|${dialogs.source}`) },
]

/**
 * Few files, because each costs its headers and, on a slow line, a turn: what three pages or forms share is one, which the first page loads.
 * What the first page does without is apart from that.
 */
const groups: Readonly<Record<PageName, { readonly first: readonly Group[]; readonly others: readonly Group[] }>> = {
  console: {
    first: [
      { name: 'shared', minShareCount: 3, test: (id) => !failed.test(id) && !saved.test(id) && !dialogs.test(id) },
      { name: 'small', test: small },
    ],
    others: [
      { name: 'saved', test: saved },
      { name: 'people', minShareCount: 2, test: /(?:people-table|request-table|request-pieces|request-words|record-acceptance)\.tsx?$/ },
      { name: 'secrets', minShareCount: 2, test: secrets },
      { name: 'failed', test: failed },
      { name: 'dialogs', test: dialogs },
    ],
  },
  portal: {
    first: [
      { name: 'shared', minShareCount: 3, test: (id) => !apart.some(({ test }) => test.test(id)) },
      { name: 'small', test: new RegExp(`${small.source}|use-attempt\\.ts$`) },
    ],
    others: apart,
  },
}

/** In the order in which they apply. */
const styleSheets = ['tokens.css', 'base.css', 'ui.css']
const sources = join(import.meta.dirname, '..', '..', 'packages', 'web', 'src')

export function hasPage(page: PageName): boolean {
  return existsSync(join(sources, page, 'main.tsx'))
}

export async function bundlePage(page: PageName): Promise<BundledPage> {
  const bundle = await rolldown({
    cwd: sources,
    input: { [page]: join(sources, page, 'main.tsx') },
    platform: 'browser',
    resolve: { conditionNames: ['@countersign/source', 'browser', 'import', 'default'] },
    // How JSX is compiled stands in packages/web/tsconfig.json, which the type check reads as well.
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [rowsOf(page)],
    logLevel: 'warn',
  })
  try {
    const generate = async (groups: readonly Group[], minify: boolean) => {
      const { output } = await bundle.generate({
        format: 'esm',
        minify,
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        comments: false,
        codeSplitting: { groups: [...groups] },
      })
      return output.filter((file): file is OutputChunk => file.type === 'chunk')
    }
    // What several pages share and what is small is loaded with the first page, so it becomes one file.
    const { first, others } = groups[page]
    const apart = await generate([...first, ...others], false)
    const together = new Set(apart.filter(({ name }) => first.some((group) => group.name === name)).flatMap(({ moduleIds }) => moduleIds))
    const chunks = await generate([{ name: 'shared', test: (id) => together.has(id) }, ...others], true)
    const entry = chunks.find(({ isEntry }) => isEntry)!
    const shared: Record<string, string> = {}
    const share = (name: string, text: string) => {
      const hashed = name.replace('.', `-${hash('sha256', text, 'base64url').slice(0, 8)}.`)
      shared[hashed] = text
      return hashed
    }
    const readShared = (name: string) => readFileSync(join(sources, 'shared', name), 'utf8')
    return {
      script: entry.fileName,
      style: share('ui.css', styleSheets.map((name) => packStyle(readShared(name))).join('')),
      ...(existsSync(join(sources, 'shared', 'icon.svg')) && { icon: share('icon.svg', readShared('icon.svg')) }),
      preloads: entry.imports,
      files: { ...askAtOnce(chunks, entry), ...shared },
      modules: chunks.flatMap(({ moduleIds }) => moduleIds),
    }
  } finally {
    await bundle.close()
  }
}
