// What operators are told about the versions of a key ring and the nodes that have them.
import type { RingStanding } from '../keys/live-rings.ts'

export interface DescribedVersion {
  readonly version: number
  readonly state: 'waiting' | 'current' | 'old' | 'retired'
  readonly missingOn: string[]
}

/** @param used further versions that rows of the store name */
export function describeVersions({ needed, nodes }: RingStanding, used: Iterable<number> = []): DescribedVersion[] {
  const current = Math.max(0, ...needed.keys())
  const versions = new Set([...needed.keys(), ...nodes.flatMap(({ versions }) => [...(versions?.keys() ?? [])]), ...used])
  return [...versions]
    .toSorted((one, other) => one - other)
    .map((version) => ({
      version,
      state: stateOf(version, current, needed.has(version)),
      missingOn: nodes.filter((node) => !node.versions?.has(version)).map(({ node }) => node),
    }))
}

function stateOf(version: number, current: number, isNeeded: boolean): DescribedVersion['state'] {
  if (version === current) return 'current'
  if (version > current) return 'waiting'
  return isNeeded ? 'old' : 'retired'
}

export function currentVersion({ needed }: Pick<RingStanding, 'needed'>): number {
  return Math.max(1, ...needed.keys())
}

export function describeNodes({ own, nodes }: RingStanding) {
  return nodes.map(({ node, versions }) => ({
    node,
    versions: versions ? [...versions.keys()].toSorted((one, other) => one - other) : null,
    differing: [...(versions ?? [])]
      .filter(([version, check]) => own.has(version) && own.get(version) !== check)
      .map(([version]) => version),
  }))
}
