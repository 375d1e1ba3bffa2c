// What the recorded steps of the feed are checked against.
import type { Bounds } from '../../../../conformance/model/steps.ts'

/** How long after the acknowledgement a connected guard may still accept. Milliseconds. */
export const targetMs = 1000

export function bounds(staleIfErrorSeconds: number): Bounds {
  const cutOff = staleIfErrorSeconds * 1000 + targetMs
  return {
    node: { connected: targetMs, cutOff: 301_000 },
    guard: { connected: targetMs, cutOff },
    publishBefore: null,
    publishBeforeInEmergency: null,
  }
}
