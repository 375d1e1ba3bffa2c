// The CommonJS form of a library, which Node runs in both cases: `require()` gets it, and `import` a module that exports what it has. So
// a class, a WeakMap or the state of a module exists once in a process, whichever way it was loaded (decisions/094).
import { cpSync, globSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { rolldown } from 'rolldown'
import { root, type PublishedPackage } from './published-packages.ts'

/** @param compiled the ES modules and declarations of the package @param folder where the CommonJS modules are written */
export async function writeCommonJs({ folder: ofPackage, entries }: PublishedPackage, compiled: string, folder: string): Promise<void> {
  const sources = join(root, ofPackage, 'src')
  const bundle = await rolldown({
    cwd: sources,
    input: entries.map(({ module }) => join(sources, `${module}.ts`)),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    transform: { target: 'node20' },
    logLevel: 'warn',
  })
  const { output } = await bundle.write({
    dir: folder,
    format: 'cjs',
    exports: 'named',
    esModule: true,
    preserveModules: true,
    preserveModulesRoot: sources,
    entryFileNames: '[name].js',
  })
  await bundle.close()
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
  for (const { module } of entries) {
    const chunk = output.find(({ fileName }) => fileName === `${module}.js`)
    if (chunk?.type !== 'chunk') throw new Error(`"${module}.js" of ${ofPackage} was not written`)
    const file = module.slice(module.lastIndexOf('/') + 1)
    writeFileSync(join(folder, `${module}.mjs`), `export { ${chunk.exports.toSorted().join(', ')} } from './${file}.js'\n`)
  }
  // In a folder of CommonJS the compiler reads the same declarations as those of CommonJS.
  for (const file of globSync('**/*.d.ts', { cwd: compiled })) cpSync(join(compiled, file), join(folder, file))
}
