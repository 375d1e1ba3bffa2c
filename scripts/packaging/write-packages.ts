// `npm run build`: writes each published package as a folder that has exactly what its tarball will have.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleCommand } from '../bundle.ts'
import { licensesOf } from '../licenses.ts'
import { writePages } from '../pages/write-pages.ts'
import { writeCommonJs } from './common-js.ts'
import { compileLibraries } from './compile.ts'
import { legacyFields, publishedManifest } from './published-manifest.ts'
import { publishedPackages, root, type PublishedPackage } from './published-packages.ts'
import { publishedReadme } from './published-readme.ts'

export interface WrittenPackage extends PublishedPackage {
  /** Its folder, absolute. */
  readonly written: string
}

/** @param folder absolute; what it holds is replaced */
export async function writePackages(folder: string): Promise<WrittenPackage[]> {
  rmSync(folder, { recursive: true, force: true })
  const packages = publishedPackages()
  const compiled = compileLibraries(packages, join(folder, 'compiled'))
  const written: WrittenPackage[] = []
  for (const each of packages) {
    const target = join(folder, each.folder)
    mkdirSync(target, { recursive: true })
    if (each.kind === 'program') await writeProgram(each, target)
    else await writeLibrary(each, compiled(each), target)
    cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'))
    const readme = readFileSync(join(root, each.folder, 'README.md'), 'utf8')
    writeFileSync(join(target, 'README.md'), publishedReadme(readme, each.folder))
    written.push({ ...each, written: target })
  }
  return written
}

async function writeProgram(program: PublishedPackage, target: string): Promise<void> {
  const chunks = await bundleCommand(join(target, 'dist'))
  const imported = chunks.flatMap(({ imports, dynamicImports }) => imports.concat(dynamicImports))
  writeJson(join(target, 'package.json'), publishedManifest(program, imported))
}

async function writeLibrary(library: PublishedPackage, compiled: string, target: string): Promise<void> {
  writeJson(join(target, 'package.json'), publishedManifest(library))
  cpSync(compiled, join(target, 'esm'), { recursive: true })
  const formats = library.kind === 'esm' ? ['esm'] : ['esm', 'commonjs']
  if (library.kind === 'esm and commonjs') {
    await writeCommonJs(library, compiled, join(target, 'commonjs'))
    writeLegacyEntries(library, target)
  }
  // What the code reads beside itself.
  const sources = join(root, library.folder, 'src')
  for (const file of globSync('**/*.*', { cwd: sources, exclude: ['**/*.ts', '**/*.md'] }))
    for (const format of formats) cpSync(join(sources, file), join(target, format, file))
  // The server looks for them beside its module.
  if (library.folder !== 'packages/server') return
  const pages = join(target, 'esm', 'web', 'pages')
  const modules = await writePages(pages)
  writeFileSync(join(pages, 'LICENSES.txt'), licensesOf('The pages hold', modules))
}

/** A folder of the name of each entry: what resolvers without "exports" look for. */
function writeLegacyEntries({ entries }: PublishedPackage, target: string): void {
  for (const { subpath, module } of entries) {
    if (subpath === '.') continue
    const folder = join(target, subpath)
    mkdirSync(folder, { recursive: true })
    const up = subpath.slice(2).replace(/[^/]+/g, '..')
    writeJson(join(folder, 'package.json'), legacyFields(up, module))
  }
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

if (import.meta.main) await writePackages(join(root, 'packed', 'packages'))
