// What people of organizations add to the data of the demo: requests that wait for an answer, an invitation, agreements with a text.
import type { AdminClient } from '@countersign/admin'
import { fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }
const ofAcme = { ...params, organization: 'acme' }

/** Versions with a text; none is required in the time of a test. */
export const versionsWithText = ['2090-01', '2090-02'] as const

const text = `# Data Processing Agreement

Between **the provider** and the customer. See [the list of subprocessors](https://example.org/subprocessors).

## 1 Scope

1.1 The provider processes personal data of the customer only on documented instructions.
1.2 It applies to orders, prices and users.

## 2 Duration

Data is deleted after 30 days.

1. Orders
2. Prices
   - of today
   - of the days before
`

const changed = text.replace('30 days', '90 days').replace('1.2 It applies to orders, prices and users.\n', '')

export async function seedPeople(admin: AdminClient): Promise<void> {
  const [first, second] = versionsWithText
  const publish = (version: string, month: string, body: object) =>
    admin.call('dpa.publish', { params, body: { version, requiredFrom: `2090-${month}-01T00:00:00Z`, ...body } })
  await publish(first, '01', { text, description: 'The first one with a text' })
  await publish(second, '06', { text: changed, description: 'Data is kept for 90 days' })

  const ask = (body: Parameters<typeof admin.call<'accessRequests.create'>>[1]['body']) =>
    admin.call('accessRequests.create', { params: ofAcme, body })
  await ask({ kind: 'partner', what: crypto.randomUUID(), note: 'Our new customer in Oslo; they start on Monday.' })
  await ask({ kind: 'client', what: 'Backend for returns' })
  const declined = await ask({ kind: 'partner', what: crypto.randomUUID() })
  await admin.call('accessRequests.decline', {
    params: { ...ofAcme, accessRequest: declined.id },
    body: { answer: 'Their contract is with another company.' },
  })
  await admin.call('invitations.create', { params: ofAcme, body: { role: 'admin' } })
}
