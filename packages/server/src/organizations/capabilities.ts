// Which capabilities an organization can have: those that its realm declares, with the values that it offers.
import type { CapabilityValue } from '@countersign/protocol'
import type { Realm } from '../configuration/configuration.ts'
import { ProblemError } from '../refusals.ts'

/** A flag that the realm does not declare, or a value that it does not offer, would look set and never be asked for. */
export function checkCapabilities(realm: Realm, capabilities: Readonly<Record<string, CapabilityValue>>): void {
  const declared: Record<string, 'flag' | readonly string[]> = { ...realm.capabilities, rateLimitTier: Object.keys(realm.rateLimitTiers) }
  const errors = Object.entries(capabilities).flatMap(([name, value]) => {
    const detail = capabilityFault(Object.hasOwn(declared, name) ? declared[name] : undefined, value, Object.keys(declared))
    return detail === undefined ? [] : [{ pointer: `/capabilities/${name}`, detail }]
  })
  if (errors.length > 0)
    throw new ProblemError('invalid-request', { detail: `A capability does not fit the realm "${realm.name}".`, errors })
}

function capabilityFault(
  kind: 'flag' | readonly string[] | undefined,
  value: CapabilityValue,
  declared: readonly string[],
): string | undefined {
  if (kind === undefined) return `no such capability; the realm declares ${declared.join(', ')}`
  if (kind === 'flag') return typeof value === 'boolean' ? undefined : 'expected true or false'
  return typeof value === 'string' && kind.includes(value) ? undefined : `expected one of ${kind.join(', ')}`
}

/** Null removes a capability, whether the realm declares it or no longer does. */
export function withoutNulls(capabilities: Readonly<Record<string, CapabilityValue | null>>): Record<string, CapabilityValue> {
  return Object.fromEntries(Object.entries(capabilities).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}
