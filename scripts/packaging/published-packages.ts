// Which packages of the workspace are published, and their entries: read from the package.json of each, so that neither is listed twice.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly private?: boolean
  readonly sideEffects?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, { readonly '@countersign/source': string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly engines: { readonly node: string }
}

export interface Entry {
  /** As in "exports": "." or "./axios". */
  readonly subpath: string
  /** The module without its extension, relative to `src`: "index" or "adapters/express". */
  readonly module: string
}

export interface PublishedPackage {
  /** Relative to the root: "packages/client". */
  readonly folder: string
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
  /** A program is one bundle. A library is compiled file by file; it is ESM alone where every supported Node can require() that. */
  readonly kind: 'program' | 'esm' | 'esm and commonjs'
}

/** In the order in which they can be published: each after those that it needs. */
export function publishedPackages(): PublishedPackage[] {
  const { workspaces } = readManifest('.') as unknown as { workspaces: readonly string[] }
  return workspaces
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({ folder, manifest, entries: entriesOf(manifest), kind: kindOf(manifest) }))
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
}

/** A pattern is for the tests of the workspace. */
function entriesOf({ exports }: Manifest): Entry[] {
  return Object.entries(exports)
    .filter(([subpath]) => !subpath.includes('*'))
    .map(([subpath, target]) => ({ subpath, module: target['@countersign/source'].replace(/^\.\/src\/|\.ts$/g, '') }))
}

/** Node 24 is the first version of which every release can require() an ES module. */
const requiresEsm = 24

function kindOf({ bin, engines }: Manifest): PublishedPackage['kind'] {
  if (bin !== undefined) return 'program'
  return Number(/\d+/.exec(engines.node)?.[0]) >= requiresEsm ? 'esm' : 'esm and commonjs'
}
