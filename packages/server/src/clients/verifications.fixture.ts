import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { TestContext } from 'node:test'

/** How many signatures an attempt verifies. */
export function verificationsOf(t: TestContext, attempt: () => unknown): number {
  const verify = t.mock.method(crypto, 'verify')
  syncBuiltinESMExports()
  attempt()
  const count = verify.mock.callCount()
  t.mock.restoreAll()
  syncBuiltinESMExports()
  return count
}
