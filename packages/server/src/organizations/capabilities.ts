// The capabilities of an organization: those that its realm declares, with the values that it offers.
import { escapePointer, type CapabilityValue } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { parseChoices } from '../store/damage.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { lockOrganization, type OrganizationRow } from './lock-organization.ts'

type Declared = Readonly<Record<string, 'flag' | readonly string[]>>

export function declaredCapabilities({ capabilities, rateLimitTiers }: Realm): Declared {
  const tiers = Object.keys(rateLimitTiers)
  return tiers.length > 0 ? { ...capabilities, rateLimitTier: tiers } : capabilities
}

/** An undeclared flag or an unknown value would appear to be set and would never be checked. */
export function checkCapabilities(realm: Realm, capabilities: Readonly<Record<string, CapabilityValue>>): void {
  const errors = Object.entries(capabilities).flatMap(([name, value]) => {
    const fault = capabilityFault(declaredCapabilities(realm), name, value)
    return fault ? [{ pointer: `/capabilities/${escapePointer(name)}`, detail: fault.detail }] : []
  })
  if (errors.length > 0)
    throw new ProblemError('invalid-request', { detail: `A capability does not fit the realm "${realm.name}".`, errors })
}

export async function setCapability(
  change: Change<'capabilities.set'>,
  realm: Realm,
  key: string,
  name: string,
  value: CapabilityValue,
): Promise<OrganizationRow> {
  const fault = capabilityFault(declaredCapabilities(realm), name, value)
  if (fault)
    throw new ProblemError('invalid-request', {
      detail: `The capability "${name}" does not fit the realm "${realm.name}": ${fault.detail}.`,
      errors: [{ pointer: fault.isName ? '/params/capability' : '/value', detail: fault.detail }],
    })
  const organization = await lockOrganization(change, realm, key)
  await writeCapabilities(change, organization, { ...capabilitiesOf(organization), [name]: value })
  change.record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { capability: name, value } })
  return organization
}

/** Whether the realm declares the capability or no longer does. */
export async function removeCapability(
  change: Change<'capabilities.remove'>,
  realm: Realm,
  key: string,
  name: string,
): Promise<OrganizationRow> {
  const organization = await lockOrganization(change, realm, key)
  const { [name]: removed, ...others } = capabilitiesOf(organization)
  if (!Object.hasOwn(capabilitiesOf(organization), name))
    throw new ProblemError('not-found', {
      detail: `"${organization.slug}" has no capability "${name}".`,
      remedy: `It has ${Object.keys(others).join(', ') || 'none'}.`,
    })
  await writeCapabilities(change, organization, others)
  change.record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { capability: name, removed },
  })
  return organization
}

/** Null removes a capability, whether the realm declares it or no longer does. */
export function withoutNulls(capabilities: Readonly<Record<string, CapabilityValue | null>>): Record<string, CapabilityValue> {
  return Object.fromEntries(Object.entries(capabilities).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** Empty if the row is damaged; setting a capability then repairs it. */
export function capabilitiesOf({ capabilities }: OrganizationRow): Record<string, CapabilityValue> {
  return parseChoices(capabilities) ?? {}
}

async function writeCapabilities({ db }: Change, { id }: OrganizationRow, capabilities: Record<string, CapabilityValue>): Promise<void> {
  await db
    .updateTable('organizations')
    .set({ capabilities: JSON.stringify(capabilities) })
    .where('id', '=', id)
    .execute()
}

function capabilityFault(declared: Declared, name: string, value: CapabilityValue): { detail: string; isName?: true } | undefined {
  const kind = Object.hasOwn(declared, name) ? declared[name] : undefined
  if (kind === undefined)
    return { detail: `no such capability; the realm declares ${Object.keys(declared).join(', ') || 'none'}`, isName: true }
  if (kind === 'flag') return typeof value === 'boolean' ? undefined : { detail: 'expected true or false' }
  return typeof value === 'string' && kind.includes(value) ? undefined : { detail: `expected one of ${kind.join(', ')}` }
}
