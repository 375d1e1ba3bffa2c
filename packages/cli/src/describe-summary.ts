// The summary of a realm as text: its numbers, then what needs attention, each with the command that helps.
import { shellWord, type OperationOutput } from '@countersign/admin'
import { formatFacts } from './output.ts'

type Summary = OperationOutput<'realms.summary'>
type Attention = Summary['attention'][number]

export function describeSummary({ realm, at, counts, attention, more, lacking }: Summary): string {
  const { organizations, clients, rotating, due, agreement, requestsOpen, refusedLastHour } = counts
  const { coming } = agreement
  const facts = [
    ['realm', `${realm}, as of ${at}`],
    ['organizations', String(organizations)],
    ['clients', clients],
    ['rotations', rotating],
    ['secrets due', due],
    ['agreement', describeAgreement(agreement)],
    ['coming', coming && `version ${coming.version} from ${coming.requiredFrom}, not accepted by ${coming.unaccepted}`],
    ['requests', requestsOpen === undefined || requestsOpen === 0 ? null : `${requestsOpen} open access requests`],
    ['refused', refusedLastHour === null ? null : `${refusedLastHour} in the last hour`],
  ] as const
  const parts = [
    formatFacts(facts.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const]))),
    attention.length === 0 ? 'Nothing needs attention.' : attention.map((item) => describeAttention(item, realm)).join('\n\n'),
    more ? 'There is more: this is the most urgent of it.' : '',
    lacking.length === 0 ? '' : `Without the scopes ${lacking.join(' and ')} a part of it is not shown.`,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function describeAgreement({ requiredVersion, accepted, outdated, missing }: Summary['counts']['agreement']): string {
  if (requiredVersion === null) return 'none is required'
  return `version ${requiredVersion}: accepted by ${accepted}, an older one by ${outdated}, none by ${missing}`
}

function describeAttention(item: Attention, realm: string): string {
  const { severity, organization, client, api, until, since } = item
  const who = client === null ? (organization?.slug ?? realm) : `${client}${organization ? ` (${organization.slug})` : ''}`
  const when = until === null ? (since === null ? '' : `  since ${since}`) : `  until ${until}`
  return [`${severity.toUpperCase()}  ${api === null ? who : `${api}, ${who}`}${when}`, sentenceOf(item), commandOf(item, realm)].join(
    '\n  ',
  )
}

function sentenceOf({ kind, reason, version, count }: Attention): string {
  switch (kind) {
    case 'rotation-cuts-off':
      return `The old secret ends${reason === 'new-unused' ? ', and the new one was never used.' : ' while it is in use.'}`
    case 'credential-ends':
      return `The ${reason === 'key' ? 'public key' : 'secret'} expires, and no other one was used that outlives it.`
    case 'rotation-can-end':
      return 'The old secret can be ended now: only the new one is used.'
    case 'agreement-refused':
      return `Version ${version} of the agreement is required, and ${reason === 'missing' ? 'none is' : 'only an older one is'} accepted: ${count} requests refused in the last hour.`
    case 'agreement-coming':
      return `Version ${version} of the agreement becomes required then: ${count} organizations have not accepted it.`
    case 'secrets-due':
      return `Clients whose secret is due for rotation: ${count}.`
    case 'access-request':
      return `Integrators wait for an answer: ${count} open access requests, the oldest for a ${reason}.`
    case 'guard-cut-off':
      return reason === 'blocked' ? 'The client of the guard gets no tokens.' : `Processes that report, but learn of no changes: ${count}.`
    case 'guard-silent':
      return 'No process of the guard was seen for more than 90 seconds.'
  }
}

function commandOf({ kind, reason, organization, client, version }: Attention, realm: string): string {
  const run = (...words: readonly string[]) => ['countersign', ...words, '--realm', realm].map(shellWord).join(' ')
  const ofClient = client ?? ''
  switch (kind) {
    case 'rotation-cuts-off':
      return `${run('secret', 'extend', ofClient)} --window 7d`
    case 'credential-ends':
      return reason === 'key' ? run('client', 'key', 'list', ofClient) : run('secret', 'rotate', ofClient)
    case 'rotation-can-end':
      return run('secret', 'confirm', ofClient)
    case 'agreement-refused':
      return `${run('dpa', 'accept', version ?? '')} --organization ${organization?.slug} --accepted-by "NAME"`
    case 'agreement-coming':
      return run('dpa', 'standing', '--dpa-version', version ?? '')
    case 'secrets-due':
      return run('secret', 'due')
    case 'access-request':
      return run('access-request', 'list', '--state', 'open')
    case 'guard-cut-off':
    case 'guard-silent':
      return run('guard', 'list')
  }
}
