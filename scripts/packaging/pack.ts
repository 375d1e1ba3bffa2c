// `npm run pack`: what is published, as tarballs in `packed/`, in the order in which they can be published.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './published-packages.ts'
import { writePackages, type WrittenPackage } from './write-packages.ts'

export interface PackedPackage extends WrittenPackage {
  /** Its tarball, absolute. */
  readonly tarball: string
  /** What the tarball has, by the names in it. */
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

/** @param folder absolute; what it holds is replaced */
export async function packPackages(folder: string): Promise<PackedPackage[]> {
  const packages = await writePackages(join(folder, 'packages'))
  const folders = packages.map(({ written }) => written)
  const options = ['--json', '--ignore-scripts', '--pack-destination', folder]
  const { status, stdout, stderr } = spawnSync('npm', ['pack', ...options, ...folders], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`"npm pack" failed:\n${stderr}`)
  const packed = Object.values(JSON.parse(stdout)) as Packed[]
  return packages.map((each) => {
    const { filename, files } = packed.find(({ name }) => name === each.manifest.name)!
    return Object.assign(each, { tarball: join(folder, filename), files })
  })
}

/** What npm says of each. */
interface Packed extends Pick<PackedPackage, 'files'> {
  readonly name: string
  readonly filename: string
}

if (import.meta.main) {
  for (const { manifest, tarball, files } of await packPackages(join(root, 'packed')))
    console.log(`${tarball}  ${manifest.name} ${manifest.version}, ${files.length} files`)
}
