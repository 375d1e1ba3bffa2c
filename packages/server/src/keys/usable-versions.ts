// When a version of a key ring may be used for new values. Pure.
import type { Checks } from './ring-checks.ts'

/**
 * The versions of this node's ring that the store does not need yet and may need from now on: newer than all that it needs, and every other
 * running node has the same key under the same number. A retired version is older, so it never comes back.
 * @param needed by the store
 * @param others the rings of the other running nodes; undefined for one that does not say what it has
 */
export function findUsableVersions(own: Checks, needed: Checks, others: readonly (Checks | undefined)[]): Checks {
  const newest = Math.max(0, ...needed.keys())
  const isWithAll = (version: number, check: string) => others.every((ring) => ring?.get(version) === check)
  return new Map([...own].filter(([version, check]) => version > newest && (needed.size === 0 || isWithAll(version, check))))
}

/** The newest version that the store needs and this node has. */
export function currentOf(versions: Iterable<number>, needed: Checks): number {
  const own = [...versions]
  const usable = own.filter((version) => needed.has(version))
  return Math.max(...(usable.length > 0 ? usable : own))
}
