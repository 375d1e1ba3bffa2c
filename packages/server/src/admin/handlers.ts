// What the server does for each operation of the admin API, as a table over the same names. A handler reads from the
// directory and writes through a change, so its answer shows what is in force.
import type { CheckedInput, OperationName, OperationOutput } from '@countersign/admin'
import type { Realm } from '../configuration/configuration.ts'
import { createClient, updateClient } from '../clients/clients.ts'
import type { Directory } from '../directory/directory.ts'
import type { ClientRecord, OrganizationRecord } from '../directory/read-organizations.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import {
  acceptDpa,
  authorizePartner,
  createOrganization,
  createRequestor,
  updateOrganization,
  withdrawPartner,
} from '../organizations/organizations.ts'
import { ProblemError } from '../refusals.ts'
import type { Change } from '../store/change.ts'

export interface AdminContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly directory: Directory
  readonly pepper: KeyRing
}

type Handler<Name extends OperationName> = (
  input: CheckedInput<Name>,
  /** Makes a change under the name of the operation, on behalf of whoever called it. */
  apply: <T>(work: (change: Change) => Promise<T>) => Promise<T>,
) => Promise<OperationOutput<Name>>

export type AdminHandlers = { readonly [Name in OperationName]?: Handler<Name> }

export function adminHandlers({ realms, directory, pepper }: AdminContext): AdminHandlers {
  return {
    'organizations.create': async ({ params, body }, apply) => {
      const id = await apply((change) => createOrganization(change, getRealm(params.realm), body))
      return describeOrganization(directory.getOrganization(id))
    },
    'organizations.list': async ({ params, query }) => {
      const all = directory.listOrganizations(getRealm(params.realm).name, query.after)
      const items = all.slice(0, query.limit)
      return { items: items.map(summarizeOrganization), next: all.length > items.length ? (items.at(-1)?.slug ?? null) : null }
    },
    'organizations.get': async ({ params }) => describeOrganization(getOrganization(params)),
    'organizations.update': (input, apply) =>
      changeOrganization(input.params, (organization) =>
        apply((change) => updateOrganization(change, getRealm(input.params.realm), organization, input.body)),
      ),
    'partners.authorize': ({ params, body }, apply) =>
      changeOrganization(params, (organization) =>
        apply((change) => authorizePartner(change, getRealm(params.realm), organization, { id: params.partner, name: body.name })),
      ),
    'partners.withdraw': ({ params }, apply) =>
      changeOrganization(params, (organization) => apply((change) => withdrawPartner(change, organization, params.partner))),
    'dpa.accept': ({ params, body }, apply) =>
      changeOrganization(params, (organization) => apply((change) => acceptDpa(change, organization, body))),
    'requestors.create': ({ params, body }, apply) => apply((change) => createRequestor(change, getOrganization(params), body)),
    'clients.create': async ({ params, body }, apply) => {
      const organization = getOrganization({ realm: params.realm, organization: body.organization })
      const { clientId, clientSecret } = await apply((change) => createClient(change, getRealm(params.realm), pepper, organization, body))
      return { client: describeClient(getClient({ realm: params.realm, client: clientId })), clientSecret }
    },
    'clients.get': async ({ params }) => describeClient(getClient(params)),
    'clients.update': async ({ params, body }, apply) => {
      await apply((change) => updateClient(change, getRealm(params.realm), getClient(params), body))
      return describeClient(getClient(params))
    },
  }

  function getRealm(name: string): Realm {
    const realm = realms.get(name)
    if (!realm)
      throw new ProblemError('not-found', {
        detail: `There is no realm "${name}".`,
        remedy: `Use one of ${[...realms.keys()].join(', ')}; realms are made in the configuration file.`,
      })
    return realm
  }

  function getOrganization(params: { readonly realm: string; readonly organization: string }): OrganizationRecord {
    const organization = directory.findOrganization(getRealm(params.realm).name, params.organization)
    if (!organization)
      throw new ProblemError('not-found', {
        detail: `The realm "${params.realm}" has no organization "${params.organization}".`,
        remedy: 'List the organizations to see their slugs.',
      })
    return organization
  }

  function getClient(params: { readonly realm: string; readonly client: string }): ClientRecord {
    const client = directory.findClient(getRealm(params.realm).name, params.client)
    if (!client)
      throw new ProblemError('not-found', {
        detail: `The realm "${params.realm}" has no client "${params.client}".`,
        remedy: 'Show its organization to see the ids of its clients.',
      })
    return client
  }

  async function changeOrganization(
    params: { readonly realm: string; readonly organization: string },
    work: (organization: OrganizationRecord) => Promise<void>,
  ): Promise<OperationOutput<'organizations.get'>> {
    const organization = getOrganization(params)
    await work(organization)
    return describeOrganization(directory.getOrganization(organization.id))
  }

  function summarizeOrganization({ id, realm, slug, name, status, createdAt }: OrganizationRecord) {
    const instant = new Date(createdAt).toISOString()
    return { id, realm, slug, name, status, version: 1, createdAt: instant, updatedAt: instant }
  }

  function describeOrganization(organization: OrganizationRecord): OperationOutput<'organizations.get'> {
    const { capabilities, partners, requestors, dpa, clients } = directory.getEntitlement(organization).document
    return {
      ...summarizeOrganization(organization),
      capabilities: { ...capabilities },
      partners: [...partners],
      requestors: requestors.map(({ id, permissions }) => ({ id, permissions: [...permissions] })),
      dpa,
      clients: clients.map(({ clientId }) => clientId),
    }
  }

  function describeClient(client: ClientRecord): OperationOutput<'clients.get'> {
    const { id, slug, name } = directory.getOrganization(client.organizationId)
    return {
      id: client.id,
      realm: client.realm,
      clientId: client.clientId,
      organization: { id, slug, name },
      name: client.name,
      enabled: client.enabled,
      serviceAccountEnabled: client.serviceAccountEnabled,
      scopes: [...client.scopes],
      accessTokenLifetime: client.accessTokenLifetime,
      authenticationMethods: ['client_secret_basic', 'client_secret_post'],
      version: 1,
      createdAt: new Date(client.createdAt).toISOString(),
      updatedAt: new Date(client.createdAt).toISOString(),
      secrets: client.secrets.map((secret, index) => ({
        id: secret.id,
        lastFour: secret.lastFour,
        createdAt: new Date(secret.createdAt).toISOString(),
        firstUsedAt: null,
        lastUsedAt: null,
        expiresAt: secret.expiresAt === null ? null : new Date(secret.expiresAt).toISOString(),
        state: index === 0 ? 'current' : 'old',
      })),
    }
  }
}
