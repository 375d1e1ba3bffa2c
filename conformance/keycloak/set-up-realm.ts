// Sets up the clients of a resolved realm through the admin API, as a script of an operator would.
import { AdminRequestError, type AdminClient, type OperationInput } from '@countersign/admin'
import type { ExportedClient } from './realm-export.ts'
import type { ResolvedClient, ResolvedRealm } from './resolved-realm.ts'
import type { NewSecrets } from './send-recorded.ts'
import { createUniqueNames } from './unique-names.ts'

export interface SetUp {
  readonly secrets: NewSecrets
  /** A line for each claim set and client that the server refused. */
  readonly refused: readonly string[]
}

/**
 * @param exported the clients with the secrets that were recorded
 * @param at the instant of the record, in seconds since the epoch
 */
export async function setUpRealm(
  admin: AdminClient,
  realm: string,
  { claimSets, clients }: ResolvedRealm,
  exported: readonly ExportedClient[],
  at: number,
): Promise<SetUp> {
  const refused: string[] = []
  async function attempt(what: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change()
    } catch (error) {
      if (!(error instanceof AdminRequestError)) throw error
      refused.push(`${realm}: ${what}: ${error.message}`)
    }
  }

  for (const claimSet of claimSets) {
    const body = claimSet as OperationInput<'claimSets.create'>['body']
    await attempt(`claim set "${claimSet.name}"`, () => admin.call('claimSets.create', { params: { realm }, body }))
  }
  const slugOf = createUniqueNames()
  const secrets = new Map<string, ReadonlyMap<string, string>>()
  const recorded = new Map(exported.map((client) => [client.clientId, client]))
  // A client that proves itself by a key has no secret here.
  for (const client of clients.filter(({ provesByKey }) => !provesByKey)) {
    await attempt(`client "${client.clientId}"`, async () => {
      const made = await createClient(admin, realm, slugOf(client.clientId), client)
      secrets.set(client.clientId, await newSecrets(admin, realm, recorded.get(client.clientId)!, made, at))
    })
  }
  return { secrets, refused }
}

/** In an organization of its own: suspension and agreements go by organization. */
async function createClient(admin: AdminClient, realm: string, organization: string, client: ResolvedClient): Promise<string> {
  const { provesByKey: _, notBefore: __, subject = null, ...members } = client
  const params = { realm }
  await admin.call('organizations.create', { params, body: { slug: organization, name: organization } })
  const body = { organization, name: organization, subject, ...members } as OperationInput<'clients.create'>['body']
  const { clientSecret } = await admin.call('clients.create', { params, body })
  return clientSecret!
}

/** A client with two valid secrets gets the second by a rotation. A secret that has ended gets no new one, and stays a wrong one. */
async function newSecrets(admin: AdminClient, realm: string, { clientId, secret, attributes }: ExportedClient, made: string, at: number) {
  const isValid = (end: string | undefined) => !Number(end) || Number(end) > at
  const current = secret !== undefined && isValid(attributes?.['client.secret.expiration.time']) ? secret : undefined
  const rotated = attributes?.['client.secret.rotated']
  if (!rotated || !isValid(attributes['client.secret.rotated.expiration.time']))
    return new Map(current === undefined ? [] : [[current, made]])
  const { clientSecret } = await admin.call('rotation.start', { params: { realm, client: clientId }, body: {} })
  return new Map([[rotated, made], ...(current === undefined ? [] : [[current, clientSecret!] as const])])
}
