// The newest version that the store needs is never retired: new values are made with it.
import { ProblemError } from '../errors.ts'
import type { Checks } from '../keys/ring-checks.ts'

/** @param ring as the commands name it @throws ProblemError `conflict` */
export function refuseCurrent(ring: 'pepper' | 'key-encryption-key', needed: Checks, version: number): void {
  const current = Math.max(0, ...needed.keys())
  if (version < current) return
  const isCurrent = version === current
  throw new ProblemError('conflict', {
    detail: isCurrent
      ? `Version ${version} of the ${ring} is the current one.`
      : `Version ${version} of the ${ring} is not used; the current version is ${current}.`,
    remedy: isCurrent
      ? `Add a new version first: "countersign ${ring} rotate". It becomes the current one when every running node has it; "countersign ${ring} status" shows which do not.`
      : 'A version that is not used yet needs only be removed from the key rings, before the servers read them again.',
  })
}
