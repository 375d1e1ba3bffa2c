// Another change was made first (412): both values side by side, and the choice between them.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import { table } from '@countersign/admin/table'
import { call, type Input } from '../call.ts'
import { CallError, unreachable } from '../call-error.ts'
import { Callout } from '../components/card.tsx'
import { Failure } from '../components/failure.tsx'
import { Time } from '../components/time.tsx'
import { may } from '../session.ts'
import { isSame } from './check-fields.ts'
import { nameOf } from './field-names.ts'
import type { FormInput } from './form-plan.ts'

export interface ConflictProps {
  readonly operation: OperationName
  readonly input: FormInput
  readonly onMine: (version: number) => void
  readonly onTheirs: () => void
}

interface Current {
  readonly resource: Readonly<Record<string, unknown>> & { readonly version: number }
  readonly change: Change | undefined
}
type Change = OperationOutput<'audit.search'>['items'][number]

export function Conflict({ operation, input, onMine, onTheirs }: ConflictProps): VNode {
  const [current, setCurrent] = useState<Current>()
  const [error, setError] = useState<CallError>()
  const first = useRef<HTMLButtonElement>(null)
  const load = () =>
    readCurrent(operation, input).then(setCurrent, (thrown: unknown) => setError(thrown instanceof CallError ? thrown : unreachable()))
  useEffect(() => void load(), [])
  useEffect(() => first.current?.focus(), [current])
  if (error) return <Failure error={error} retry={() => (setError(undefined), void load())} />
  if (!current) return <Callout tone="warn">It was changed since this page was read. Reading it again.</Callout>
  const { resource, change } = current
  const rows = Object.entries(input.body ?? {}).filter(
    ([name, mine]) => name !== 'reason' && name in resource && !isSame(resource[name], mine),
  )
  return (
    <section class="callout warn" role="alert">
      <h3>{change ? <ChangedBy change={change} /> : 'It was changed since this page was read'}</h3>
      {rows.length > 0 ? (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">There now</th>
                <th scope="col">Yours</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, mine]) => (
                <tr key={name}>
                  <th scope="row">{nameOf(name)}</th>
                  <td>{describeValue(resource[name])}</td>
                  <td>{describeValue(mine)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p>What you are about to do does not overlap with that change. Look at the page again if it matters.</p>
      )}
      <div class="row">
        <button type="button" ref={first} onClick={onTheirs}>
          Keep theirs
        </button>
        <button type="button" onClick={() => onMine(resource.version)}>
          Put mine on top
        </button>
      </div>
    </section>
  )
}

function ChangedBy({ change }: { readonly change: Change }): VNode {
  return (
    <>
      {change.actor ? <bdi>{change.actor.id}</bdi> : 'Another operator'} changed this <Time at={change.at} />
    </>
  )
}

async function readCurrent(operation: OperationName, { params }: FormInput): Promise<Current> {
  const what = table[operation].ifMatch
  const name = what === 'client' ? 'clients.get' : what === 'claim set' ? 'claimSets.get' : 'organizations.get'
  const resource = (await call(name, { params } as unknown as Input<typeof name>)) as unknown as Current['resource']
  return { resource, change: await lastChange(what, params, resource).catch(() => undefined) }
}

async function lastChange(
  what: string | undefined,
  params: FormInput['params'],
  resource: Current['resource'],
): Promise<Change | undefined> {
  if (!may('audit:read') || what === 'claim set') return undefined
  const about = what === 'client' ? { client: String(params['client']) } : { organization: String(resource['id']) }
  const { items } = await call('audit.search', {
    params: {},
    query: { ...about, realm: String(params['realm']), changes: 'true', limit: 1 },
  } as Input<'audit.search'>)
  return items[0]
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
