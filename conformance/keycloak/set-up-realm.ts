// Sets up the clients of a resolved realm through the admin API, as a script of an operator would.
import type { AdminClient, OperationInput } from '@countersign/admin'
import type { ExportedClient } from './realm-export.ts'
import type { ResolvedRealm } from './resolved-realm.ts'
import type { NewSecrets } from './send-recorded.ts'
import { createUniqueNames } from './unique-names.ts'

/**
 * Every client gets an organization of its own: suspension and agreements go by organization.
 * @param exported the clients with the secrets that were recorded
 * @param at the instant of the record, in seconds since the epoch
 * @returns the secrets that the server has made
 */
export async function setUpRealm(
  admin: AdminClient,
  realm: string,
  { claimSets, clients }: ResolvedRealm,
  exported: readonly ExportedClient[],
  at: number,
): Promise<NewSecrets> {
  const params = { realm }
  for (const claimSet of claimSets) {
    await admin.call('claimSets.create', { params, body: claimSet as OperationInput<'claimSets.create'>['body'] })
  }
  const slugs = createUniqueNames()
  const secrets = new Map<string, ReadonlyMap<string, string>>()
  const byId = new Map(exported.map((client) => [client.clientId, client]))
  // A client that proves itself by a key has no secret here.
  for (const { provesByKey, subject = null, ...client } of clients) {
    if (provesByKey) continue
    const organization = slugs(client.clientId)
    await admin.call('organizations.create', { params, body: { slug: organization, name: client.clientId } })
    const body = { organization, name: client.clientId, subject, ...client } as OperationInput<'clients.create'>['body']
    const { clientSecret } = await admin.call('clients.create', { params, body })
    secrets.set(client.clientId, await newSecrets(admin, realm, byId.get(client.clientId)!, clientSecret!, at))
  }
  return secrets
}

/** A client with two valid secrets gets the second by a rotation. */
async function newSecrets(admin: AdminClient, realm: string, { clientId, secret, attributes }: ExportedClient, made: string, at: number) {
  const rotated = attributes?.['client.secret.rotated']
  if (!rotated || Number(attributes['client.secret.rotated.expiration.time']) <= at) return new Map([[secret ?? '', made]])
  const { clientSecret } = await admin.call('rotation.start', { params: { realm, client: clientId }, body: {} })
  return new Map([
    [rotated, made],
    [secret ?? '', clientSecret!],
  ])
}
