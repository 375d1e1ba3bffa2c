// Finds a partner of the realm by name and allows the organization to act for it; one that is not registered yet is given by its id.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { sortByName } from '../../shared/by-name.ts'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { read, useReads } from '../../shared/reads.ts'

const pauseMs = 200
/** As many as the server gives at once: sorted by name, those that come first are then the first of all. */
const maxFound = 200
const maxShown = 8

export function AllowPartner({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug, name: who, version, partners } = organization
  const [text, setText] = useState('')
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  const { answers } = useReads({
    found: read('partners.list', { params: { realm }, query: { limit: maxFound, ...(asked && { search: asked }) } }, { every: 60_000 }),
  })
  const allowed = new Set(partners.list?.map(({ id }) => id))
  const found = sortByName(answers?.found.items ?? []).slice(0, maxShown)
  const params = { realm, organization: slug }
  return (
    <div class="grid panel">
      <label class="field">
        <span>Name or id of the partner</span>
        <input type="search" value={text} maxLength={200} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      <ul class="lines" aria-live="polite">
        {found.map(({ id, name }) => (
          <li key={id} class="row spread">
            <span>
              <Name>{name}</Name> <code class="soft">{cutInMiddle(id)}</code>
            </span>
            <Act
              operation="partners.authorize"
              params={{ ...params, partner: id }}
              version={version}
              label="Allow"
              title={`Allow ${name}?`}
              fields={[]}
              fixed={{ name }}
              unavailable={allowed.has(id) ? 'It is allowed already.' : undefined}
              consequence={
                <p>
                  Calls of <Name>{who}</Name> for <Name>{name}</Name> are allowed from now on.
                </p>
              }
            />
          </li>
        ))}
        {answers && found.length === 0 && <li class="soft">No partner has this name or id.</li>}
      </ul>
      <p class="row">
        <span class="soft">Not registered yet?</span>
        <Act
          operation="partners.authorize"
          params={params}
          version={version}
          label="Allow by id"
          title="Allow a partner by its id"
          fields={['name']}
          consequence={
            <p>
              A partner that is new is registered with this name. Calls of <Name>{who}</Name> for it are allowed from now on.
            </p>
          }
        />
      </p>
    </div>
  )
}
