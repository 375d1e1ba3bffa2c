// A client of novatrade24 of its own for each program that replaces a secret.
import { createAdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { clientOf, target } from '../conformance/target.fixture.ts'

export async function createIntegrator(): Promise<{ clientId: string }> {
  const { serverUrl, operator } = target
  const tokens = createTokenProvider(operator)
  const admin = createAdminClient({ serverUrl, fetch: withBearer(fetch, tokens, { origins: [serverUrl] }) })
  const params = { realm: 'nt24-idp' }
  const clientId = `interop-${crypto.randomUUID().slice(0, 8)}`
  const body = { organization: clientOf('novatrade24').organizationId, name: 'Interoperability', clientId }
  await admin.call('clients.create', { params, body })
  return { clientId }
}
