// What a page consists of besides its HTML. Published, it is a folder of files beside this program; in a clone it is bundled from the sources
// at the first request. If there is neither, the page says so, and everything else goes on.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createPackedFile, createSharedFile, type SharedFile, type SharedFiles } from '../http/shared-file.ts'

export type PageName = 'console' | 'portal'

/** As scripts/pages/ makes it. */
interface Described {
  readonly script: string
  readonly style: string
  readonly icon?: string
  /** The scripts that the first one always imports. */
  readonly preloads: readonly string[]
}

export interface PageFiles extends Described {
  /** By name. */
  readonly files: SharedFiles
}

/** Where the files may be beside this program: of the package of the server, and of the command, which has its parts in a folder. */
const folders = [join(import.meta.dirname, 'pages'), join(dirname(import.meta.dirname), 'pages')]
const bundler = join(import.meta.dirname, '../../../../scripts/pages/bundle-pages.ts')

/** Loads the files once; again after a failure. The function returns undefined if this installation has none. */
export function createPageFiles(page: PageName): () => Promise<PageFiles | undefined> {
  let loading: Promise<PageFiles | undefined> | undefined
  const forget = () => void (loading = undefined)
  return () => {
    if (loading === undefined) {
      loading = load(page)
      loading.catch(forget)
    }
    return loading
  }
}

async function load(page: PageName): Promise<PageFiles | undefined> {
  const folder = folders.find((each) => existsSync(join(each, 'manifest.json')))
  if (folder !== undefined) return loadPublished(folder, page)
  return existsSync(bundler) ? bundle(page) : undefined
}

async function loadPublished(folder: string, page: PageName): Promise<PageFiles | undefined> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    readonly [name in PageName]?: Described & { readonly files: readonly string[] }
  }
  const described = manifest[page]
  if (!described) return undefined
  const read = (name: string) => readFile(join(folder, name))
  const fileOf = (name: string) =>
    createPackedFile(headersOf(name), async () => {
      const [plain, br, gzip] = await Promise.all([read(name), read(`${name}.br`), read(`${name}.gz`)])
      return { plain, br, gzip }
    })
  return { ...described, files: new Map(described.files.map((name) => [name, fileOf(name)])) }
}

interface Bundler {
  hasPage(page: PageName): boolean
  bundlePage(page: PageName): Promise<Described & { readonly files: Readonly<Record<string, string>> }>
}

async function bundle(page: PageName): Promise<PageFiles | undefined> {
  // Not a dependency of this package: only a clone has it.
  const { hasPage, bundlePage } = (await import(pathToFileURL(bundler).href)) as Bundler
  if (!hasPage(page)) return undefined
  const { files, script, style, icon, preloads } = await bundlePage(page)
  const shared = Object.entries(files).map(([name, text]): [string, SharedFile] => [
    name,
    createSharedFile(headersOf(name), () => text, ['br', 'gzip']),
  ])
  return { script, style, ...(icon !== undefined && { icon }), preloads, files: new Map(shared) }
}

const types: Readonly<Record<string, string>> = { '.css': 'text/css', '.svg': 'image/svg+xml' }

function headersOf(name: string): Readonly<Record<string, string>> {
  const type = types[name.slice(name.lastIndexOf('.'))] ?? 'text/javascript'
  return { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'public, max-age=31536000, immutable' }
}
