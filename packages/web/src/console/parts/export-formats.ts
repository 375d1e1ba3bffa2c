// What the files of lists have in them. Texts that people typed are cells like any other: shared/csv.ts makes formulas harmless.
import type { OperationOutput } from '@countersign/admin'
import { csvOf } from '../../shared/csv.ts'

export interface FileFormat<Item> {
  /** What the button says. */
  readonly label: string
  readonly ending: string
  readonly type: string
  readonly write: (items: readonly Item[]) => string
}

type Cell = string | number | null
type Columns<Item> = Readonly<Record<string, (item: Item) => Cell>>

/** A spreadsheet reads the file as UTF-8 by this mark. */
const byteOrderMark = '\ufeff'

function csv<Item>(columns: Columns<Item>): FileFormat<Item> {
  const cells = Object.values(columns)
  return {
    label: 'Save as CSV',
    ending: 'csv',
    type: 'text/csv;charset=utf-8',
    write: (items) => byteOrderMark + csvOf([Object.keys(columns), ...items.map((item) => cells.map((cell) => cell(item)))]),
  }
}

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no')

export const organizationsAsCsv = csv<OperationOutput<'organizations.list'>['items'][number]>({
  id: ({ id }) => id,
  'short name': ({ slug }) => slug,
  name: ({ name }) => name,
  status: ({ status }) => status,
  agreement: ({ standing }) => standing?.dpa ?? null,
  'accepted version': ({ standing }) => standing?.acceptedVersion ?? null,
  clients: ({ standing }) => standing?.clients ?? null,
  'last used': ({ standing }) => standing?.lastUsedAt ?? null,
  'refused today': ({ standing }) => standing?.refused?.today ?? null,
  created: ({ createdAt }) => createdAt,
})

export const clientsAsCsv = csv<OperationOutput<'clients.list'>['items'][number]>({
  'client id': ({ clientId }) => clientId,
  name: ({ name }) => name,
  organization: ({ organization }) => organization.slug,
  'organization name': ({ organization }) => organization.name,
  enabled: ({ enabled, serviceAccountEnabled }) => yesOrNo(enabled && serviceAccountEnabled),
  scopes: ({ scopes }) => scopes.join(' '),
  authenticates: ({ authenticationMethods }) => authenticationMethods.join(' '),
  secrets: ({ secrets }) => secrets.length,
  rotation: ({ standing }) => standing?.rotation ?? null,
  'secret is due': ({ standing }) => (standing ? yesOrNo(standing.due) : null),
  'last token': ({ standing }) => standing?.lastUsedAt ?? null,
  'refused today': ({ standing }) => standing?.refused.today ?? null,
  created: ({ createdAt }) => createdAt,
})

export const refusalsAsCsv = csv<OperationOutput<'refusals.list'>['items'][number]>({
  at: ({ at }) => at,
  'request id': ({ requestId }) => requestId,
  code: ({ code }) => code,
  reason: ({ reason }) => reason,
  'refused by': ({ source }) => source,
  api: ({ api }) => api,
  method: ({ method }) => method,
  route: ({ route }) => route,
  'client id': ({ clientId }) => clientId,
  'client is verified': ({ isVerified }) => yesOrNo(isVerified),
  'organization id': ({ organizationId }) => organizationId,
  address: ({ address }) => address,
  check: ({ failed }) => failed?.check ?? null,
  saw: ({ failed }) => failed?.saw ?? null,
  'only reported': ({ reportOnly }) => yesOrNo(reportOnly),
})

type AuditEvent = OperationOutput<'audit.search'>['items'][number]

export const eventsAsCsv = csv<AuditEvent>({
  at: ({ at }) => at,
  kind: ({ kind }) => kind,
  outcome: ({ outcome }) => outcome,
  reason: ({ reason }) => reason,
  by: ({ actor }) => actor?.id ?? null,
  'kind of actor': ({ actor }) => actor?.kind ?? null,
  via: ({ actor }) => actor?.via ?? null,
  'on behalf of': ({ actor }) => actor?.onBehalfOf ?? null,
  realm: ({ realm }) => realm,
  'organization id': ({ organizationId }) => organizationId,
  organization: ({ organizationSlug }) => organizationSlug ?? null,
  'client id': ({ clientId }) => clientId,
  address: ({ address }) => address,
  'request id': ({ requestId }) => requestId,
  detail: ({ detail }) => JSON.stringify(detail),
  id: ({ id }) => id,
})

export const eventsAsLines: FileFormat<AuditEvent> = {
  label: 'Save as JSON lines',
  ending: 'jsonl',
  type: 'application/jsonl',
  write: (items) => items.map((item) => `${JSON.stringify(item)}\n`).join(''),
}
