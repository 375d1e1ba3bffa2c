// The form of a new organization: name, partners, agreement, first client. At the end the client's secret is shown once, then the page of the
// organization.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { OperationOutput } from '@countersign/admin'
import type { Field, Fields, forms as allForms } from '@countersign/admin/forms'
import type { Choice } from '../shared/act/act-props.ts'
import type { FieldErrors } from '../shared/act/check-fields.ts'
import { nameOf } from '../shared/act/field-names.ts'
import { beginDraft, type Draft, type Typed } from '../shared/act/field-values.ts'
import { wordsOfScopes } from '../shared/act/fit-to-realm.ts'
import { FormField } from '../shared/act/field.tsx'
import { remedies, SecretOfAnswer } from '../shared/act/secret-of-answer.tsx'
import type { Made } from '../shared/act/step-runner.ts'
import { ActSteps, type StepsState } from '../shared/act/steps.tsx'
import { announce } from '../shared/components/announcer.tsx'
import { closeDialog } from '../shared/components/open-dialog.tsx'
import { hrefOf, pathTo } from '../shared/links.tsx'
import { read, useReads } from '../shared/reads.ts'
import { may } from '../shared/session.ts'
import { FirstToken } from './first-token.tsx'
import { planOrganization, slugOf, type Drafts, type PartFields } from './new-organization-plan.ts'
import { PartnerPicker } from './partner-picker.tsx'

interface DialogProps {
  readonly realm: string
  readonly forms: typeof allForms
}

type Part = keyof PartFields
type Created = OperationOutput<'clients.create'>
type Organization = OperationOutput<'organizations.create'>

export function NewOrganizationDialog({ realm, forms }: DialogProps): VNode {
  const { route } = useLocation()
  const [fields] = useState(() => fieldsOf(forms))
  const [drafts, setDrafts] = useState<Drafts>(() => ({
    organization: beginDraft(fields.organization),
    agreement: beginDraft(fields.agreement),
    client: beginDraft(fields.client),
    partners: [],
  }))
  const [partner, setPartner] = useState('')
  const [isSlugOwn, setSlugOwn] = useState(false)
  const [isClientOwn, setClientOwn] = useState(false)
  const [isChecked, setChecked] = useState(false)
  const [done, setDone] = useState<{ readonly created: Created; readonly organization: Organization }>()
  const { answers } = useReads({ realms: read('realms.list', { params: {} }, { every: 300_000 }) })
  const found = answers?.realms.items.find(({ name }) => name === realm)
  const agreement = found?.requiredDpaVersion ?? null
  const plan = planOrganization({ realm, fields, drafts, agreement, mayMakeClients: may('clients:write') })

  const type = (part: Part, pointer: string, typed: Typed) => {
    if (pointer === '/slug') setSlugOwn(typed !== '')
    if (part === 'client' && pointer === '/name') setClientOwn(typed !== '')
    setDrafts((before) => {
      const next = { ...before, [part]: { ...before[part], [pointer]: typed } }
      if (part !== 'organization' || pointer !== '/name') return next
      const name = String(typed).trim()
      return {
        ...next,
        organization: { ...next.organization, ...(!isSlugOwn && { '/slug': slugOf(name) }) },
        client: { ...next.client, ...(!isClientOwn && { '/name': name === '' ? '' : `${name} backend` }) },
      }
    })
  }
  const finish = ({ name, slug }: Organization) => {
    announce(`${name} was made.`)
    route(hrefOf(pathTo(realm, 'organizations', slug)))
  }
  const onDone = (made: Made, repeated: ReadonlySet<string>) => {
    const organization = made['organization'] as Organization
    const created = made['client'] as Created | undefined
    if (created && (created.clientSecret !== null || repeated.has('client'))) return setDone({ created, organization })
    closeDialog()
    finish(organization)
  }

  if (done) {
    const { client, clientSecret } = done.created
    const tokenUrl = found?.tokenUrl
    return (
      <SecretOfAnswer
        title="The secret of the first client"
        found={{ clientId: client.clientId, secret: clientSecret, tokenUrl, remedy: remedies.client }}
        onClose={() => finish(done.organization)}
      >
        {tokenUrl && <FirstToken clientId={client.clientId} tokenUrl={tokenUrl} />}
      </SecretOfAnswer>
    )
  }

  const section = ({ isMade, errorsOf }: StepsState, part: Part, choices: Readonly<Record<string, readonly Choice[]>> = {}) => (
    <fieldset class="plain" disabled={isMade(part)}>
      {Object.entries(fields[part]).map(([name, field]) => {
        const pointer = `/${name}`
        const wrong: FieldErrors = { ...errorsOf(part), ...(isChecked && plan.errors[part]) }
        return (
          <FormField
            key={pointer}
            pointer={pointer}
            label={labels[part + pointer] ?? nameOf(name)}
            field={name === 'scopes' ? { ...field, words: wordsOfScopes(found?.defaultScopes) } : field}
            typed={(drafts[part] as Draft)[pointer] ?? ''}
            wrong={wrong[pointer]}
            choices={choices[name]}
            onType={(typed) => type(part, pointer, typed)}
          />
        )
      })}
    </fieldset>
  )
  return (
    <ActSteps
      title="New organization"
      label="Make the organization"
      steps={plan.steps}
      pointers={{ organization: ['/name', '/slug'], agreement: ['/acceptedBy'], client: ['/name', '/scopes'] }}
      check={() => {
        setChecked(true)
        return plan.isValid && partner.trim() === ''
      }}
      isTyped={Object.values(drafts.organization).some((typed) => typed !== '') || drafts.partners.length > 0 || partner !== ''}
      onDone={onDone}
    >
      {(state) => (
        <>
          {section(state, 'organization')}
          <fieldset disabled={state.isMade('partners')}>
            <PartnerPicker
              realm={realm}
              chosen={drafts.partners}
              isDisabled={state.isMade('partners')}
              text={partner}
              wrong={isChecked && partner.trim() !== '' ? 'Choose one of the list, or remove what you typed.' : undefined}
              onText={setPartner}
              onChange={(partners) => setDrafts((before) => ({ ...before, partners }))}
            />
          </fieldset>
          {agreement !== null && section(state, 'agreement')}
          {may('clients:write') && section(state, 'client', { scopes: found?.scopes.map((value) => ({ value })) ?? [] })}
        </>
      )}
    </ActSteps>
  )
}

const labels: Readonly<Record<string, string>> = {
  'organization/name': 'Name',
  'organization/slug': 'Short name',
  'agreement/acceptedBy': 'The agreement was accepted by',
  'client/name': 'Name of its first client',
  'client/scopes': 'Scopes of the client',
}

function fieldsOf(forms: typeof allForms): PartFields {
  const take = (body: Fields | undefined, ...names: readonly string[]): Fields =>
    Object.fromEntries(names.flatMap((name): [string, Field][] => (body?.[name] ? [[name, body[name]]] : [])))
  const optional = ({ required: _required, ...field }: Field): Field => field
  const { acceptedBy } = take(forms['dpa.accept'].body, 'acceptedBy')
  return {
    organization: take(forms['organizations.create'].body, 'name', 'slug'),
    agreement: acceptedBy ? { acceptedBy: optional(acceptedBy) } : {},
    client: take(forms['clients.create'].body, 'name', 'scopes'),
  }
}
