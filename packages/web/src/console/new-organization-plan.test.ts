import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newPartnerOf, planOrganization, slugOf, type PlanOptions } from './new-organization-plan.ts'

const text = { type: 'text' } as const
const options: PlanOptions = {
  realm: 'nt24-idp',
  agreement: '2026-01',
  mayMakeClients: true,
  fields: {
    organization: { name: { ...text, required: true }, slug: { ...text, required: true } },
    agreement: { acceptedBy: text },
    client: { name: { ...text, required: true } },
  },
  drafts: {
    organization: { '/name': 'Acme', '/slug': 'acme' },
    agreement: { '/acceptedBy': '' },
    client: { '/name': 'Acme backend' },
    partners: [],
  },
}
const idsOf = (changed: Partial<PlanOptions>) => planOrganization({ ...options, ...changed }).steps.map(({ id }) => id)

test('only the steps that have something to do are taken', () => {
  assert.deepEqual(idsOf({}), ['organization', 'client'])
  const partners = [{ id: 'one', name: 'Alder Retail', isNew: true }]
  const drafts = { ...options.drafts, partners, agreement: { '/acceptedBy': 'Ada Lovelace, CFO' } }
  assert.deepEqual(idsOf({ drafts }), ['organization', 'partners', 'agreement', 'client'])
  assert.deepEqual(idsOf({ drafts, agreement: null, mayMakeClients: false }), ['organization', 'partners'])
})

test('without the right to make clients the fields of the client are not asked for', () => {
  const drafts = { ...options.drafts, client: { '/name': '' } }
  assert.equal(planOrganization({ ...options, drafts }).isValid, false)
  assert.equal(planOrganization({ ...options, drafts, mayMakeClients: false }).isValid, true)
})

test('a name makes a slug', () => {
  for (const [name, slug] of [
    ['Acme', 'acme'],
    ['Société Générale S.A.', 'societe-generale-s-a'],
    ['  --Ünïcode & Co. ', 'unicode-co'],
    ['北京', ''],
    ['x'.repeat(70), 'x'.repeat(63)],
  ] as const)
    assert.equal(slugOf(name), slug)
})

test('a new partner is a name, or an id and a name', () => {
  const id = '5F0C6A0E-8f55-4b6e-9a43-6a1f5d1f7c11'
  assert.deepEqual(
    newPartnerOf(`${id}, Alder Retail`, () => 'made'),
    { id: id.toLowerCase(), name: 'Alder Retail', isNew: true },
  )
  assert.deepEqual(
    newPartnerOf(' Alder Retail ', () => 'made'),
    { id: 'made', name: 'Alder Retail', isNew: true },
  )
  assert.equal(
    newPartnerOf(id, () => 'made'),
    undefined,
  )
  assert.equal(
    newPartnerOf(' ', () => 'made'),
    undefined,
  )
})
