// Compiles the libraries from their sources to ES modules with declarations, file by file.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, type PublishedPackage } from './published-packages.ts'

/**
 * What Node 20.0 has: the compiler refuses what came later, such as `Promise.withResolvers()`. Where ESM suffices, Node is new.
 */
const librariesOf = { 'esm and commonjs': ['es2023', 'es2024.string'], esm: ['esnext'] } as const

/** @returns the compiled `src` folder of a package */
export function compileLibraries(packages: readonly PublishedPackage[], folder: string): (library: PublishedPackage) => string {
  const outputOf = (kind: Compiled) => join(folder, kind.replaceAll(' ', '-'))
  for (const kind of Object.keys(librariesOf) as Compiled[]) {
    const files = packages.filter((each) => each.kind === kind).flatMap(({ folder }) => sourcesOf(join(root, folder, 'src')))
    if (files.length > 0) compile(files, librariesOf[kind], outputOf(kind))
  }
  return ({ kind, folder }) => join(outputOf(kind === 'esm' ? 'esm' : 'esm and commonjs'), folder, 'src')
}

type Compiled = keyof typeof librariesOf

/** All are named: one that is only reached by the import of another package counts as external, and the compiler may leave it out. */
function sourcesOf(folder: string): string[] {
  return globSync('**/*.ts', { cwd: folder, exclude: ['**/*.test.ts', '**/*.fixture.ts'] }).map((file) => join(folder, file))
}

function compile(files: readonly string[], lib: readonly string[], outDir: string): void {
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  const settings = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    lib,
    rootDir: root,
    outDir,
    typeRoots: [join(root, 'node_modules', '@types')],
    noEmit: false,
    declaration: true,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
  }
  writeFileSync(settings, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', settings], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The packages do not compile:\n${stdout}`)
  for (const file of globSync('**/*.d.ts', { cwd: outDir })) nameCompiledFiles(join(outDir, file))
}

/** The compiler leaves the names of sources in declarations. */
function nameCompiledFiles(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\b((?:from|import) ?\(?(['"])\.\.?\/[^'"]+)\.ts\2/g, '$1.js$2'))
}
