// The package.json that is published: the one of the workspace without what only the workspace needs, with an "exports" that every
// resolver reads.
import type { Manifest, PublishedPackage } from './published-packages.ts'

type Json = Readonly<Record<string, unknown>>

/** @param bundledWithout for a program: the packages that its bundle imports */
export function publishedManifest({ kind, manifest, entries }: PublishedPackage, bundledWithout: readonly string[] = []): Json {
  const { name, version, description, license, sideEffects, bin, engines } = manifest
  const common = { name, version, description, license, type: 'module' }
  if (kind === 'program') {
    return { ...common, bin, exports: { './package.json': './package.json' }, engines, dependencies: only(manifest, bundledWithout) }
  }
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest
  const exports = Object.fromEntries(entries.map(({ subpath, module }) => [subpath, targetsOf(module, kind)]))
  return {
    ...common,
    ...(kind === 'esm' ? { types: './esm/index.d.ts' } : legacyFields('.', 'index')),
    exports: { ...exports, './package.json': './package.json' },
    sideEffects,
    engines,
    dependencies,
    peerDependencies,
    peerDependenciesMeta,
  }
}

function only({ dependencies = {} }: Manifest, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => names.includes(name)))
}

/**
 * The first condition that a resolver knows counts. A bundler takes the ES modules, of which it can leave out what is not used, also for
 * `require()`, so that a bundle has one copy. Node, Deno and Bun know "node".
 */
function targetsOf(module: string, kind: PublishedPackage['kind']): Json {
  const esm = `./esm/${module}.js`
  if (kind === 'esm') return { types: `./esm/${module}.d.ts`, default: esm }
  const commonJs = `./commonjs/${module}`
  return {
    import: { types: `./esm/${module}.d.ts`, module: esm, node: `${commonJs}.mjs`, default: esm },
    require: { types: `${commonJs}.d.ts`, module: esm, default: `${commonJs}.js` },
  }
}

/** For resolvers that know no "exports", such as the compiler's "node10". @param to the root of the package */
export function legacyFields(to: string, module: string): Json {
  return { main: `${to}/commonjs/${module}.js`, module: `${to}/esm/${module}.js`, types: `${to}/commonjs/${module}.d.ts` }
}
