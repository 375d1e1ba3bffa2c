// What every part of the contract is given: a proxy that runs, what is around it, and what was seen of it so far.
import assert from 'node:assert/strict'
import type { Fidelity } from './fidelity.fixture.ts'
import type { Proxy } from './proxy.fixture.ts'
import type { Received, Sent } from './send-request.fixture.ts'
import type { Stack } from './stack.fixture.ts'

export interface Setting {
  readonly stack: Stack
  readonly fidelity: Fidelity
  readonly proxy: Proxy
  /** Sends a request through the proxy. */
  readonly call: (sent: Sent) => Promise<Received>
  /** With a valid token. */
  readonly authorized: (sent?: Partial<Sent>) => Sent
}

export function only<T>(all: readonly T[]): T {
  assert.equal(all.length, 1)
  return all[0]!
}
