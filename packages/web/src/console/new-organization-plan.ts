// What the form "New organization" asks for, and the steps that it takes.
import type { OperationInput } from '@countersign/admin'
import type { Fields } from '@countersign/admin/forms'
import { readFields, type FieldErrors } from '../shared/act/check-fields.ts'
import type { Draft } from '../shared/act/field-values.ts'
import { stepOf, type Step } from '../shared/act/step-runner.ts'

export interface ChosenPartner {
  readonly id: string
  readonly name: string
  /** It is not registered yet. */
  readonly isNew: boolean
}

export interface Drafts {
  readonly organization: Draft
  readonly agreement: Draft
  readonly client: Draft
  readonly partners: readonly ChosenPartner[]
}

export interface PartFields {
  readonly organization: Fields
  readonly agreement: Fields
  readonly client: Fields
}

export interface PlanOptions {
  readonly realm: string
  readonly fields: PartFields
  readonly drafts: Drafts
  /** The version that organizations have to accept; null for none. */
  readonly agreement: string | null
  readonly mayMakeClients: boolean
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly errors: { readonly organization: FieldErrors; readonly agreement: FieldErrors; readonly client: FieldErrors }
  readonly isValid: boolean
}

export function planOrganization({ realm, fields, drafts, agreement, mayMakeClients }: PlanOptions): Plan {
  const organization = readFields(fields.organization, drafts.organization)
  const accepted = readFields(fields.agreement, drafts.agreement)
  const client = readFields(fields.client, drafts.client)
  const slug = String(organization.value['slug'])
  const params = { realm, organization: slug }
  const authorize = drafts.partners.map(({ id, name, isNew }) => ({ id, ...(isNew && { name }) }))
  const steps = [
    stepOf('organization', 'Make the organization', 'organizations.create', () => ({
      params: { realm },
      body: organization.value as OperationInput<'organizations.create'>['body'],
    })),
    ...(authorize.length > 0
      ? [stepOf('partners', `Allow ${count(authorize.length, 'partner')}`, 'partners.change', () => ({ params, body: { authorize } }))]
      : []),
    ...(agreement !== null && accepted.value['acceptedBy'] !== undefined
      ? [
          stepOf('agreement', `Record that they accepted ${agreement}`, 'dpa.accept', () => ({
            params,
            body: { version: agreement, acceptedBy: String(accepted.value['acceptedBy']) },
          })),
        ]
      : []),
    ...(mayMakeClients
      ? [
          stepOf('client', 'Make the first client and its secret', 'clients.create', () => ({
            params: { realm },
            body: { ...client.value, organization: slug } as OperationInput<'clients.create'>['body'],
          })),
        ]
      : []),
  ]
  const errors = { organization: organization.errors, agreement: accepted.errors, client: mayMakeClients ? client.errors : {} }
  return { steps, errors, isValid: Object.values(errors).every((one) => Object.keys(one).length === 0) }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A slug out of a name: "Société Générale" is "societe-generale". */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
}

const uuidWithName = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[\s,;]+(\S.*)$/i

/** A partner that is not registered yet: an id and a name, or a name alone, which then gets an id. */
export function newPartnerOf(text: string, makeId: () => string): ChosenPartner | undefined {
  const trimmed = text.trim()
  const [, id, name] = uuidWithName.exec(trimmed) ?? []
  if (id !== undefined && name !== undefined) return { id: id.toLowerCase(), name: name.trim(), isNew: true }
  return trimmed === '' || /^[0-9a-f-]{36}$/i.test(trimmed) ? undefined : { id: makeId(), name: trimmed, isNew: true }
}
